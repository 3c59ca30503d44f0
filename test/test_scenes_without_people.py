# SPDX-License-Identifier: Apache-2.0
"""Where things move and nobody is, the built-in detector counts nobody; or one, and says so."""

import sys
from pathlib import Path

import pytest

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.hog.detector import BuiltinDetector
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from scenes_without_people import FPS, WITHOUT_PEOPLE

SIZE = (640, 480)


@pytest.mark.parametrize("scene", ["branches", "flags", "plants", "reflections"])
def test_what_moves_without_people_is_nobody(scene: str) -> None:
    """Their first five seconds: what is confirmed is confirmed by then."""
    detector, found = BuiltinDetector(None, 0.15), set()
    calibration = build_calibration(CalibrationSettings(), SIZE)
    tracker = FloorTracker(TrackerSettings(), calibration, SIZE)
    for index, frame in zip(range(50), WITHOUT_PEOPLE[scene](), strict=False):
        for tracks in tracker.update(detector.detect(frame, index / FPS), index / FPS):
            found |= set(tracks.ids.tolist())
        detector.wipe()
    for tracks in tracker.flush():
        found |= set(tracks.ids.tolist())
    assert len(found) <= 1
    assert detector.doubt
