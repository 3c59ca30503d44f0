# SPDX-License-Identifier: Apache-2.0
"""What the calibration says about each place in the image: how large a person looks, and where it is.

A table made once, because a lookup costs microseconds where a projection costs many more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privcv_perception.calibration import Calibration
from privcv_perception.lens import Floats

ADULT_M = 1.74
"""Height of a walking adult as a box around them shows it, shoes and hair included."""

TILTED = 0.5
"""Depth over width of a floor metre in the image, where no calibration tells: a view 30° down."""

CELLS = 192
"""Cells of the table along the longer side of the image."""
SMALLEST_PX = 6
"""A person smaller than this is too far away to be seen."""

LOG_BODY, PER_M, FLOOR, PER_PX_X, PER_PX_Y = 0, slice(1, 3), slice(3, 5), slice(5, 7), slice(7, 9)
"""Columns of the table: log of an adult's height, px; px per metre across and in depth; the floor
at the cell's middle, m; and what a pixel to the right and one further down add to it, m."""


@dataclass(frozen=True)
class Places:
    """What is known of n places, from ``PersonSize.at``. NaN where nobody can stand or be seen."""

    found: Floats
    """(n, 9) see the columns above."""
    offset_px: Floats
    """(n, 2) from the middle of the cell."""

    def floor_m(self) -> Floats:
        """(n, 2) m, linear within a cell."""
        return self.found[:, FLOOR] + self.moved_m(self.offset_px)

    def moved_m(self, way_px: Floats) -> Floats:
        """(n, 2) m on the floor for (n, 2) px from here; for px/s it gives m/s."""
        return self.found[:, PER_PX_X] * way_px[:, :1] + self.found[:, PER_PX_Y] * way_px[:, 1:]


class PersonSize:
    """Sizes and floor positions by place.

    ``known`` says whether the calibration gives a person's height. Where it does not, a person's
    own height is all there is, and the table's is 1 px everywhere.
    """

    def __init__(self, calibration: Calibration, image_size: tuple[int, int]) -> None:
        width, height = image_size
        self._margin = max(image_size) / 3
        self._step = max(image_size) / CELLS
        x = np.arange(-self._margin, width + self._margin + self._step, self._step)
        y = np.arange(-self._margin, height + self._margin + self._step, self._step)
        feet = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        self._last = np.array((len(x) - 1, len(y) - 1))
        self._row = np.array((1, len(x)))
        self.metric = calibration.metric
        body = calibration.person_box(feet, ADULT_M)[:, 1]
        self.known = bool(np.isfinite(body).any())
        if not self.known:
            body = np.ones(len(feet))
        half = 0.5
        floor = calibration.to_floor(feet)
        right, left, below, above = (
            calibration.to_floor(feet + way)
            for way in ((half, 0), (-half, 0), (0, half), (0, -half))
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            per_m = 1 / np.column_stack((np.hypot(*(right - left).T), np.hypot(*(below - above).T)))
            table = np.column_stack((np.log(body), per_m, floor, right - left, below - above))
            usable = np.isfinite(table).all(axis=1) & (body < 4 * height)
            usable &= (body >= SMALLEST_PX) | (not self.known)
        table[~usable] = np.nan
        self._table: NDArray[np.float32] = table.astype(np.float32)

    def at(self, feet_px: Floats) -> Places:
        """What is known of (n, 2) ``feet_px``; a place far outside the image counts as its edge."""
        place = (feet_px + self._margin) / self._step
        cell = np.rint(np.minimum(np.maximum(place, 0), self._last)).astype(np.intp)
        return Places(
            self._table[cell @ self._row].astype(np.float64), (place - cell) * self._step
        )

    def px_per_m(self, found: Floats, height_px: Floats) -> Floats:
        """(n, 2) pixels per metre across and in depth, for ``found`` and heights (n,), px."""
        if self.metric:
            return found[:, PER_M]
        per_m = np.empty((len(found), 2))
        per_m[:, 0] = height_px / ADULT_M
        per_m[:, 1] = per_m[:, 0] * TILTED
        return per_m
