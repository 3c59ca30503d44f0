# SPDX-License-Identifier: Apache-2.0
"""Posterior of a true count given its noisy one: the integrals inside the filter of ``estimation``.

The count is Poisson around a level e^u, u has a prior close to a normal one, and the noise is
integer Laplace or Gaussian. Under a Gamma prior of the level, counts are negative binomial, so
each moment is a sum over a few points.
"""

import numpy as np

from privcv_privacy.noise.correlation import Floats
from privcv_privacy.settings import MechanismName

# Counts at which a bin's posterior is integrated: near 0, and around the noisy count in scales.
_NEAR_ZERO = np.array([0, 1, 2, 3, 4, 6, 9, 14, 22], dtype=float)


def _around(tail: Floats) -> Floats:
    return np.concatenate([-tail[::-1], [0.0], tail])


_AROUND = {
    "laplace": _around(np.geomspace(0.3, 12, 7)),
    "gaussian": _around(np.geomspace(0.25, 5, 9)),
}


class CountPosterior:
    """Posterior of the true count of each of n bins, on points where it can be.

    ``y`` (n,): noisy counts; ``scale`` and ``noise``: as of ``mechanisms.Noise``.
    """

    def __init__(self, y: Floats, scale: float, noise: MechanismName) -> None:
        around = np.maximum(y[:, None] + scale * _AROUND[noise], 0)
        near = np.broadcast_to(_NEAR_ZERO, (len(y), len(_NEAR_ZERO)))
        c = np.concatenate([near, around], axis=1)
        c.sort(axis=1)
        width = np.empty_like(c)
        width[:, 1:-1] = (c[:, 2:] - c[:, :-2]) / 2
        width[:, 0] = (c[:, 1] - c[:, 0]) / 2 + 0.5
        width[:, -1] = (c[:, -1] - c[:, -2]) / 2
        off = np.abs(y[:, None] - c) / scale
        self.c = c
        self.base = (off * off / -2 if noise == "gaussian" else -off) - _log_gamma(c + 1)
        self.base += np.log(width + 1e-12)
        # Of the last round: weights of the points and their sum, and of each log level digamma at
        # the points, its mean, and the variance of the log level.
        self.weight = self.digamma = np.zeros_like(c)
        self.sum = self.middle = self.variance = np.ones_like(y)

    def moments(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean and variance (n,) of each log level, given its noisy count and a prior on it.

        The prior is the Gamma distribution whose logarithm has about that mean and variance; the
        last result is the variance it really has. Counts under it are negative binomial.
        """
        shape = (1 + np.sqrt(1 + 2 * variance)) / (2 * variance)
        log, self.digamma, trigamma = _gammas(self.c + shape[:, None])
        # The first point is 0: there the posterior is the prior.
        thinning = np.log1p(np.exp(np.minimum(self.digamma[:, 0] - mean, 50.0)))
        really = trigamma[:, 0].copy()
        log += self.base
        log -= self.c * thinning[:, None]
        log -= log.max(axis=1, keepdims=True)
        weight = self.weight = np.exp(log, out=log)
        self.sum = weight.sum(axis=1)
        self.middle = np.einsum("ij,ij->i", weight, self.digamma) / self.sum
        trigamma += self.digamma * self.digamma
        square = np.einsum("ij,ij->i", weight, trigamma) / self.sum
        self.variance = square - self.middle * self.middle
        return self.middle - thinning, self.variance, really

    def counts(self) -> tuple[Floats, Floats, Floats]:
        """Mean and variance (n,) of each count, and how far it moves with its log level."""
        weighted = self.weight * self.c
        mean = weighted.sum(axis=1) / self.sum
        variance = np.einsum("ij,ij->i", weighted, self.c) / self.sum - mean * mean
        together = np.einsum("ij,ij->i", weighted, self.digamma) / self.sum - mean * self.middle
        return mean, np.maximum(variance, 0.0), together / self.variance


def _gammas(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Logarithm of gamma(x) but for a constant, digamma(x) and trigamma(x), for x > 0, to 2e-3.

    A step of their recurrences to y = x + 1, then their asymptotic series (Abramowitz and Stegun
    6.1.41, 6.3.18, 6.4.12), which share what is dear: two logarithms and two quotients.
    """
    y = x + 1
    log, r, step = np.log(y), 1 / y, 1 / x
    square = r * r
    gamma: Floats = (y - 0.5) * log - y + r / 12 + np.log(step)
    digamma: Floats = log - r / 2 - square * (1 / 12 - square / 120) - step
    trigamma: Floats = r + square * (0.5 + r / 6) + step * step
    return gamma, digamma, trigamma


def _log_gamma(x: Floats) -> Floats:
    """The first of ``_gammas`` alone."""
    y = x + 1
    return np.asarray((y - 0.5) * np.log(y) - y + 1 / y / 12 + np.log(1 / x))
