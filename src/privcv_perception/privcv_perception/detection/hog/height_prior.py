# SPDX-License-Identifier: Apache-2.0
"""Height prior: how tall people look at a row of the image, learnt from people seen there.

For a camera that is level from side to side, the height of a person on a flat floor grows in
proportion to the distance of the feet from the horizon: a straight line over the rows.
"""

import numpy as np
from numpy.typing import NDArray

BINS = 24
"""Bands of rows that are averaged for themselves, so that a queue does not outweigh the rest."""

ENOUGH = 25
"""People that must have been seen before the line is trusted."""

SLOPE = 0.3
SLOPE_WEIGHT = 0.003
"""Growth per row before anything is known (a camera some 5 m up), and how firmly."""

FORGET = 60
"""People per band after which older ones fade."""


class LearntHeight:
    """Height prior: height, px, by the row of the feet; unknown until enough people were seen."""

    def __init__(self, image_height_px: int) -> None:
        self._image_height = image_height_px
        self._count = np.zeros(BINS)
        self._row = np.zeros(BINS)
        self._height = np.zeros(BINS)
        self._line = (0.0, 0.0)

    @property
    def known(self) -> bool:
        """Whether enough people were seen."""
        return bool(self._count.sum() >= ENOUGH)

    def add(self, feet_rows: NDArray[np.float32], heights: NDArray[np.float32]) -> None:
        """People seen alone and whole: rows of their feet and heights, shape (n,), px."""
        if not len(heights):
            return
        for row, height in zip(feet_rows, heights, strict=True):
            place = int(np.clip(row / (1.25 * self._image_height) * BINS, 0, BINS - 1))
            self._count[place] = min(self._count[place] + 1, FORGET)
            share = 1 / self._count[place]
            self._row[place] += share * (row - self._row[place])
            self._height[place] += share * (height - self._height[place])
        self._fit()

    def at(self, feet: NDArray[np.float32]) -> NDArray[np.float32]:
        """Feet (n, 2) px to heights (n,) px; NaN at and above the horizon, or if not known."""
        start, slope = self._line
        heights = np.where(self.known, start + slope * feet[:, 1], np.nan)
        return np.where(heights > 0, heights, np.nan).astype(np.float32)

    def _fit(self) -> None:
        weight = np.sqrt(self._count)
        total = weight.sum()
        row, height = (weight @ self._row) / total, (weight @ self._height) / total
        spread = self._row - row
        # Rows are scaled so that the weight of the expected slope fits every image size.
        firm = SLOPE_WEIGHT * total * self._image_height**2
        slope = (weight @ (spread * (self._height - height)) + firm * SLOPE) / (
            weight @ spread**2 + firm
        )
        self._line = (float(height - slope * row), float(slope))
