# SPDX-License-Identifier: Apache-2.0
"""Noise has the distribution that its proof speaks of, and bad parameters are refused by name."""

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.noise.mechanisms import Gaussian, Laplace, exact_noise

DRAWS = 20000


def is_discrete_laplace(noise, scale):
    """Chi-square against (1 - a) / (1 + a) a^|x|, a = e^(-1/scale) (Ghosh et al. 2009)."""
    reach = int(6 * scale)
    a = math.exp(-1 / scale)
    x = np.arange(-reach, reach + 1)
    p = (1 - a) / (1 + a) * a ** np.abs(x)
    p[0] = p[-1] = a**reach / (1 + a)
    observed = np.bincount(np.clip(noise, -reach, reach) + reach, minlength=len(x))
    return chisquare(observed, p * len(noise)).pvalue


def test_laplace_has_its_textbook_distribution():
    noise = Laplace(epsilon=1.0, votes=3).release(np.zeros(DRAWS, dtype=np.int64))
    assert is_discrete_laplace(noise, 3.0) > 1e-4


def test_the_seeded_sampler_of_measurements_draws_from_the_same_distribution():
    sampler = SeededNoise(np.random.default_rng(1), 1.0, 0.0, 3)
    assert is_discrete_laplace(sampler.release(np.zeros(DRAWS, dtype=np.int64)), 3.0) > 1e-4


def test_gaussian_scale_is_the_known_one():
    """Sigma at delta 1e-6 for epsilon 2, 1, 0.5 as OpenDP's conversion gave it independently."""
    scales = [Gaussian(epsilon, 1e-6).scale for epsilon in (2.0, 1.0, 0.5)]
    assert scales == pytest.approx([2.382, 4.531, 8.677], rel=2e-3)
    assert Gaussian(1.0, 1e-6, votes=4).scale == pytest.approx(2 * 4.531, rel=2e-3)


def test_gaussian_noise_has_its_spread():
    noise = Gaussian(1.0, 1e-6).release(np.zeros(DRAWS, dtype=np.int64))
    assert noise.std() == pytest.approx(4.531, rel=0.03)
    assert abs(noise.mean()) < 0.2


def test_delta_chooses_the_mechanism():
    assert exact_noise(1.0, 0.0, 3).name == "laplace"
    assert exact_noise(1.0, 1e-6, 3).name == "gaussian"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: Laplace(0.0), "epsilon"),
        (lambda: Laplace(-1.0), "epsilon"),
        (lambda: Laplace(math.nan), "epsilon"),
        (lambda: Laplace(1.0, votes=0), "votes"),
        (lambda: Gaussian(1.0, 0.0), "delta"),
        (lambda: Laplace(1.0).release(np.array([2**40])), "count"),
    ],
)
def test_bad_parameters_are_refused_by_name(call, name):
    with pytest.raises(PrivacyError, match=name):
        call()
