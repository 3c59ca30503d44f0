# SPDX-License-Identifier: Apache-2.0
"""What one image says of a camera's view: light, contrast, sharpness, likeness to a reference.

Each figure is over the whole image, so that people in a part of it move it little. No pixel is kept
but in the caller's buffers.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SMALL = (64, 48)
"""(width, height) of the grey copy that is compared, px."""

ROW_STEP = 8
"""Sharpness is measured along every so-manieth row at full resolution."""

TILES = (4, 4)
"""Rows and columns of tiles in which the outlines of two images are compared."""

TEXTURED = 2.0
"""Least standard deviation of a tile's gradients in the reference for it to be compared."""


@dataclass(frozen=True)
class ViewFeatures:
    """Features of one image. ``light``: mean grey, 0..255; ``contrast``: its standard deviation.

    ``sharpness``: mean absolute second difference along rows, grey levels.
    """

    light: float
    contrast: float
    sharpness: float


def view_features(
    frame: NDArray[np.uint8], small: NDArray[np.uint8], rows: NDArray[np.uint8]
) -> ViewFeatures:
    """Features of ``frame``, (height, width, 3) BGR; writes its grey copy, (48, 64), to ``small``.

    ``rows``: scratch, (ceil(height / ROW_STEP), width).
    """
    cv2.cvtColor(np.ascontiguousarray(frame[::ROW_STEP]), cv2.COLOR_BGR2GRAY, dst=rows)
    # Made small first: no second picture of the whole frame is made, even for a moment.
    cv2.cvtColor(cv2.resize(frame, SMALL, interpolation=_AREA), cv2.COLOR_BGR2GRAY, dst=small)
    lines = rows.astype(np.int16)
    bends = np.abs(lines[:, 2:] - 2 * lines[:, 1:-1] + lines[:, :-2])
    return ViewFeatures(float(small.mean()), float(small.std()), float(bends.mean()))


def likeness(small: NDArray[np.uint8], reference: NDArray[np.float32]) -> float:
    """Share of the textured tiles of ``reference`` whose outlines ``small`` has too, 0..1.

    1 where the reference has no texture: nothing can be told.
    """
    now, then = _gradients(small.astype(np.float32)), _gradients(reference)
    alike = textured = 0
    for a, b in zip(_tiles(now), _tiles(then), strict=True):
        if b.std() < TEXTURED:
            continue
        textured += 1
        spread = float(a.std() * b.std())
        shared = float(((a - a.mean()) * (b - b.mean())).mean())
        alike += spread > 0 and shared > ALIKE * spread
    return alike / textured if textured else 1.0


ALIKE = 0.4
"""Correlation of gradients from which a tile shows the same."""

_AREA = cv2.INTER_AREA


def _gradients(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Signed differences to the right and down, (h, w, 2)."""
    result: NDArray[np.float32] = np.zeros((*image.shape, 2), np.float32)
    result[:, :-1, 0] = image[:, 1:] - image[:, :-1]
    result[:-1, :, 1] = image[1:] - image[:-1]
    return result


def _tiles(image: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    rows = np.array_split(image, TILES[0], axis=0)
    return [tile for row in rows for tile in np.array_split(row, TILES[1], axis=1)]
