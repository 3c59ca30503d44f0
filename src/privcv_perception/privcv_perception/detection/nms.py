# SPDX-License-Identifier: Apache-2.0
"""Non-maximum suppression (NMS): one box per person."""

import numpy as np
from numpy.typing import NDArray

MOST_BOXES = 400
"""More boxes than this are cut to the best ones: bounds the time of a hostile output."""


def non_maximum_suppression(
    shared: NDArray[np.float32], scores: NDArray[np.float32], most_iou: float
) -> NDArray[np.intp]:
    """Greedy NMS: rows to keep, best score first; each overlaps every better kept row by at most
    ``most_iou``.

    ``shared``: (n, n) IoU of every pair; ``scores``: (n,).
    """
    order = best_first(scores)
    if len(order) < 2:
        return order
    covers = shared[order[:, None], order] > most_iou
    covered = np.zeros(len(order), bool)
    kept: list[int] = []
    for row, others in enumerate(covers):
        if not covered[row]:
            kept.append(row)
            covered |= others
    return order[kept]


def best_first(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows of ``scores``, (n,), from the highest score down; the best ``MOST_BOXES`` only."""
    return (-scores).argsort(kind="stable")[:MOST_BOXES]
