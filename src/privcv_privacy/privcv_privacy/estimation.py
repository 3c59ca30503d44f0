# SPDX-License-Identifier: Apache-2.0
"""Free post-processing: from noisy histograms to counts, shares and honest intervals.

Nothing here ever sees a true count, so nothing here costs privacy (Dwork and Roth 2014,
proposition 2.1).

The model: the count c of one bin of one zone in one window is Poisson around a level e^u; levels
of all bins of a camera drift as a Gaussian random walk whose steps are shared in part (by the
whole camera, by a zone, by a direction), so that each bin also learns from the others. The noisy
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
from scipy.special import gammaln, ndtri

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# Variances of log levels: shared by the camera, by a zone, by a direction, and a bin's own.
FIRST = (0.1, 0.4, 2.5, 0.25)
STEP = (0.1, 0.03, 0.1, 0.03)  # from one window to the next
RESIZED = (0.2, 0.05, 0.0, 0.05)  # added when the length of the window changes
FIRST_SHIFT = 0.5  # the mean of log levels lies below the log of their mean
ROUNDS = 3
DAMPING = 0.8
SURPRISE = 1.5  # standard deviations of a total's log level beyond which the past is trusted less
SMALLEST_LEVEL = 0.02  # people: an empty lobby at night must be able to read 0

# Counts at which a bin's posterior is integrated: near 0, and around the noisy count in scales.
_NEAR_ZERO = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40], dtype=float)
_TAIL = np.geomspace(0.3, 12, 11)
_AROUND = np.concatenate([-_TAIL[::-1], [0.0], _TAIL])


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
) -> tuple[Estimate, Levels]:
    """Estimate the true histograms behind ``noisy`` (zones, bins); ``before``: earlier windows."""
    zones, bins = noisy.shape
    y = noisy.reshape(-1).astype(float)
    spread = scale * (np.sqrt(2) if noise == "laplace" else 1.0)
    prior = _predict(y, spread, zones, bins, length_s, before)
    grid = _Grid(y, scale, noise)
    mean, covariance = prior
    precision = np.zeros_like(y)  # of what each bin says about its log level
    message = np.zeros_like(y)
    for turn in range(ROUNDS):
        own = np.diagonal(covariance)
        variance = 1 / np.maximum(1 / own - precision, 1e-3)
        without = variance * (mean / own - precision * message)
        u, v, variance = grid.moments(without, variance)
        gain = np.maximum(1 / v - 1 / variance, 1e-4)
        target = (u / v - without / variance) / gain
        step = 1.0 if turn == 0 else DAMPING
        mixed = (1 - step) * precision + step * gain
        message = ((1 - step) * precision * message + step * gain * target) / mixed
        precision = mixed
        mean, covariance = _condition(prior, message, 1 / precision)
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
        around = np.maximum(y[:, None] + scale * _AROUND, 0)
        near = np.broadcast_to(_NEAR_ZERO, (len(y), len(_NEAR_ZERO)))
        c = np.concatenate([near, around], axis=1)
        c.sort(axis=1)
        width = np.empty_like(c)
        width[:, 1:-1] = (c[:, 2:] - c[:, :-2]) / 2
        width[:, 0] = (c[:, 1] - c[:, 0]) / 2 + 0.5
        width[:, -1] = (c[:, -1] - c[:, -2]) / 2
        off = np.abs(y[:, None] - c) / scale
        self.c = c
        self.base = (off * off / -2 if noise == "gaussian" else -off) - gammaln(c + 1)
        self.base += np.log(width + 1e-12)
        self.weight = self.digamma = np.zeros_like(c)
        self.variance = np.ones_like(y)

    def moments(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean and variance of each log level, given its noisy count and a prior on it.

        The prior is the Gamma distribution whose logarithm has about that mean and variance; the
        last result is the variance it really has. Counts under it are negative binomial.
        """
        shape = (1 + np.sqrt(1 + 2 * variance)) / (2 * variance)
        rate = np.exp(np.minimum(_digamma(shape) - mean, 50.0))
        posterior = self.c + shape[:, None]
        log = self.base + gammaln(posterior) - self.c * np.log1p(rate)[:, None]
        log -= log.max(axis=1, keepdims=True)
        self.weight = np.exp(log)
        self.weight /= self.weight.sum(axis=1, keepdims=True)
        self.digamma = _digamma(posterior)
        middle = np.einsum("ij,ij->i", self.weight, self.digamma)
        self.digamma -= middle[:, None]
        between = np.einsum("ij,ij,ij->i", self.weight, self.digamma, self.digamma)
        self.variance = between + np.einsum("ij,ij->i", self.weight, _trigamma(posterior))
        return middle - np.log1p(rate), self.variance, _trigamma(shape)

    def counts(self) -> tuple[Floats, Floats, Floats]:
        """Mean and variance of each count, and how far it moves with its log level."""
        mean = np.einsum("ij,ij->i", self.weight, self.c)
        off = self.c - mean[:, None]
        variance = np.einsum("ij,ij,ij->i", self.weight, off, off)
        follows = np.einsum("ij,ij,ij->i", self.weight, off, self.digamma) / self.variance
        return mean, variance, follows


def _digamma(x: Floats) -> Floats:
    """Digamma of x > 0 to 1e-4: two steps of its recurrence, then its asymptotic series."""
    y = x + 2
    series: Floats = np.log(y) - 1 / (2 * y) - 1 / (12 * y * y)
    return series - 1 / x - 1 / (x + 1)


def _trigamma(x: Floats) -> Floats:
    """Trigamma of x > 0 to 1e-3: one step of its recurrence, then its asymptotic series."""
    y = x + 1
    return 1 / (x * x) + 1 / y + 1 / (2 * y * y) + 1 / (6 * y * y * y)


def _predict(
    y: Floats, spread: float, zones: int, bins: int, length_s: int, before: Levels | None
) -> tuple[Floats, Floats]:
    """Mean and covariance of the log levels before the window is looked at bin by bin."""
    if before is None:
        level = max(y.mean(), spread / np.sqrt(len(y)), 0.1)
        mean = np.full(len(y), np.log(level) - FIRST_SHIFT)
        return mean, _structure(zones, bins, FIRST)
    mean, covariance = before.mean, before.covariance + _structure(zones, bins, STEP)
    if length_s != before.length_s:
        mean = mean + np.log(length_s / before.length_s)
        covariance = covariance + _structure(zones, bins, RESIZED)
    expected = np.exp(np.minimum(mean, 20)).reshape(zones, bins).sum(axis=1)
    seen = y.reshape(zones, bins).sum(axis=1)
    blocks = covariance.reshape(zones, bins, zones, bins)
    camera = _surprise(seen.sum(), expected.sum(), spread * np.sqrt(len(y)), covariance.mean())
    zone = _surprise(
        seen, expected, spread * np.sqrt(bins), np.einsum("ijik->i", blocks) / bins**2 + camera
    )
    own_zone = np.repeat(np.arange(zones), bins)
    same = own_zone[:, None] == own_zone
    return mean, covariance + camera + same * np.repeat(zone, bins)


def _surprise(seen: Any, expected: Any, spread: float, variance: Any) -> Any:
    """Variance to add to the log level of a total that moved further than a walk explains.

    A scene that empties at once, or fills, must not be held back by its past.
    """
    moved = np.log((np.maximum(seen, spread) + 1) / (np.maximum(expected, spread) + 1))
    return np.maximum(moved**2 - SURPRISE**2 * variance, 0.0)


def _structure(zones: int, bins: int, variances: tuple[float, float, float, float]) -> Floats:
    """Covariance of bins that share what the camera, the zone and the direction share."""
    key = (zones, bins, variances)
    if key not in _STRUCTURES:
        camera, zone, direction, own = variances
        _STRUCTURES[key] = (
            camera
            + zone * np.kron(np.eye(zones), np.ones((bins, bins)))
            + direction * np.kron(np.ones((zones, zones)), np.eye(bins))
            + own * np.eye(zones * bins)
        )
    return _STRUCTURES[key]


_STRUCTURES: dict[tuple[int, int, tuple[float, float, float, float]], Floats] = {}


def _condition(
    prior: tuple[Floats, Floats], message: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """Levels after independent Gaussian messages (n,) of variance ``noise`` about them."""
    mean, covariance = prior
    _, gain, info = lapack.dposv(covariance + np.diag(noise), covariance)
    if info != 0:  # rounding has made it indefinite: start from wider levels
        _, gain, _ = lapack.dposv(covariance + np.diag(noise + 1e-3), covariance)
    after = covariance - covariance @ gain
    return mean + gain.T @ (message - mean), (after + after.T) / 2


def _zone_variance(
    own: Floats, follows: Floats, covariance: Floats, zones: int, bins: int
) -> Floats:
    """Variance of each zone's total: of its bins, and what they share through their levels."""
    shared = (covariance * follows) * follows[:, None]
    np.fill_diagonal(shared, 0.0)
    blocks = shared.reshape(zones, bins, zones, bins)
    total: Floats = own.reshape(zones, bins).sum(axis=1) + np.einsum("ijik->i", blocks)
    return np.maximum(total, 0.0)
