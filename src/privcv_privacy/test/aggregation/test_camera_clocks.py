# SPDX-License-Identifier: Apache-2.0
"""Event time of a camera that sends nothing goes on with the clock, in ticks of 5 s."""

from privcv_privacy.aggregation.camera_clocks import CameraClocks


def test_a_silent_camera_goes_on_with_the_clock():
    now = {"s": 1000.0}
    clocks = CameraClocks(["lobby", "yard", "file"], 20.0, lambda: now["s"])
    clocks.on_tick("lobby", 500, last=False)
    clocks.on_tick("file", 700, last=True)
    now["s"] += 20.0
    assert clocks.silent() == {}
    now["s"] += 2.0
    assert clocks.silent() == {"lobby": 504}  # 22 s are four whole ticks; the yard never began
    now["s"] += 3.0
    assert clocks.silent() == {"lobby": 505}
    clocks.on_tick("lobby", 501, last=False)
    assert clocks.silent() == {}


def test_a_source_that_begins_again_has_not_ended():
    clocks = CameraClocks(["b", "a"], 20.0, lambda: 0.0)
    for camera in ("a", "b"):
        clocks.on_tick(camera, 1, last=True)
    assert clocks.ended == ["b", "a"]
    clocks.on_tick("b", 2, last=False)
    assert clocks.ended == ["a"]
