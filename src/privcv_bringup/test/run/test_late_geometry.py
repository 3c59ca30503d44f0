# SPDX-License-Identifier: Apache-2.0
"""Zones and lines of a live camera are judged as soon as its images have told their size."""

from typing import Any

import pytest

from privcv_bringup.run.late_geometry import late_geometry
from privcv_bringup.run.narrator import Event
from privcv_site.site import Site

SEEN = [-2, 7, 2, 7, 2, 12, -2, 12]
BESIDE = [20, 7, 22, 7, 22, 9, 20, 9]
MARKS = {
    "kind": "homography",
    "points_px": [[98, 336], [209, 213], [542, 336], [431, 213]],
    "points_m": [[-3, 6], [-3, 13], [3, 6], [3, 13]],
}


def site(zone: list[float], line: list[float] | None = None, **source: Any) -> Site:
    camera = {
        "source": {"kind": "rtsp", "uri": "rtsp://camera.example/stream", **source},
        "authorization": {"required": False},
        "calibration": MARKS,
        "zones": {"door": {"polygon_m": zone}},
        "lines": {"way": line} if line else {},
    }
    return Site.model_validate({"cameras": {"lobby": camera}})


def running(size: str = "640x480") -> Event:
    return Event("camera_running", "lobby", "running", facts={"size_px": size})


def test_what_is_in_view_is_no_word_worth() -> None:
    assert list(late_geometry(site(SEEN, [-1, 8, 1, 8]), running())) == []


def test_a_zone_beside_the_image_is_named_with_the_fix() -> None:
    (event,) = late_geometry(site(BESIDE), running())
    assert "cameras.lobby.zones.door" in event.message
    assert "in the camera's view" in event.message
    assert "move the zone" in event.message


def test_a_line_beside_the_image_is_named_too() -> None:
    (event,) = late_geometry(site(SEEN, [20, 8, 22, 8]), running())
    assert "cameras.lobby.lines.way" in event.message


@pytest.mark.parametrize(
    "event",
    [
        Event("trouble", "lobby", "something"),
        Event("camera_running", "privacy", "running", facts={"size_px": "640x480"}),
        Event("camera_running", "lobby", "running", facts={"size_px": ""}),
    ],
)
def test_nothing_else_is_judged(event: Event) -> None:
    assert list(late_geometry(site(BESIDE), event)) == []


def test_what_was_judged_before_the_start_is_not_again() -> None:
    assert list(late_geometry(site(BESIDE, width=640, height=480), running())) == []
