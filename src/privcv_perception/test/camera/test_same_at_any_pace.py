# SPDX-License-Identifier: Apache-2.0
"""A replay gives the same bytes at any speed and under any load: looks follow event time alone."""

import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from privcv_core.event_time.pace import Pace
from privcv_core.settings.model import data_folder
from privcv_perception.camera import offline
from privcv_perception.camera.offline import perceive_source
from privcv_perception.camera.settings import CameraSettings
from privcv_perception.detection.detector import Detections, Detector, Frame
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.frames.buffers import FrameStamp
from privcv_perception.sources import SourceSettings, file, open_source
from privcv_perception.tracking.tracks import Tracks

MODELS = data_folder() / "models"
VIDEO = data_folder() / "data" / "pets2009_s2l1" / "video.avi"
FRAMES = 24
BUILTIN = DetectorSettings(kind="builtin", builtin_looks_per_s=5)
pytestmark = pytest.mark.skipif(not VIDEO.exists(), reason="no shared data")


class Clock:
    """A clock that only waiting and work move; nothing sleeps."""

    def __init__(self) -> None:
        self.now_s = self.waited_s = 0.0

    def event(self) -> "Clock":
        """In place of ``threading.Event``: never set, and a wait takes its time at once."""
        return self

    def is_set(self) -> bool:
        return False

    def clear(self) -> None:
        """Nothing is set."""

    def wait(self, timeout: float) -> bool:
        self.now_s += timeout
        self.waited_s += timeout
        return False


class Busy:
    """A detector on a busy machine: each look takes up to half a second of the clock."""

    def __init__(self, detector: Detector, clock: Clock, seed: int) -> None:
        self._detector, self._clock = detector, clock
        self._random = np.random.default_rng(seed)
        self.wipe, self.close = detector.wipe, detector.close

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        self._clock.now_s += float(self._random.uniform(0, 0.5))
        return self._detector.detect(frame, stamp_s)


def replayed(
    monkeypatch: pytest.MonkeyPatch, detector: DetectorSettings, rate: float, load: int | None
) -> tuple[list[bytes], list[bool], float]:
    """Bytes of each frame's tracks, which frames were looked at, and how long it waited, s."""
    clock = Clock()
    tracks: list[Tracks] = []
    looked: list[bool] = []
    settings = SourceSettings(kind="file", uri=str(VIDEO), rate=rate, start="2026-01-31T08:00:00Z")
    build = offline.build_detector

    def built(*given: Any) -> Detector:
        made = build(*given)
        return made if load is None else Busy(made, clock, load)

    def on_detections(stamp: FrameStamp, people: Detections) -> None:
        looked.append(people.looked)
        if stamp.index == FRAMES - 1:
            source.close()  # the end of the clip, as the loop sees it

    with monkeypatch.context() as patched:
        now = partial(Pace, monotonic=lambda: clock.now_s)
        patched.setattr(file, "Pace", now)
        patched.setattr(file, "threading", SimpleNamespace(Event=clock.event))
        patched.setattr(offline, "build_detector", built)
        source = open_source(settings)
        perceive_source(
            settings, source, CameraSettings(detector=detector), tracks.append, on_detections
        )
    return [_bytes(each) for each in tracks], looked, clock.waited_s


def _bytes(tracks: Tracks) -> bytes:
    parts = [np.asarray(value).tobytes() for value in vars(tracks).values()]
    return b"|".join(parts)


@pytest.mark.parametrize(
    "model",
    ["", "yolox_nano.onnx", "person_detection_0200.onnx"],
    ids=["builtin", "yolox_nano", "person_detection_0200"],
)
def test_the_same_bytes_at_every_speed_and_under_load(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    path: Path = MODELS / model
    if not path.exists():
        pytest.skip("no shared data")
    detector = DetectorSettings(kind="onnx", model=str(path)) if model else BUILTIN
    before = threading.active_count()
    at_once, looked, waited_s = replayed(monkeypatch, detector, 0.0, None)
    assert waited_s == 0
    assert len(at_once) == len(looked) == FRAMES
    assert 0.3 < sum(looked) / FRAMES <= 0.85
    assert len(set(at_once)) > FRAMES / 2  # people move
    for rate, load in ((1.0, None), (10.0, None), (10.0, 1)):
        again, looks, waited_s = replayed(monkeypatch, detector, rate, load)
        assert again == at_once
        assert looks == looked
        if load is None:
            assert waited_s == pytest.approx((FRAMES - 1) / 10 / rate, rel=0.01)
    assert threading.active_count() == before
