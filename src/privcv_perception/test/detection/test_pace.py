# SPDX-License-Identifier: Apache-2.0
"""Which frames are looked at follows from their event times alone."""

import random

import pytest

from privcv_perception.detection.pace import LookPace


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
