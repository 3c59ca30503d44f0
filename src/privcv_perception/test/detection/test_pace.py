# SPDX-License-Identifier: Apache-2.0
"""Which frames are looked at follows from their event times alone."""

import random

import numpy as np
import pytest

from privcv_perception.detection.pace import LookPace, PacedDetector
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector


def looked_at(stamps_s: list[float], looks_per_s: float = 5.0) -> list[int]:
    pace = LookPace(looks_per_s)
    return [index for index, stamp_s in enumerate(stamps_s) if pace.is_due(stamp_s)]


@pytest.mark.parametrize(("rate_hz", "every"), [(10, 2), (15, 3), (25, 5), (30, 6), (5, 1), (2, 1)])
def test_looks_are_even_at_usual_rates(rate_hz: int, every: int) -> None:
    found = looked_at([index / rate_hz for index in range(300)])
    assert found == list(range(0, 300, every))


def test_a_clock_that_jitters_costs_no_look_and_brings_none() -> None:
    noise = random.Random(1)
    stamps_s = [index / 10 + noise.uniform(-0.025, 0.025) for index in range(1, 1001)]
    assert looked_at(stamps_s) == list(range(0, 1000, 2))


def test_rates_between_are_met_in_the_mean() -> None:
    found = looked_at([index / 7 for index in range(700)])
    assert len(found) == pytest.approx(500, abs=2)


def test_after_a_gap_or_a_clock_set_back_the_next_frame_is_looked_at() -> None:
    assert looked_at([0.0, 0.1, 0.2, 9.37, 9.47, 9.57]) == [0, 2, 3, 5]
    assert looked_at([50.0, 50.1, 3.0, 3.1, 3.2]) == [0, 2, 4]


@pytest.mark.parametrize(("looks_per_s", "every"), [(5.0, 2), (240.0, 1)])
def test_the_built_in_detector_looks_at_each_frame_unless_told_otherwise(
    looks_per_s: float, every: int
) -> None:
    settings = DetectorSettings(kind="builtin", builtin_looks_per_s=looks_per_s)
    assert DetectorSettings(kind="builtin").builtin_looks_per_s == 240
    detector = build_detector(settings, None, (64, 48))
    assert isinstance(detector, PacedDetector) == (every > 1)
    frame = np.full((48, 64, 3), 90, np.uint8)
    looked = [detector.detect(frame, index / 10).looked for index in range(8)]
    assert looked == [index % every == 0 for index in range(8)]
    detector.close()
    assert detector.detect(frame, 0.9).looked
