# SPDX-License-Identifier: Apache-2.0
"""The histogram and the mean for users of the library are near the true ones."""

import math

import numpy as np
import pytest

from privcv_privacy.errors import PrivacyError
from privcv_privacy.noise.private_statistics import private_histogram, private_mean


def test_a_private_histogram_counts_each_value_once():
    values = [0] * 4000 + [2] * 1000
    assert private_histogram(values, 4, epsilon=1.0) == pytest.approx([4000, 0, 1000, 0], abs=30)


def test_a_private_mean_is_near_the_clamped_one():
    values = np.concatenate([np.full(3000, 1.0), np.full(3000, 2.0), [1e9]])
    assert private_mean(values.tolist(), 0.0, 4.0, epsilon=2.0) == pytest.approx(1.5, abs=0.02)
    assert 0.0 <= private_mean([], 0.0, 4.0, epsilon=1.0) <= 4.0


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: private_mean([1.0], 2.0, 1.0, 1.0), "low"),
        (lambda: private_mean([math.nan], 0.0, 1.0, 1.0), "NaN"),
        (lambda: private_histogram([3], 3, 1.0), "values"),
        (lambda: private_histogram([0], 0, 1.0), "bins"),
    ],
)
def test_bad_parameters_are_refused_by_name(call, name):
    with pytest.raises(PrivacyError, match=name):
        call()
