# SPDX-License-Identifier: Apache-2.0
"""A camera whose view fails is told as what is wrong with it; people in view are never an event."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from privcv_core.settings.model import data_folder
from privcv_perception.camera.view_monitor import (
    ADOPT_S,
    EVERY_S,
    MonitoredDetector,
    ViewMonitor,
    ViewState,
)
from privcv_perception.detection.detector import Detections, Frame
from privcv_perception.frames.buffers import holdings
from privcv_perception.testing import ScriptedDetector

DATA = data_folder() / "data"
CLIPS = [
    DATA / "pets2009_s2l1" / "video.avi",
    DATA / "indoor" / "people-detection.264",
    DATA / "indoor" / "one-by-one-person-detection.mp4",
]
IMAGES = 220
CONFIRM_S = 180.0


@lru_cache(maxsize=8)
def images(path: Path, count: int = IMAGES) -> tuple[Frame, ...]:
    """So many images of a clip, evenly, as if one came every two seconds: busier than any day."""
    if not path.exists():
        pytest.skip("no shared data")
    video = cv2.VideoCapture(str(path))
    total = 0
    while video.grab():
        total += 1
    wanted = set(np.linspace(0, total - 1, count).astype(int).tolist())
    video, found = cv2.VideoCapture(str(path)), []
    for index in range(total):
        video.grab()
        if index in wanted:
            found.append(np.asarray(video.retrieve()[1], np.uint8))
    return tuple(found)


def monitor() -> ViewMonitor:
    """One that tells after three minutes, for tests need no ten."""
    return ViewMonitor(confirm_s=CONFIRM_S)


def covered(frame: Frame) -> Frame:
    """A cloth on the lens: one colour, and the noise of the sensor."""
    noise = np.random.default_rng(0).integers(0, 6, frame.shape, dtype=np.uint8)
    return np.full_like(frame, 70) + noise


def hand(frame: Frame) -> Frame:
    """A hand close before the lens: something very blurred shines through."""
    tiny = cv2.resize(frame, (4, 3), interpolation=cv2.INTER_AREA)
    wide = cv2.resize(tiny, frame.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return (wide * 0.15 + np.array([40, 60, 90])).astype(np.uint8)


def defocused(frame: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), frame.shape[1] / 190), np.uint8)


def shifted(frame: Frame) -> Frame:
    return np.roll(frame, (frame.shape[0] // 5, frame.shape[1] // 4), (0, 1))


def dark(frame: Frame) -> Frame:
    return (frame * 0.04).astype(np.uint8)


def dusk(frame: Frame) -> Frame:
    """Half of the light: what was seen is still seen."""
    return (frame * 0.5).astype(np.uint8)


def told(frames: list[Frame], monitor: ViewMonitor) -> list[ViewState]:
    """The states that are told, in order, each once."""
    states = [monitor.state]
    for index, frame in enumerate(frames):
        monitor.look(frame, 100 + index * EVERY_S)
        if monitor.state is not states[-1]:
            states.append(monitor.state)
    return states


@pytest.mark.parametrize("path", CLIPS, ids=lambda path: path.stem)
def test_people_are_no_event_on_any_real_clip(path: Path) -> None:
    states = told(list(images(path)), monitor())
    assert states == [ViewState.LEARNING, ViewState.OK]


@pytest.mark.parametrize(
    ("happens", "state", "path"),
    [
        (covered, ViewState.COVERED, CLIPS[0]),
        (hand, ViewState.COVERED, CLIPS[0]),
        (hand, ViewState.COVERED, CLIPS[1]),
        (hand, ViewState.COVERED, CLIPS[2]),
        (defocused, ViewState.BLURRED, CLIPS[0]),
        (defocused, ViewState.BLURRED, CLIPS[1]),
        (defocused, ViewState.BLURRED, CLIPS[2]),
        (shifted, ViewState.MOVED, CLIPS[0]),
        (shifted, ViewState.MOVED, CLIPS[1]),
        (shifted, ViewState.MOVED, CLIPS[2]),
        (dark, ViewState.DARK, CLIPS[0]),
        (dusk, ViewState.OK, CLIPS[0]),
        (dusk, ViewState.OK, CLIPS[2]),
    ],
    ids=lambda value: getattr(value, "__name__", getattr(value, "stem", None)),
)
def test_what_happens_to_a_view_is_told_and_that_it_is_over(
    path: Path, happens: Callable[[Frame], Frame], state: ViewState
) -> None:
    frames = images(path, 50)
    bad = [happens(frame) for frame in frames]
    states = told([*frames, *bad, *bad, *frames, *frames], monitor())
    ok = [ViewState.LEARNING, ViewState.OK]
    assert states == (ok if state is ViewState.OK else [*ok, state, ViewState.OK])


def test_who_stands_before_the_lens_for_a_minute_is_no_event() -> None:
    frames = images(CLIPS[0], 50)
    for happens in (covered, hand, shifted, dark):
        minute = [happens(frame) for frame in frames[:30]]
        states = told([*frames, *minute, *frames, *minute, *frames], monitor())
        assert states == [ViewState.LEARNING, ViewState.OK]


def test_another_view_that_stays_for_an_hour_is_the_view() -> None:
    frames = images(CLIPS[0], 50)
    second = [shifted(frame) for frame in frames]
    long = second * (int((ADOPT_S + 2 * CONFIRM_S) / EVERY_S) // len(second) + 2)
    states = told([*frames, *long], monitor())
    assert states[:3] == [ViewState.LEARNING, ViewState.OK, ViewState.MOVED]
    assert states[-1] is ViewState.OK


def test_a_camera_that_was_always_covered_or_dark_is_told() -> None:
    frames = images(CLIPS[0], 50) * 2
    assert told([covered(frame) for frame in frames], monitor())[-1] is ViewState.COVERED
    assert told([dark(frame) for frame in frames], monitor())[-1] is ViewState.DARK


def test_no_pixel_is_kept_once_the_detector_is_closed() -> None:
    monitor = ViewMonitor()
    detector = MonitoredDetector(ScriptedDetector([Detections.empty()]), monitor)
    before = holdings().bytes
    frame = np.random.default_rng(3).integers(1, 255, (96, 128, 3), dtype=np.uint8)
    detector.detect(frame, 1.0)
    assert holdings().bytes > before
    assert monitor._view.array.any()
    assert not monitor._small.array.any()
    detector.close()
    buffers = (monitor._view, monitor._small, monitor._rows)
    assert not any(buffer is not None and buffer.array.any() for buffer in buffers)


def test_the_detector_finds_what_it_finds() -> None:
    people = Detections(np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32))
    inner = ScriptedDetector([people])
    detector = MonitoredDetector(inner, ViewMonitor())
    assert detector.detect(np.zeros((48, 64, 3), np.uint8), 0.0) is people
    detector.wipe()
    detector.close()
    assert (inner.wiped, inner.is_closed) == (1, True)


def test_what_the_detector_doubts_is_heard() -> None:
    inner = ScriptedDetector([])
    assert MonitoredDetector(inner, ViewMonitor()).doubt == ""
    inner.doubt = "these are cars"  # type: ignore[attr-defined]
    assert MonitoredDetector(inner, ViewMonitor()).doubt == "these are cars"
