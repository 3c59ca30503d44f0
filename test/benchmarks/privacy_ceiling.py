# SPDX-License-Identifier: Apache-2.0
"""How accurate flow could be at most: estimators that are told what no release may tell.

Noise of scale M / epsilon on every bin is what the promise costs. Whoever reads the noisy counts
can only do better than the product by knowing more beforehand; these readers know a lot.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from privcv_privacy.aggregation.contribution import Bound
from privcv_privacy.measurement.accuracy import flow_accuracy
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.true_votes import Bounded, grid, votes
from privcv_privacy.settings import PrivacySettings

Floats = npt.NDArray[np.float64]

SPREAD = (
    10.0  # shape of the gamma prior around what the reader knows; 3 and 40 give less or as much
)


def ceiling(
    trajectories: Trajectories, settings: PrivacySettings, seeds: int
) -> tuple[float, float, float]:
    """Flow accuracy in a 2x2 grid: of the bounded votes without noise, and of two readers.

    Both see the noisy counts of every bin. One knows the true total of every cell and the true
    shares of headings of each zone's day; the other all true sums by window and zone, window and
    heading, and zone and heading.
    """
    stays, bounded = grid(trajectories, 2, 2), Bounded(Bound(settings))
    starts = np.arange(0, stays.end_s + 1e-9, settings.window_s)
    windows = [votes(stays, start, start + settings.window_s) for start in starts]
    true = np.array([window.histogram(4) for window in windows])
    counts = np.array([window.histogram(4, bounded.counted(window)[0]) for window in windows])
    day = true.sum(axis=0) / np.maximum(true.sum(axis=(0, 2)), 1)[:, None]
    known = (true.sum(axis=2)[:, :, None] * day, _with_its_sums(true))
    scores = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        noise = SeededNoise(random, settings.counts_epsilon, 0.0, settings.bound)
        noisy = noise.release(counts.reshape(-1)).reshape(true.shape)
        scores.append([_score(_posterior(noisy, noise.scale, mean), true) for mean in known])
    first, second = np.mean(scores, axis=0)
    return _score(counts, true), float(first), float(second)


def _with_its_sums(true: npt.NDArray[np.int64]) -> Floats:
    """The table without interaction of all three that has the sums of ``true`` (Deming-Stephan)."""
    table = np.ones(true.shape)
    for _ in range(100):
        for axis in range(3):
            sums = true.sum(axis=axis, keepdims=True) + 0.3
            table *= sums / (table.sum(axis=axis, keepdims=True) + 0.3)
    return table


def _posterior(noisy: npt.NDArray[np.int64], scale: float, mean: Floats) -> Floats:
    """Mean count given its noisy value and a negative binomial prior around ``mean``."""
    c = np.arange(noisy.max() + 20 * scale + 20)
    mean = mean[..., None] + 0.05
    log = gammaln(c + SPREAD) - gammaln(c + 1) + c * np.log(mean / (SPREAD + mean))
    log -= np.abs(noisy[..., None] - c) / scale
    weight = np.exp(log - log.max(axis=-1, keepdims=True))
    return np.asarray((weight * c).sum(axis=-1) / weight.sum(axis=-1))


def _score(estimate: npt.NDArray[Any], true: npt.NDArray[np.int64]) -> float:
    cells = zip(estimate.reshape(-1, 5), true.reshape(-1, 5), strict=True)
    return float(np.mean([flow_accuracy(e.tolist(), t) for e, t in cells if t[1:].sum() > 0]))
