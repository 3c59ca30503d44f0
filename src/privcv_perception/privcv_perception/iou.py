# SPDX-License-Identifier: Apache-2.0
"""Intersection over union (IoU, Jaccard index) of boxes in an image, for NMS and for tracking."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats

LEAST_AREA_PX2 = 1e-9
"""Divides what shares nothing and covers nothing: the ratio is then 0."""


def iou(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """IoU of every pair, (n, m), of boxes (n, 4) and (m, 4): left, top, width, height, px."""
    a, b = first.T[..., None], second.T[:, None]
    return _over_union(a[:2], a[:2] + a[2:], a[2] * a[3], b[:2], b[:2] + b[2:], b[2] * b[3])


def iou_of_rows(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """IoU row by row, (n,), of boxes (n, 4) and (n, 4): left, top, width, height, px."""
    a, b = first.T, second.T
    return _over_union(a[:2], a[:2] + a[2:], a[2] * a[3], b[:2], b[:2] + b[2:], b[2] * b[3])


def iou_of_edges(first: Floats, second: Floats) -> Floats:
    """IoU of every pair, (n, m), of edges (n, 4) and (m, 4): left, top, right, bottom, px."""
    a, b = first.T[..., None], second.T[:, None]
    size, other_size = a[2:] - a[:2], b[2:] - b[:2]
    area, other_area = size[0] * size[1], other_size[0] * other_size[1]
    return _over_union(a[:2], a[2:], area, b[:2], b[2:], other_area)


def _over_union(
    low: NDArray[Any], high: NDArray[Any], area: NDArray[Any],
    other_low: NDArray[Any], other_high: NDArray[Any], other_area: NDArray[Any],
) -> NDArray[Any]:  # fmt: skip
    """The ratio for corners (2, ...) and areas (...) of any shapes that broadcast."""
    # In C order both axes are planes of their own; numpy would interleave them, as the boxes do.
    common = np.minimum(high, other_high, order="C")
    common -= np.maximum(low, other_low, order="C")
    np.maximum(common, 0, out=common)
    shared = common[0] * common[1]
    ratio: NDArray[Any] = area + other_area
    ratio -= shared
    np.maximum(ratio, LEAST_AREA_PX2, out=ratio)
    np.divide(shared, ratio, out=ratio)
    return ratio
