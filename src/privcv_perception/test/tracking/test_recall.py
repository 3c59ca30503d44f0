# SPDX-License-Identifier: Apache-2.0
"""The recall proxy against detectors whose recall is known, because their boxes are dropped."""

import numpy as np
import pytest

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.recall import ENOUGH, EVERY_S, LEARN, RecallProxy
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker

SIZE, FPS = (640, 480), 10.0


def proxy(dropped: float, *, looks: int = 1) -> RecallProxy:
    """Of a minute of four people who walk to and fro, of whose boxes a share is dropped.

    ``looks``: one frame of so many is looked at.
    """
    random = np.random.default_rng(11)
    camera = build_calibration(CalibrationSettings(), SIZE)
    people = FloorTracker(TrackerSettings(), camera, SIZE)
    for index in range(600):
        if index % looks:
            people.update(Detections.between_looks(), index / FPS)
            continue
        x = 320 + 220 * np.sin(index / 60 + np.arange(4.0))
        left_top = np.column_stack((x, 90.0 + 80 * np.arange(4)))
        boxes = np.column_stack((left_top, np.full(4, 32.0), np.full(4, 80.0)))
        boxes += random.normal(0, 1, boxes.shape)
        boxes = boxes[random.random(4) >= dropped]
        people.update(Detections.from_rows(boxes, np.full(len(boxes), 0.9)), index / FPS)
    people.flush()
    return people.recall


@pytest.mark.parametrize("dropped", [0.0, 0.1, 0.25, 0.4])
def test_it_is_the_share_of_boxes_that_were_not_dropped(dropped: float) -> None:
    found = proxy(dropped)
    assert found.known > 2000
    # 0.05: four standard deviations of 2,000 looks, as some gaps are longer than the lag.
    assert found.found / found.known == pytest.approx(1 - dropped, abs=0.05)


def test_frames_between_two_looks_are_no_misses() -> None:
    found = proxy(0.0, looks=2)
    assert 900 < found.known == found.found


def test_it_falls_at_a_full_hour_and_recovers() -> None:
    found = RecallProxy()
    found.add(LEARN, round(0.95 * LEARN), 10.0)
    found.add(ENOUGH, round(0.7 * ENOUGH), EVERY_S + 10)
    assert not found.fallen  # the hour is not over
    found.add(0, 0, 2 * EVERY_S)
    assert found.fallen
    found.add(ENOUGH, round(0.9 * ENOUGH), 2 * EVERY_S + 10)
    assert found.fallen
    found.add(0, 0, 3 * EVERY_S)
    assert not found.fallen


def test_a_few_people_are_no_event() -> None:
    """So few looks say nothing; they are judged with those of later hours."""
    found = RecallProxy()
    found.add(LEARN, LEARN, 10.0)
    for hour in (1, 2):
        found.add(ENOUGH // 2 - 1, 0, hour * EVERY_S)
        assert not found.fallen
    found.add(2, 0, 3 * EVERY_S)
    assert not found.fallen
    found.add(0, 0, 4 * EVERY_S)
    assert found.fallen


def test_until_enough_was_seen_nothing_is_said() -> None:
    found = RecallProxy()
    for hour in range(4):
        found.add(LEARN // 5, 0, hour * EVERY_S)
        assert not found.fallen
    assert found.in_words == "found in 0% of the looks at people known to be there"
    assert RecallProxy().in_words == ""
