# SPDX-License-Identifier: Apache-2.0
"""Credible intervals and whole numbers of estimated counts.

Both read estimates only, so they cost no privacy (Dwork and Roth 2014, proposition 2.1).
"""

import math
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from privcv_privacy.noise.correlation import Floats
from privcv_privacy.noise.drop_ratio import NOTHING_DROPPED, Ratio
from privcv_privacy.noise.mechanisms import Counts, Noise

ZONE_SPREAD = 0.4  # of the ratio, from zone to zone and window to window, share of itself
WAVES = 30.0  # dropped cells beyond which that spread evens out: they are many people's
STEPS = 3  # of Newton's method


def interval(
    totals: Floats,
    variance: Floats,
    confidence: float,
    ratio: Ratio = NOTHING_DROPPED,
) -> tuple[Counts, Counts]:
    """Credible intervals: bounds (zones,) that cover each true total with ``confidence``.

    ``totals`` and ``variance`` (zones,): posterior mean and variance of what counted; ``ratio``: of
    what was dropped to that. The quantiles of both together as whole numbers: each holds half of
    one to both sides, so that those of which half lies beyond a quantile are left out.

    Given the ratio, the square root of a total is taken to be normal, cut at 0, as of counts it
    nearly is: with the mean and variance that make the total's (Bartlett, The Square Root
    Transformation in Analysis of Variance, 1936).
    """
    r, weights = ratio.values, ratio.weights
    counted = np.maximum(totals, 0.05)[:, None]
    mean = counted * (1 + r)  # (zones, points)
    spread = np.maximum(variance, 0.01)[:, None] * (1 + r) ** 2
    # Which zone and window the dropped cells are of is not known: their number varies with chance,
    # and their share around that of the camera.
    dropped = counted * r
    spread += dropped + (ZONE_SPREAD * dropped) ** 2 / (1 + dropped / WAVES)
    # (m + s Z)^2 has the mean m^2 + s^2 and the variance 4 m^2 s^2 + 2 s^4; with m = 0, 2 s^4.
    certain = np.sqrt(np.maximum(mean**2 - spread / 2, 0.0))  # m^2
    sigma = np.sqrt(np.where(certain > 0, mean - certain, np.sqrt(spread / 2)))
    z = two_sided(confidence)
    roots = np.maximum(_quantiles(np.sqrt(certain), sigma, weights, z), 0.0)
    low, high = np.rint(roots**2 + np.array([[0.5], [-0.5]])).astype(np.int64)
    # Near zero that distribution keeps away from 0, and the normal one, honestly, does not.
    nobody = totals <= z * np.sqrt(variance)
    return np.where(nobody, 0, low), high


def _quantiles(middle: Floats, sigma: Floats, weights: Floats, z: float) -> Floats:
    """Quantiles (2, zones), of the levels of -z and z, of mixtures of normal distributions.

    Their parts (zones, n) have ``weights`` (n,). A quantile lies between those of the parts, where
    Newton's method is kept.
    """
    parts = middle + _both(z) * sigma
    if len(weights) == 1:
        return np.asarray(parts[..., 0])
    low, high = parts.min(axis=2), parts.max(axis=2)
    levels = _levels(z)
    precision = 1 / sigma
    weighted = (precision * weights / np.sqrt(2 * np.pi))[None]
    x = parts @ weights
    for _ in range(STEPS):
        off = (x[..., None] - middle) * precision
        excess = ndtr(off) @ weights - levels
        off *= off
        off *= -0.5
        density = (np.exp(off, out=off) * weighted).sum(axis=2)
        x = np.minimum(np.maximum(x - excess / np.maximum(density, 1e-9), low), high)
    return x


@lru_cache(maxsize=16)
def two_sided(confidence: float) -> float:
    """Standard deviations to both sides within which a normal variable is with ``confidence``."""
    return float(ndtri((1 + confidence) / 2))


@lru_cache(maxsize=16)
def _both(z: float) -> Floats:
    return np.array([-z, z])[:, None, None]


@lru_cache(maxsize=16)
def _levels(z: float) -> Floats:
    return np.asarray(ndtr([[-z], [z]]))


@lru_cache(maxsize=256)
def laplace_reach(scale: float, confidence: float) -> int:
    """How far integer Laplace noise of ``scale`` is from 0 at most, with ``confidence``.

    P(|noise| > r) = 2 a^(r+1) / (1 + a) with a = e^(-1/scale).
    """
    a = math.exp(-1 / scale)
    if a == 0:
        return 0
    level = 1 - confidence
    return max(0, math.ceil(math.log(level * (1 + a) / 2) / math.log(a) - 1))


@lru_cache(maxsize=256)
def laplace_variance(scale: float) -> float:
    """Of integer Laplace noise of ``scale``: 2 a / (1 - a)^2 with a = e^(-1/scale)."""
    a = math.exp(-1 / scale)
    return 2 * a / (1 - a) ** 2


def noise_variance(noise: Noise) -> float:
    """Of one draw: of integer Gaussian noise that is nearly the square of its scale."""
    return noise.scale**2 if noise.name == "gaussian" else laplace_variance(noise.scale)


def sum_reach(draws: int, scale: float, confidence: float, more: float = 0.0) -> float:
    """How far the sum of ``draws`` independent ones is from 0 at most, with ``confidence``.

    ``more``: variance of what else is uncertain. Exact for one draw and no more, else as if the sum
    were normal, which it is nearly.
    """
    z = two_sided(confidence)
    if draws == 1:
        return math.hypot(laplace_reach(scale, confidence), z * math.sqrt(more))
    return z * math.sqrt(draws * laplace_variance(scale) + more)


def variance_reach(draws: int, variance: float, confidence: float, more: float = 0.0) -> float:
    """As ``sum_reach``, of draws whose scales differ: ``variance`` of their sum."""
    if draws == 1:  # 2 scale^2 but for a sixth
        return sum_reach(1, math.sqrt((variance + 1 / 6) / 2), confidence, more)
    return two_sided(confidence) * math.sqrt(variance + more)


def round_to_sums(bins: Floats, totals: Counts) -> Counts:
    """Integers (zones, bins) nearest to the shares of ``bins`` whose rows sum to ``totals``.

    By largest remainder (Hamilton's method); a row without any share is split evenly.
    """
    sums = bins.sum(axis=1, keepdims=True)
    shares = np.divide(bins, sums, out=np.full_like(bins, 1 / bins.shape[1]), where=sums > 0)
    exact = shares * totals[:, None]
    counts = np.floor(exact).astype(np.int64)
    rank = np.argsort(np.argsort(counts - exact, axis=1, kind="stable"), axis=1)
    missing = totals - counts.sum(axis=1)
    return np.asarray(counts + (rank < missing[:, None]), dtype=np.int64)
