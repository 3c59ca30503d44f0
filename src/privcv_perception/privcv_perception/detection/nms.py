# SPDX-License-Identifier: Apache-2.0
"""Overlap of boxes, and non-maximum suppression: one box per person."""

import numpy as np
from numpy.typing import NDArray

MOST_CANDIDATES = 400
"""More candidates than this are cut to the best ones: bounds the time of a hostile output."""


def overlap(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of every pair, shape (n, m); boxes are left, top, width, height."""
    shared = intersection(first, second)
    area = (first[:, 2] * first[:, 3])[:, None] + (second[:, 2] * second[:, 3])[None, :]
    either = np.maximum(area - shared, np.float32(1e-9))
    return np.divide(shared, either, dtype=np.float32)


def intersection(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Area shared by every pair of boxes, px², shape (n, m)."""
    width = _shared_length(first[:, 0], first[:, 2], second[:, 0], second[:, 2])
    height = _shared_length(first[:, 1], first[:, 3], second[:, 1], second[:, 3])
    width *= height
    return width


def overlap_of_pairs(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Intersection over union row by row, shape (n,)."""
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    both = first[:, 2] * first[:, 3] + second[:, 2] * second[:, 3] - shared
    result: NDArray[np.float32] = shared / np.maximum(both, 1e-9)
    return result


def suppress(
    shared: NDArray[np.float32], scores: NDArray[np.float32], iou: float
) -> NDArray[np.intp]:
    """Rows to keep, best score first: each overlaps every better kept row by at most ``iou``.

    ``shared``: the overlap of every pair, shape (n, n).
    """
    order = best_first(scores)
    if len(order) < 2:
        return order
    covers = shared[order[:, None], order] > iou
    covered = np.zeros(len(order), bool)
    kept: list[int] = []
    for row, others in enumerate(covers):
        if not covered[row]:
            kept.append(row)
            covered |= others
    return order[kept]


def best_first(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Rows in order of their scores; the best ``MOST_CANDIDATES`` only."""
    return (-scores).argsort(kind="stable")[:MOST_CANDIDATES]


def _shared_length(
    low: NDArray[np.float32],
    length: NDArray[np.float32],
    other_low: NDArray[np.float32],
    other_length: NDArray[np.float32],
) -> NDArray[np.float32]:
    shared = np.minimum((low + length)[:, None], (other_low + other_length)[None, :])
    shared -= np.maximum(low[:, None], other_low[None, :])
    result: NDArray[np.float32] = np.maximum(shared, 0, out=shared)
    return result
