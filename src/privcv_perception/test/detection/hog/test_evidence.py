# SPDX-License-Identifier: Apache-2.0
"""Before cars or goods the built-in detector says that it sees no people, and reports nobody."""

import cv2
import numpy as np
import pytest

from privcv_perception.detection.hog.detector import BuiltinDetector
from privcv_perception.detection.hog.evidence import DOUBT, Evidence


def test_goods_on_a_belt_are_nobody_and_it_is_said_why() -> None:
    """Crates and tins of many shapes; some of their edges look like legs and shoulders."""
    random = np.random.default_rng(2)
    wall = cv2.GaussianBlur(random.integers(90, 160, (288, 384, 3), np.uint8), (5, 5), 0)
    shapes = [(60 + 13 * (n % 4), 30 + 9 * (n % 3), 150 + 4 * n) for n in range(12)]
    detector = BuiltinDetector(None, 0.15)
    reported = []
    for index in range(130):
        frame = np.asarray(wall, np.uint8).copy()
        for number, (wide, tall, top) in enumerate(shapes):
            left = (6 * index + 97 * number) % 1164 - 100
            if left < 384 and index > 20:
                colour = (20 + 15 * number, 40, 200 - 12 * number)
                cv2.rectangle(frame, (left, top), (left + wide, top + tall), colour, -1)
        reported.append(len(detector.detect(frame, index / 10)))
        detector.wipe()
    assert detector.doubt == DOUBT
    assert sum(reported[80:]) == 0
    detector.close()


@pytest.mark.parametrize(("unexplained", "doubtful"), [(0.27, False), (0.39, False), (0.6, True)])
def test_what_no_person_explains_decides(unexplained: float, doubtful: bool) -> None:
    evidence = Evidence()
    for index in range(300):
        evidence.add(index / 10, 0.05, 0.05 * unexplained)
    assert bool(evidence.doubt) == doubtful


@pytest.mark.parametrize(("unexplained", "trusted"), [(0.2, True), (0.4, False), (0.6, False)])
def test_who_is_little_like_a_person_has_to_wait_for_evidence(
    unexplained: float, trusted: bool
) -> None:
    evidence = Evidence()
    assert not evidence.trusted
    for index in range(60):
        evidence.add(index / 10, 0.05, 0.05 * unexplained)
    assert evidence.trusted == trusted


def test_people_who_come_later_are_believed() -> None:
    evidence = Evidence()
    for index in range(300):
        evidence.add(index / 10, 0.05, 0.045)
    assert evidence.doubt
    for index in range(300, 900):
        evidence.add(index / 10, 0.05, 0.01)
    assert not evidence.doubt


@pytest.mark.parametrize("times", [[5.0, 4.0, 3.0], [np.nan] * 3, [0.0, 1e12, np.inf]])
def test_times_that_cannot_be_prove_nothing(times: list[float]) -> None:
    evidence = Evidence()
    for stamp_s in times:
        evidence.add(stamp_s, 0.001, 0.001)
    assert not evidence.doubt
