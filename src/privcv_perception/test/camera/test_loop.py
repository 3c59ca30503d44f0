# SPDX-License-Identifier: Apache-2.0
"""The camera's loop wipes every frame, survives every failure, and never invents a person."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from privcv_perception.camera.loop import CameraLoop
from privcv_perception.detection.detector import Detections
from privcv_perception.errors import BadFrameError, PerceptionError, SourceError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources import SourceSettings

SETTINGS = SourceSettings(kind="rtsp", uri="rtsp://camera/", retry_first_s=0.1, retry_longest_s=0.1)
S = 10**9


class ScriptedSource:
    """Plays a script: a time in s is a frame, an exception is raised, None is the end."""

    def __init__(self, *script: Any, size: tuple[int, int] = (32, 24)) -> None:
        self.script = list(script)
        self.size = size
        self.opened = self.closed = 0
        self.dropped = 0
        self.is_over = False
        self.ending = "end of the script"
        self.index = -1
        self.interrupted = threading.Event()

    def open(self) -> None:
        self.opened += 1
        self.interrupted.clear()
        if self.script and isinstance(self.script[0], tuple):
            self.size = self.script.pop(0)

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        step = self.script.pop(0) if self.script else None
        if step == "wait":
            assert self.interrupted.wait(5)
            return None
        if step is None:
            return None
        if isinstance(step, Exception):
            raise step
        assert into.size == self.size
        assert not into.pixels.any(), "the frame before was not wiped"
        into.pixels.fill(200)
        self.index += 1
        return FrameStamp(self.index, int(step * S))

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed += 1


class Looker:
    """Sees one person per frame, unless told to fail; notes that it was wiped."""

    def __init__(self, fail: Callable[[float], None] = lambda s: None) -> None:
        self.fail = fail
        self.looked = self.wiped = self.closed = 0

    def detect(self, frame: np.ndarray, stamp_s: float) -> Detections:
        assert (frame == 200).all()
        self.looked += 1
        self.fail(stamp_s)
        return Detections.from_rows([[1, 2, 3, 4]], [0.5])

    def wipe(self) -> None:
        self.wiped += 1

    def close(self) -> None:
        self.closed += 1


def run(source: ScriptedSource, detector: Looker) -> tuple[CameraLoop, list[tuple[int, int]]]:
    """Run the script to its end; (index, people) of each frame delivered."""
    seen: list[tuple[int, int]] = []
    loop = CameraLoop(
        SETTINGS,
        source,
        lambda size: detector,
        lambda stamp, size, people: seen.append((stamp.index, len(people))),
    )
    loop.run()
    return loop, seen


def test_every_frame_is_wiped_and_delivered_once():
    source, detector = ScriptedSource(1, 2, 3), Looker()
    loop, seen = run(source, detector)
    assert seen == [(0, 1), (1, 1), (2, 1)]
    assert (detector.looked, detector.wiped, detector.closed) == (3, 3, 1)
    assert (loop.status.state, loop.status.reason) == ("ended", "end of the script")
    assert source.closed == source.opened == 1


@pytest.mark.parametrize("error", [ValueError("odd shape"), RuntimeError("no provider")])
def test_a_detector_that_fails_costs_one_frame_and_is_wiped_all_the_same(error: Exception):
    def fail_once(stamp_s: float) -> None:
        if stamp_s == 2:
            raise error

    detector = Looker(fail_once)
    loop, seen = run(ScriptedSource(1, 2, 3), detector)
    assert seen == [(0, 1), (2, 1)]
    assert detector.wiped == 3
    assert loop.status.bad == 1


def test_a_bad_frame_is_counted_and_the_next_one_is_taken():
    loop, seen = run(ScriptedSource(1, BadFrameError("torn"), 2), Looker())
    assert seen == [(0, 1), (1, 1)]
    assert loop.status.bad == 1


def test_time_that_goes_back_is_dropped_and_counted():
    loop, seen = run(ScriptedSource(5, 6, 6, 3, 6.5), Looker())
    assert [index for index, _ in seen] == [0, 1, 4]
    assert loop.status.backwards == 2


def test_a_clock_that_was_set_back_is_followed_and_told_meanwhile(caplog):
    told: list[tuple[int, float, int]] = []
    warnings: list[str] = []
    script = [1000 + i / 10 for i in range(5)] + [400 + i / 10 for i in range(40)]

    def deliver(stamp: FrameStamp, size: tuple[int, int], found: Detections) -> None:
        told.append((stamp.index, stamp.time_s, stamp.era))
        warnings.append(loop.status.reason)

    detector = Looker()
    times: list[float] = []
    detector.fail = times.append  # called with the time that the detector gets
    loop = CameraLoop(SETTINGS, ScriptedSource(*script), lambda size: detector, deliver)
    loop.run()
    assert [index for index, _, _ in told] == [*range(5), *range(25, 45)]
    assert [era for _, _, era in told] == [0] * 5 + [1] * 20
    assert (loop.status.backwards, loop.status.reason) == (20, "end of the script")
    assert set(warnings) == {""}
    assert times == sorted(times)
    assert times[-1] < 1010
    begun, over = [record.message for record in caplog.records]
    assert "frames refused: time is off by -600.4" in begun
    assert "frames refused: over" in over


def test_one_stray_frame_does_not_end_a_camera():
    script = [1000 + i / 10 for i in range(5)]
    later = [1001 + i / 10 for i in range(5)]
    loop, seen = run(ScriptedSource(*script, 1000 + 365 * 86400, *later, 20, *[]), Looker())
    assert [index for index, _ in seen] == [*range(5), *range(6, 11)]
    assert (loop.status.ahead, loop.status.backwards) == (1, 1)


def test_a_lost_camera_is_released_and_opened_again():
    source = ScriptedSource(1, SourceLostError("cable"), 2)
    loop, seen = run(source, Looker())
    assert len(seen) == 2
    assert loop.status.reopened == 1
    assert source.closed == source.opened == 2


def test_a_camera_that_comes_back_with_another_size_gets_a_new_detector():
    built: list[tuple[int, int]] = []
    source = ScriptedSource(1, SourceLostError("changed"), (64, 48), 2)
    detectors = [Looker(), Looker()]

    def build(size: tuple[int, int]) -> Looker:
        built.append(size)
        return detectors[len(built) - 1]

    CameraLoop(SETTINGS, source, build, lambda *seen: None).run()
    assert built == [(32, 24), (64, 48)]
    assert [detector.looked for detector in detectors] == [1, 1]
    assert [detector.closed for detector in detectors] == [1, 1]


@pytest.mark.parametrize("error", [SourceError("hopeless"), PerceptionError("no model")])
def test_what_cannot_be_mended_stops_and_says_why(error: Exception):
    source = ScriptedSource(1, error, 2)
    loop, seen = run(source, Looker())
    assert len(seen) == 1
    assert (loop.status.state, loop.status.reason) == ("failed", str(error))
    assert source.closed == 1


def test_a_pause_releases_the_camera_and_forgets_the_scene():
    source, detector = ScriptedSource(1, "wait"), Looker()
    first = threading.Event()
    loop = CameraLoop(
        SETTINGS, source, lambda size: detector, lambda *seen: first.set(), pytest.fail
    )
    loop.start()
    assert first.wait(5)
    loop.pause()
    assert loop.status.state == "paused"
    assert (source.closed, detector.closed) == (1, 1)
    source.script, source.index = [7, "wait"], 0
    loop.start()
    while loop.status.frames < 2:
        pass
    loop.pause()
    assert source.opened == 2
