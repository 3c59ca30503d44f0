# SPDX-License-Identifier: Apache-2.0
"""Frames between two looks: who was there is placed in them too, by every kind of tracker."""

import numpy as np

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.testing import walking_boxes
from privcv_perception.tracker_registry import LooksOnly
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker
from privcv_perception.tracking.tracks import Tracks

SIZE = (640, 480)
FRAMES = 60


def made() -> FloorTracker:
    return FloorTracker(TrackerSettings(), build_calibration(CalibrationSettings(), SIZE), SIZE)


def follow(tracker: FloorTracker | LooksOnly, every: int) -> list[Tracks]:
    final: list[Tracks] = []
    for index, people in enumerate(walking_boxes(3, FRAMES, SIZE)):
        given = people if index % every == 0 else Detections.between_looks()
        final += tracker.update(given, index / 10, index)
    return [*final, *tracker.flush()]


def test_people_are_where_they_walk_in_frames_that_nobody_looked_at() -> None:
    tracks = follow(made(), every=2)
    assert [one.frame for one in tracks] == list(range(FRAMES))
    truth = walking_boxes(3, FRAMES, SIZE)
    for one in tracks[:-1]:  # nobody knows where they went after the last look
        assert sorted(one.ids.tolist()) == [0, 1, 2]
        boxes = one.boxes[np.argsort(one.ids)]
        middle = boxes[:, 0] + boxes[:, 2] / 2
        wanted = truth[one.frame].boxes
        np.testing.assert_allclose(middle, wanted[:, 0] + wanted[:, 2] / 2, atol=3)


def test_a_frame_between_looks_deletes_nobody_and_starts_nobody() -> None:
    tracker = made()
    for index, people in enumerate(walking_boxes(2, 20, SIZE)):
        tracker.update(people, index / 10, index)
    assert tracker.alive == 2
    tracker.update(Detections.between_looks(), 2.0, 20)
    assert tracker.alive == 2


def test_a_tracker_of_another_package_is_fed_with_looks_only() -> None:
    tracks = follow(LooksOnly(made()), every=2)
    assert [one.frame for one in tracks] == list(range(0, FRAMES, 2))
    assert {number for one in tracks for number in one.ids.tolist()} == {0, 1, 2}
