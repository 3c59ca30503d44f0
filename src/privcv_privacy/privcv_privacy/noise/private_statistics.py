# SPDX-License-Identifier: Apache-2.0
"""Private histogram and private mean, for users of the library; the graph releases neither.

Each call pays its epsilon anew: nothing here keeps a budget.
"""

import math
from collections.abc import Sequence

import numpy as np

from privcv_privacy.errors import PrivacyError
from privcv_privacy.noise.mechanisms import Counts, Laplace


def private_histogram(values: Sequence[int], bins: int, epsilon: float) -> Counts:
    """Noisy number of ``values`` in each of the bins 0..``bins`` - 1.

    Unit: one value, added or removed. Sensitivity: L1, 1 (a value is in one bin). Privacy: pure
    ``epsilon``. Negative counts are cut to 0, which is free (post-processing).

    Source: Dwork and Roth 2014, example 3.2 and proposition 2.1; noise as ``Laplace``.
    """
    data = np.asarray(values, dtype=np.int64)
    if bins < 1:
        raise PrivacyError("bins must be at least 1")
    if data.size and (data.min() < 0 or data.max() >= bins):
        raise PrivacyError(f"values must be bins between 0 and {bins - 1}")
    counts = np.bincount(data, minlength=bins).astype(np.int64)
    return np.maximum(Laplace(epsilon).release(counts), 0)


def private_mean(values: Sequence[float], low: float, high: float, epsilon: float) -> float:
    """Noisy mean of ``values``, each clamped to ``low``..``high``; their number is noised too.

    Unit: one value, added or removed. Sensitivity: 1 for the number and, on a grid of 1/1000 of
    half the range, 1000 steps for the sum of deviations from the middle; each takes half of
    ``epsilon``. Privacy: pure ``epsilon``. The result is clamped to the range, which is free.

    Source: Li, Lyu, Su, Yang, Differential Privacy: From Theory to Practice, 2016, section 2.5
    (noisy average through centred sum and count).
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise PrivacyError("low must be below high, both finite")
    middle, half = (low + high) / 2, (high - low) / 2
    data = np.asarray(values, dtype=float)
    if np.isnan(data).any():
        raise PrivacyError("values must be numbers, not NaN")
    steps = np.rint((np.clip(data, low, high) - middle) / half * 1000).astype(np.int64)
    number = int(Laplace(epsilon / 2).release(np.array([len(data)]))[0])
    total = int(Laplace(epsilon / 2, votes=1000).release(np.array([steps.sum()]))[0])
    return float(np.clip(middle + half * total / 1000 / max(number, 1), low, high))
