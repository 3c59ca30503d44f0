# SPDX-License-Identifier: Apache-2.0
"""The series inside the posterior of a count, against SciPy."""

import numpy as np
import pytest
from scipy.special import digamma, gammaln, polygamma

from privcv_privacy.noise.count_posterior import _gammas


def test_the_series_of_the_gamma_function_are_near_enough():
    """Over all shapes of a prior, and all counts."""
    x = np.geomspace(0.3, 1e6, 5000)
    gamma, first, second = _gammas(x)
    assert gamma + np.log(2 * np.pi) / 2 == pytest.approx(gammaln(x), abs=2e-3)
    assert first == pytest.approx(digamma(x), abs=2e-3)
    assert second == pytest.approx(polygamma(1, x), rel=2e-3)
