# SPDX-License-Identifier: Apache-2.0
"""Whole numbers that sum exactly, and intervals that are quantiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privcv_privacy.noise.drop_ratio import Ratio
from privcv_privacy.noise.intervals import WAVES, ZONE_SPREAD, interval, round_to_sums


@given(st.lists(st.floats(0, 1000), min_size=5, max_size=5), st.integers(0, 5000))
def test_whole_numbers_sum_exactly_and_are_near_their_share(bins, total):
    shares = np.array([bins]) / sum(bins) if sum(bins) > 0 else np.full((1, 5), 0.2)
    counts = round_to_sums(np.array([bins]), np.array([total]))
    assert counts.sum() == total
    assert (np.abs(counts - shares * total) < 1 + 1e-6).all()


@pytest.mark.parametrize(("confidence", "level"), [(0.9, 0.05), (0.5, 0.25)])
def test_bounds_are_the_quantiles_of_what_counted_times_what_was_dropped(confidence, level):
    """Drawn: what counted as the square of a normal variable, the ratio at its points."""
    random = np.random.default_rng(5)
    size = 400_000
    totals, variance = np.array([900.0, 240.0, 40.0, 12.0]), np.array([400.0, 700.0, 150.0, 20.0])
    ratio = Ratio(np.array([0.0, 0.1, 0.4]), np.array([0.3, 0.5, 0.2]), 0.1)
    low, high = interval(totals, variance, confidence, ratio)
    for index, (total, spread) in enumerate(zip(totals, variance, strict=True)):
        r = random.choice(ratio.values, size, p=ratio.weights)
        mean = total * (1 + r)
        dropped = total * r
        apart = (ZONE_SPREAD * dropped) ** 2 / (1 + dropped / WAVES)
        spread = spread * (1 + r) ** 2 + dropped + apart
        certain = np.sqrt(mean**2 - spread / 2)
        drawn = (np.sqrt(certain) + np.sqrt(mean - certain) * random.normal(size=size)) ** 2
        assert drawn.mean() == pytest.approx(mean.mean(), rel=5e-3)
        assert drawn.var() == pytest.approx(spread.mean() + mean.var(), rel=2e-2)
        # A whole number holds half of one to both sides.
        expected = np.quantile(drawn, [level, 1 - level]) + np.array([0.5, -0.5])
        assert [low[index], high[index]] == pytest.approx(expected, abs=0.5 + 0.01 * total)


@pytest.mark.parametrize("spread", [1.5, 3.0, 10.0])
def test_of_whole_numbers_nine_in_ten_lie_between_the_bounds(spread):
    """Also where they are few: rounding each bound outwards would hold 97 of 100 at 1.5."""
    random = np.random.default_rng(8)
    middles = random.uniform(60, 100, 4000)
    true = np.rint(random.normal(middles, spread))
    low, high = interval(middles, np.full(len(middles), spread**2), 0.9)
    assert ((low <= true) & (true <= high)).mean() == pytest.approx(0.9, abs=0.02)


def test_a_total_that_may_be_nothing_reads_from_zero():
    low, high = interval(np.array([5.0, 0.3]), np.array([16.0, 1.0]), 0.9)
    assert low.tolist() == [0, 0]
    assert (high >= [12, 1]).all()
