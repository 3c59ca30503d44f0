# SPDX-License-Identifier: Apache-2.0
"""Estimation of true counts from noisy histograms: a filter over the windows of a camera.

It is free post-processing: it never sees a true count, so it costs no privacy (Dwork and Roth 2014,
proposition 2.1).

The model: the count c of one bin of one zone in one window is Poisson around a level e^u; levels
of all bins of a camera drift as a Gaussian random walk whose steps are shared in part (by the
whole camera, by a zone, by a direction, along a lane), so that each bin also learns from the
others (``correlation``). The noisy count is c plus noise of known distribution. Levels are followed
by expectation propagation (Minka, UAI 2001): every bin's posterior is integrated on a grid under
the exact noise (``count_posterior``), then matched by a Gaussian in the log level, and the
Gaussians are combined. It is causal: a window uses only itself and earlier ones, and is never
revised.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import lapack

from privcv_privacy.noise.correlation import BinCorrelation, Floats, Variances
from privcv_privacy.noise.count_posterior import CountPosterior
from privcv_privacy.noise.mechanisms import Counts
from privcv_privacy.settings import MechanismName

FIRST = Variances(camera=0.1, zone=0.4, direction=2.5, lane=0.25, own=0.1)
STEP = Variances(0.1, 0.03, 0.1, 0.03, 0.01)  # from one window to the next
RESIZED = Variances(0.2, 0.05, 0.0, 0.0, 0.05)  # added when the length of the window changes
_SAME_ZONE = Variances(0.0, 1.0, 0.0, 0.0, 0.0)
FIRST_SHIFT = 0.5  # the mean of log levels lies below the log of their mean
ROUNDS = 3
DAMPING = 0.8
SURPRISE = 1.5  # standard deviations of a total's log level beyond which the past is trusted less
SMALLEST_LEVEL = 0.02  # people: an empty lobby at night must be able to read 0


@dataclass(frozen=True)
class Levels:
    """Normal posterior of the log levels of all bins after some windows."""

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


def filter_window(
    noisy: Counts,
    scale: float,
    noise: MechanismName,
    length_s: int,
    before: Levels | None,
    correlation: BinCorrelation,
) -> tuple[Estimate, Levels]:
    """Filter one window: estimate the true histograms behind ``noisy`` (zones, bins).

    ``scale`` and ``noise``: as of ``mechanisms.Noise``; ``length_s``: of the window; ``before``:
    levels after the window before, None for the first. Returns the levels after this one too.
    """
    zones, bins = noisy.shape
    y = noisy.reshape(-1).astype(float)
    spread = scale * (np.sqrt(2) if noise == "laplace" else 1.0)
    prior = _predict(y, spread, correlation, length_s, before)
    posterior = CountPosterior(y, scale, noise)
    mean, own = prior[0], np.diagonal(prior[1])
    precision = np.zeros_like(y)  # of what each bin says about its log level
    pull = np.zeros_like(y)  # what it says, times that precision
    for turn in range(ROUNDS):
        variance = 1 / np.maximum(1 / own - precision, 1e-3)
        without = variance * (mean / own - pull)
        u, v, variance = posterior.moments(without, variance)
        step = 1.0 if turn == 0 else DAMPING
        precision += step * (np.maximum(1 / v - 1 / variance, 1e-4) - precision)
        pull += step * (u / v - without / variance - pull)
        noise_variance = 1 / precision
        mean, learnt = _condition(prior, pull * noise_variance, noise_variance)
        own = np.diagonal(prior[1]) - np.einsum("ij,ij->j", learnt, learnt)
    covariance = prior[1] - learnt.T @ learnt
    counts, own_variance, follows = posterior.counts()
    variance = _zone_variance(own_variance, follows, covariance, zones, bins)
    after = Levels(np.maximum(mean, np.log(SMALLEST_LEVEL)), covariance, length_s)
    return Estimate(counts.reshape(zones, bins), variance), after


def _predict(
    y: Floats, spread: float, correlation: BinCorrelation, length_s: int, before: Levels | None
) -> tuple[Floats, Floats]:
    """Mean and covariance of the log levels before the window is looked at bin by bin."""
    zones, bins = correlation.zones, correlation.bins
    if before is None:
        level = max(y.mean(), spread / np.sqrt(len(y)), 0.1)
        mean = np.full(len(y), np.log(level) - FIRST_SHIFT)
        return mean, correlation.covariance(FIRST)
    mean, covariance = before.mean, before.covariance + correlation.covariance(STEP)
    if length_s != before.length_s:
        mean = mean + np.log(length_s / before.length_s)
        covariance = covariance + correlation.covariance(RESIZED)
    expected = np.exp(np.minimum(mean, 20)).reshape(zones, bins).sum(axis=1)
    seen = y.reshape(zones, bins).sum(axis=1)
    blocks = covariance.reshape(zones, bins, zones, bins)
    camera = _surprise(seen.sum(), expected.sum(), spread * np.sqrt(len(y)), covariance.mean())
    zone = _surprise(
        seen, expected, spread * np.sqrt(bins), np.einsum("ijik->i", blocks) / bins**2 + camera
    )
    if camera > 0 or zone.any():
        same_zone = correlation.covariance(_SAME_ZONE)
        covariance = covariance + camera + same_zone * np.repeat(zone, bins)
    return mean, covariance


def _surprise(seen: Any, expected: Any, spread: float, variance: Any) -> Any:
    """Variance to add to the log level of a total that moved further than a walk explains.

    A place that empties at once, or fills, must not be held back by its past.
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
