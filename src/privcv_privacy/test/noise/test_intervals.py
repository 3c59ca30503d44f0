# SPDX-License-Identifier: Apache-2.0
"""Whole numbers that sum exactly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from privcv_privacy.noise.intervals import round_to_sums


@given(st.lists(st.floats(0, 1000), min_size=5, max_size=5), st.integers(0, 5000))
def test_whole_numbers_sum_exactly_and_are_near_their_share(bins, total):
    shares = np.array([bins]) / sum(bins) if sum(bins) > 0 else np.full((1, 5), 0.2)
    counts = round_to_sums(np.array([bins]), np.array([total]))
    assert counts.sum() == total
    assert (np.abs(counts - shares * total) < 1 + 1e-6).all()
