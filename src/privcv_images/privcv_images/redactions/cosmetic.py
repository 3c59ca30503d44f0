# SPDX-License-Identifier: Apache-2.0
"""Blur and mosaic: they look anonymous and are not. Weak.

An attacker who is retrained on blurred or pixelated faces knows people again (Newton, Sweeney,
Malin 2005; McPherson, Shokri, Shmatikov 2016). They are here because people ask for them, and
what is made with them is labelled.
"""

from collections.abc import Sequence

import cv2

from privcv_images.redactions.redaction import FREE, Cost, Region, Strength
from privcv_perception.detection.detector import Frame


class Blur:
    """Gaussian blur, whose standard deviation is ``share`` of a region's shorter side."""

    strength: Strength = "weak"
    cost: Cost = FREE

    def __init__(self, share: float) -> None:
        self._share = share

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Blur each region, of its own pixels only."""
        for region in regions:
            view = region.of(frame)
            sigma = max(self._share * min(region.width, region.height), 1.0)
            view[:] = cv2.GaussianBlur(view, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


class Pixelate:
    """Mosaic of cells of ``cell_px`` px: their mean colours, without noise."""

    strength: Strength = "weak"
    cost: Cost = FREE

    def __init__(self, cell_px: int) -> None:
        self._cell_px = cell_px

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Fill each region with the means of its cells."""
        for region in regions:
            view = region.of(frame)
            grid = (-(-region.width // self._cell_px), -(-region.height // self._cell_px))
            means = cv2.resize(view, grid, interpolation=cv2.INTER_AREA)
            view[:] = cv2.resize(
                means, (region.width, region.height), interpolation=cv2.INTER_NEAREST
            )
