# SPDX-License-Identifier: Apache-2.0
"""Free post-processing: from noisy histograms to counts, shares and honest intervals.

Nothing here ever sees a true count, so nothing here costs privacy (Dwork and Roth 2014,
proposition 2.1).

The model: the count c of one bin of one zone in one window is Poisson around a level e^u; levels
of all bins of a camera drift as a Gaussian random walk whose steps are shared in part (by the
whole camera, by a zone, by a direction), so that each bin also learns from the others. The noisy
count is c plus noise of known distribution. Levels are followed by expectation propagation (Minka,
UAI 2001): every bin's posterior is integrated on a grid under the exact noise, then matched by a
Gaussian in log counts, and the Gaussians are combined. It is causal: a window uses only itself
and earlier ones, and is never revised.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# Variances of log levels: shared by the camera, by a zone, by a direction, and a bin's own.
FIRST = (0.1, 0.4, 1.5, 0.4)
STEP = (0.15, 0.04, 0.02, 0.05)  # from one window to the next
RESIZED = (0.2, 0.05, 0.0, 0.05)  # added when the length of the window changes
FIRST_SHIFT = 0.5  # the mean of log levels lies below the log of their mean
ROUNDS = 3
DAMPING = 0.6
SURPRISE = 1.5  # standard deviations of a total's log level beyond which the past is trusted less
SMALLEST_LEVEL = 0.02  # people: an empty lobby at night must be able to read 0

# Counts at which a bin's posterior is integrated: near 0, and around the noisy count in scales.
_NEAR_ZERO = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33, 40], dtype=float)
_TAIL = np.geomspace(0.25, 12, 14)
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
    level_mean, level_covariance = prior
    precision = np.zeros_like(y)  # of each bin's message about its log count
    message = np.zeros_like(y)
    removed = np.zeros_like(y)  # precision that the message gave to the level
    for turn in range(ROUNDS):
        poisson = 1 / np.maximum(np.exp(np.minimum(level_mean, 20)), 0.5)
        own = np.diagonal(level_covariance)
        variance = 1 / np.maximum(1 / own - removed, 1e-3)
        mean = variance * (level_mean / own - removed * message)
        spread_u = variance + poisson
        u, v = grid.moments(mean, spread_u)
        gain = np.maximum(1 / v - 1 / spread_u, 1e-4)
        target = (u / v - mean / spread_u) / gain
        step = 1.0 if turn == 0 else DAMPING
        mixed = (1 - step) * precision + step * gain
        message = ((1 - step) * precision * message + step * gain * target) / mixed
        precision = mixed
        noise_u = 1 / precision + poisson
        removed = 1 / noise_u
        level_mean, level_covariance = _condition(prior, message, noise_u)
    counts, own_variance = grid.counts()
    follows = counts * (1 / precision) / noise_u  # how far a count follows its level
    variance = _zone_variance(own_variance, follows, level_covariance, zones, bins)
    floor = np.log(SMALLEST_LEVEL)
    after = Levels(np.maximum(level_mean, floor), level_covariance, length_s)
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


def whole(bins: Floats, total: int) -> Counts:
    """Integers (n,) nearest to ``bins`` in proportion that sum to ``total`` (largest remainder)."""
    share = bins / bins.sum() * total if bins.sum() > 0 else np.full(len(bins), 0.0)
    counts = np.floor(share).astype(np.int64)
    order = np.argsort(counts - share, kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    return np.asarray(counts)


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
        self.c = c
        self.u = np.log(c + 0.5)
        off = np.abs(y[:, None] - c) / scale
        log_noise = -off if noise == "laplace" else -off * off / 2
        # A density of u becomes one of c through du/dc = 1 / (c + 0.5).
        self.base = log_noise + np.log((width + 1e-12) / (c + 0.5))
        self.weight = np.zeros_like(c)

    def moments(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the log count under a Gaussian prior on it."""
        log = self.base - (self.u - mean[:, None]) ** 2 / (2 * variance[:, None])
        log -= log.max(axis=1, keepdims=True)
        self.weight = np.exp(log)
        self.weight /= self.weight.sum(axis=1, keepdims=True)
        u = np.einsum("ij,ij->i", self.weight, self.u)
        return u, np.einsum("ij,ij->i", self.weight, (self.u - u[:, None]) ** 2) + 1e-4

    def counts(self) -> tuple[Floats, Floats]:
        """Mean and variance of the count itself, under the last prior asked."""
        mean = np.einsum("ij,ij->i", self.weight, self.c)
        return mean, np.einsum("ij,ij->i", self.weight, (self.c - mean[:, None]) ** 2)


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
    return mean, covariance + camera + np.kron(np.diag(zone), np.ones((bins, bins)))


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
