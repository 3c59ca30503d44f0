# SPDX-License-Identifier: Apache-2.0
"""What a window's estimate remembers to save time changes no byte of what it says."""

import numpy as np
from scipy.special import gammaln, ndtri

from privcv_privacy.noise.count_posterior import _gammas, _log_gamma
from privcv_privacy.noise.drop_ratio import LONG_VALUES, DropRatio, Evidence
from privcv_privacy.noise.intervals import laplace_reach, two_sided


def test_a_ratio_is_the_same_whether_its_priors_are_new_or_remembered() -> None:
    random = np.random.default_rng(2)
    kept_on = DropRatio(9, 3, 10.0)
    before: Evidence | None = None
    weights = set()
    for window in range(60):
        kept = float(random.uniform(50, 200))
        standing = kept * float(random.choice([0.0, 0.05, 0.1, 0.3]))
        dropped, length_s = int(random.integers(-20, 60)), int(random.choice([60, 300]))
        given = (before, dropped, kept, standing, length_s)
        ratio, evidence = kept_on.learn(*given, earlier=window)
        again, other = DropRatio(9, 3, 10.0).learn(*given, earlier=window)
        assert ratio.values.tobytes() == again.values.tobytes()
        assert ratio.median == again.median
        assert evidence.log_likelihood.tobytes() == other.log_likelihood.tobytes()
        before = evidence
        weights.add(evidence.long)
    assert len(weights) > 5


def test_priors_are_those_of_the_mixture() -> None:
    drop_ratio = DropRatio(9, 3, 10.0)
    grid = drop_ratio._grid(300, 4)
    for long in (0.0, 0.4, 0.13, 0.4):
        usual, robust = grid.priors(long)
        np.testing.assert_allclose(usual, 1 - LONG_VALUES * long + LONG_VALUES * long * grid.long)
        np.testing.assert_allclose(robust, grid.wide + long * (grid.long - grid.wide))


def test_a_logarithm_alone_is_that_of_all_three() -> None:
    x = np.concatenate([np.linspace(1, 5, 50), np.geomspace(5, 1e4, 50)])
    assert _log_gamma(x).tobytes() == _gammas(x)[0].tobytes()
    off = _log_gamma(x) - gammaln(x)
    np.testing.assert_allclose(off, off[-1], atol=2e-3)


def test_reaches_are_kept_per_scale_and_confidence() -> None:
    for confidence in (0.9, 0.95, 0.9):
        assert two_sided(confidence) == float(ndtri((1 + confidence) / 2))
        for scale in (3.0, 15.0, 3.0):
            reach, a = laplace_reach(scale, confidence), np.exp(-1 / scale)
            beyond = [2 * a ** (r + 1) / (1 + a) for r in (reach - 1, reach)]
            assert beyond[1] <= 1 - confidence + 1e-12 < beyond[0]
