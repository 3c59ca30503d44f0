# SPDX-License-Identifier: Apache-2.0
"""Credible intervals and whole numbers of estimated counts.

Both read estimates only, so they cost no privacy (Dwork and Roth 2014, proposition 2.1).
"""

import numpy as np
from scipy.special import ndtri

from privcv_privacy.noise.correlation import Floats
from privcv_privacy.noise.mechanisms import Counts


def interval(totals: Floats, variance: Floats, confidence: float) -> tuple[Counts, Counts]:
    """Credible intervals: bounds (zones,) that cover each true total with ``confidence``.

    ``totals`` and ``variance`` (zones,): posterior mean and variance. Widened to integers.
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
