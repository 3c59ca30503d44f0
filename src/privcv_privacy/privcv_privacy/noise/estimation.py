# SPDX-License-Identifier: Apache-2.0
"""Free post-processing: from noisy histograms to counts, shares and honest intervals.

Nothing here ever sees a true count, so nothing here costs privacy (Dwork and Roth 2014,
proposition 2.1).

The model: the count c of one bin of one zone in one window is Poisson around a level e^u; levels
of all bins of a camera drift as a Gaussian random walk whose steps are shared in part (by the
whole camera, by a zone, by a direction, along a lane), so that each bin also learns from the
others: see ``privcv_privacy.noise.correlation``. The noisy
count is c plus noise of known distribution. Levels are followed by expectation propagation (Minka,
UAI 2001): every bin's posterior is integrated on a grid under the exact noise, then matched by a
Gaussian in the log level, and the Gaussians are combined. It is causal: a window uses only itself
and earlier ones, and is never revised.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.special import ndtri

from privcv_privacy.noise.correlation import Floats, Structure, Variances

Counts = npt.NDArray[np.int64]

FIRST = Variances(camera=0.1, zone=0.4, direction=2.5, lane=0.25, own=0.1)
STEP = Variances(0.1, 0.03, 0.1, 0.03, 0.01)  # from one window to the next
RESIZED = Variances(0.2, 0.05, 0.0, 0.0, 0.05)  # added when the length of the window changes
_SAME_ZONE = Variances(0.0, 1.0, 0.0, 0.0, 0.0)
FIRST_SHIFT = 0.5  # the mean of log levels lies below the log of their mean
ROUNDS = 3
DAMPING = 0.8
SURPRISE = 1.5  # standard deviations of a total's log level beyond which the past is trusted less
SMALLEST_LEVEL = 0.02  # people: an empty lobby at night must be able to read 0

# Counts at which a bin's posterior is integrated: near 0, and around the noisy count in scales.
_NEAR_ZERO = np.array([0, 1, 2, 3, 4, 6, 9, 14, 22], dtype=float)


def _around(tail: Floats) -> Floats:
    return np.concatenate([-tail[::-1], [0.0], tail])


_AROUND = {
    "laplace": _around(np.geomspace(0.3, 12, 7)),
    "gaussian": _around(np.geomspace(0.25, 5, 9)),
}


@dataclass(frozen=True)
class Levels:
    """What is believed about the log levels of all bins after some windows."""

    mean: Floats  # (zones * bins,)
    covariance: Floats  # (zones * bins, zones * bins)
    length_s: int  # length of the window they belong to


@dataclass(frozen=True)
class Estimate:
    """Counts of one window, not yet rounded."""

    bins: Floats  # (zones, bins) posterior means, >= 0
    variance: Floats  # (zones,) of each zone's total

    @property
    def totals(self) -> Floats:
        """Posterior mean of each zone's total (zones,)."""
        return np.asarray(self.bins.sum(axis=1))


def follow(
    noisy: Counts,
    scale: float,
    noise: Literal["laplace", "gaussian"] | str,
    length_s: int,
    before: Levels | None,
    structure: Structure,
) -> tuple[Estimate, Levels]:
    """Estimate the true histograms behind ``noisy`` (zones, bins); ``before``: earlier windows."""
    zones, bins = noisy.shape
    y = noisy.reshape(-1).astype(float)
    spread = scale * (np.sqrt(2) if noise == "laplace" else 1.0)
    prior = _predict(y, spread, structure, length_s, before)
    grid = _Grid(y, scale, noise)
    mean, own = prior[0], np.diagonal(prior[1])
    precision = np.zeros_like(y)  # of what each bin says about its log level
    pull = np.zeros_like(y)  # what it says, times that precision
    for turn in range(ROUNDS):
        variance = 1 / np.maximum(1 / own - precision, 1e-3)
        without = variance * (mean / own - pull)
        u, v, variance = grid.moments(without, variance)
        step = 1.0 if turn == 0 else DAMPING
        precision += step * (np.maximum(1 / v - 1 / variance, 1e-4) - precision)
        pull += step * (u / v - without / variance - pull)
        noise_variance = 1 / precision
        mean, learnt = _condition(prior, pull * noise_variance, noise_variance)
        own = np.diagonal(prior[1]) - np.einsum("ij,ij->j", learnt, learnt)
    covariance = prior[1] - learnt.T @ learnt
    counts, own_variance, follows = grid.counts()
    variance = _zone_variance(own_variance, follows, covariance, zones, bins)
    after = Levels(np.maximum(mean, np.log(SMALLEST_LEVEL)), covariance, length_s)
    return Estimate(counts.reshape(zones, bins), variance), after


def interval(totals: Floats, variance: Floats, confidence: float) -> tuple[Counts, Counts]:
    """Bounds (zones,) that cover each true total with ``confidence``, widened to integers.

    From the log-normal distribution with that mean and variance: counts are skewed.
    """
    mean = np.maximum(totals, 0.05)
    sigma = np.sqrt(np.log1p(variance / mean**2))
    middle = np.log(mean) - sigma**2 / 2
    z = float(ndtri(0.5 + confidence / 2))
    deviation = np.sqrt(variance)
    # Near zero the log-normal keeps away from 0 and the normal does not: the lower one is honest.
    low: Floats = np.floor(np.minimum(np.exp(middle - z * sigma), totals - z * deviation))
    high = np.ceil(np.exp(middle + z * sigma) + 0.1 * deviation)
    return np.maximum(low, 0).astype(np.int64), np.asarray(high, dtype=np.int64)


def whole(bins: Floats, totals: Counts) -> Counts:
    """Integers (zones, bins) nearest to the shares of ``bins`` whose rows sum to ``totals``.

    By largest remainder; a row without any share is split evenly.
    """
    sums = bins.sum(axis=1, keepdims=True)
    shares = np.divide(bins, sums, out=np.full_like(bins, 1 / bins.shape[1]), where=sums > 0)
    exact = shares * totals[:, None]
    counts = np.floor(exact).astype(np.int64)
    rank = np.argsort(np.argsort(counts - exact, axis=1, kind="stable"), axis=1)
    missing = totals - counts.sum(axis=1)
    return np.asarray(counts + (rank < missing[:, None]), dtype=np.int64)


class _Grid:
    """Posterior of each bin's true count on points where it can be."""

    def __init__(self, y: Floats, scale: float, noise: str) -> None:
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
        self.base = (off * off / -2 if noise == "gaussian" else -off) - _gammas(c + 1)[0]
        self.base += np.log(width + 1e-12)
        # Of the last round: weights of the points and their sum, and of each log level digamma at
        # the points, its mean, and the variance of the log level.
        self.weight = self.digamma = np.zeros_like(c)
        self.sum = self.middle = self.variance = np.ones_like(y)

    def moments(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean and variance of each log level, given its noisy count and a prior on it.

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
        """Mean and variance of each count, and how far it moves with its log level."""
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


def _predict(
    y: Floats, spread: float, structure: Structure, length_s: int, before: Levels | None
) -> tuple[Floats, Floats]:
    """Mean and covariance of the log levels before the window is looked at bin by bin."""
    zones, bins = structure.zones, structure.bins
    if before is None:
        level = max(y.mean(), spread / np.sqrt(len(y)), 0.1)
        mean = np.full(len(y), np.log(level) - FIRST_SHIFT)
        return mean, structure.covariance(FIRST)
    mean, covariance = before.mean, before.covariance + structure.covariance(STEP)
    if length_s != before.length_s:
        mean = mean + np.log(length_s / before.length_s)
        covariance = covariance + structure.covariance(RESIZED)
    expected = np.exp(np.minimum(mean, 20)).reshape(zones, bins).sum(axis=1)
    seen = y.reshape(zones, bins).sum(axis=1)
    blocks = covariance.reshape(zones, bins, zones, bins)
    camera = _surprise(seen.sum(), expected.sum(), spread * np.sqrt(len(y)), covariance.mean())
    zone = _surprise(
        seen, expected, spread * np.sqrt(bins), np.einsum("ijik->i", blocks) / bins**2 + camera
    )
    if camera > 0 or zone.any():
        same_zone = structure.covariance(_SAME_ZONE)
        covariance = covariance + camera + same_zone * np.repeat(zone, bins)
    return mean, covariance


def _surprise(seen: Any, expected: Any, spread: float, variance: Any) -> Any:
    """Variance to add to the log level of a total that moved further than a walk explains.

    A scene that empties at once, or fills, must not be held back by its past.
    """
    moved = np.log((np.maximum(seen, spread) + 1) / (np.maximum(expected, spread) + 1))
    return np.maximum(moved**2 - SURPRISE**2 * variance, 0.0)


def _condition(
    prior: tuple[Floats, Floats], message: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """Mean after independent Gaussian messages (n,) of variance ``noise`` about the levels.

    And the matrix (n, n) whose square the covariance loses by them.
    """
    mean, covariance = prior
    together = covariance.copy()
    together.flat[:: len(noise) + 1] += noise
    root, info = lapack.dpotrf(together, lower=1)
    if info != 0:  # rounding has made it indefinite: start from wider levels
        together.flat[:: len(noise) + 1] += 1e-3
        root, _ = lapack.dpotrf(together, lower=1)
    learnt, _ = lapack.dtrtrs(root, covariance, lower=1)
    off, _ = lapack.dtrtrs(root, message - mean, lower=1)
    return mean + off @ learnt, learnt


def _zone_variance(
    own: Floats, follows: Floats, covariance: Floats, zones: int, bins: int
) -> Floats:
    """Variance of each zone's total: of its bins, and what they share through their levels."""
    shared = (covariance * follows) * follows[:, None]
    np.fill_diagonal(shared, 0.0)
    blocks = shared.reshape(zones, bins, zones, bins)
    total: Floats = own.reshape(zones, bins).sum(axis=1) + np.einsum("ijik->i", blocks)
    return np.maximum(total, 0.0)
