# SPDX-License-Identifier: Apache-2.0
"""Integral image (summed-area table, Viola & Jones 2001): sums over many boxes in four look-ups."""

import numpy as np
from numpy.typing import NDArray

Corners = tuple[NDArray[np.intp], ...]
"""Flat indices in an integral image: of the corners right below, right above, left below, left
above of every box."""


def box_corners(
    x: tuple[NDArray[np.floating], NDArray[np.floating]],
    y: tuple[NDArray[np.floating], NDArray[np.floating]],
    size: tuple[int, int],
) -> Corners:
    """Corners of boxes, any shape, from ``x[0]``, ``y[0]`` to ``x[1]``, ``y[1]``, px, cut at the
    image.

    ``size``: (width, height) of the image, px; its integral has a row and a column more.
    """
    width, height = size
    left, right = (np.clip(np.rint(edge), 0, width).astype(np.intp) for edge in x)
    top, bottom = (np.clip(np.rint(edge), 0, height).astype(np.intp) * (width + 1) for edge in y)
    return bottom + right, top + right, bottom + left, top + left


def box_sums(integral: NDArray[np.int32], corners: Corners) -> NDArray[np.int32]:
    """The sum over each box; ``integral``: that of the image, flat."""
    right_below, right_above, left_below, left_above = corners
    sums: NDArray[np.int32] = (
        integral[right_below] - integral[right_above] - integral[left_below] + integral[left_above]
    )
    return sums
