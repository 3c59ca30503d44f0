# SPDX-License-Identifier: Apache-2.0
"""How large a person looks at a place in the image, and how many pixels a metre spans there."""

import numpy as np

from privcv_perception.calibration import Calibration
from privcv_perception.lens import Floats

ADULT_M = 1.74
"""Height of a walking adult as a box around them shows it, shoes and hair included."""

TILTED = 0.5
"""Depth over width of a floor metre in the image, where no calibration tells: a view 30° down."""

STEP_PX = 4
SMALLEST_PX = 6
"""A person smaller than this is too far away to be seen."""


class PersonSize:
    """Sizes by place, from a table made once: a lookup costs microseconds, a projection more.

    ``known`` says whether the calibration gives a person's height. Where it does not, a person's
    own height is all there is, and ``height_px`` is 1 everywhere.
    """

    def __init__(self, calibration: Calibration, image_size: tuple[int, int]) -> None:
        width, height = image_size
        self._margin = max(image_size) / 3
        x = np.arange(-self._margin, width + self._margin + STEP_PX, STEP_PX)
        y = np.arange(-self._margin, height + self._margin + STEP_PX, STEP_PX)
        feet = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        body = calibration.person_box(feet, ADULT_M)[:, 1]
        self._last = np.array((len(x) - 1, len(y) - 1))
        self._row = len(x)
        self.metric = calibration.metric
        self.known = bool(np.isfinite(body).any())
        floor = calibration.to_floor(feet)
        across = np.hypot(*(calibration.to_floor(feet + (1, 0)) - floor).T)
        along = np.hypot(*(calibration.to_floor(feet + (0, 1)) - floor).T)
        if not self.known:
            body = np.ones(len(feet))
        with np.errstate(divide="ignore", invalid="ignore"):
            table = np.column_stack((body, 1 / across, 1 / along))
            usable = np.isfinite(table).all(axis=1) & (body < 4 * height)
            usable &= (body >= SMALLEST_PX) | (not self.known)
        table[~usable] = np.nan
        self._table = table

    def at(self, feet_px: Floats) -> Floats:
        """(n, 2) feet to (n, 3): an adult's height, px, and px per metre across and in depth.

        NaN where nobody can stand or be seen.
        """
        cell = ((feet_px + self._margin) * (1 / STEP_PX) + 0.5).astype(np.intp)
        cell = np.minimum(np.maximum(cell, 0), self._last)
        found: Floats = self._table[cell[:, 1] * self._row + cell[:, 0]]
        return found

    def px_per_m(self, found: Floats, height_px: Floats) -> Floats:
        """(n, 2) pixels per metre across and in depth, for what ``at`` found and heights, px."""
        if self.metric:
            return found[:, 1:]
        per_m = height_px / ADULT_M
        return np.column_stack((per_m, per_m * TILTED))
