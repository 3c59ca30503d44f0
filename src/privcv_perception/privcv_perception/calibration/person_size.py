# SPDX-License-Identifier: Apache-2.0
"""What the calibration says of each place in the image: how large a person looks, where it is.

A table made once, because a lookup costs microseconds where a projection costs many more.
"""

import numpy as np

from privcv_perception.arrays import Floats, constant
from privcv_perception.calibration.calibration import Calibration

ADULT_M = 1.74
"""Height of a walking adult as a box around them shows it, shoes and hair included."""

TILTED = 0.5
"""Depth over width of a floor metre in the image, where no calibration tells: a view 30° down."""

CELLS = 192
"""Cells of the table along the longer side of the image."""
SMALLEST_PX = 6
"""A person smaller than this is too far away to be seen."""

LOG_BODY, PER_M, FLOOR = 0, slice(1, 3), slice(3, 9)
"""Columns of the table: log of an adult's height, px; px per metre across and in depth; and the
floor, m, around there as a linear map of pixels: its x and y at pixel 0, 0 (far from the cell,
where they have no meaning), and what a pixel to the right and one further down add to them."""


class PersonSize:
    """Look-up table of person sizes and floor positions by place in the image.

    ``known`` says whether the calibration gives a person's height. Where it does not, a person's
    own height is all there is, and the table's is 1 px everywhere. ``image_px``: longer side, px.
    """

    def __init__(self, calibration: Calibration, image_size: tuple[int, int]) -> None:
        width, height = image_size
        margin = max(image_size) / 3
        step = max(image_size) / CELLS
        self.image_px = constant(max(image_size))
        self._margin, self._cells_per_px = constant(margin), constant(1 / step)
        self._first = constant(0.0)
        x = np.arange(-margin, width + margin + step, step)
        y = np.arange(-margin, height + margin + step, step)
        feet = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        self._last = np.array((len(x) - 1.0, len(y) - 1.0))
        self._row = np.array((1.0, len(x)))
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
            across, along = right - left, below - above
            origin = floor - across * feet[:, :1] - along * feet[:, 1:]
            table = np.column_stack((np.log(body), per_m, origin, across, along))
            usable = np.isfinite(table).all(axis=1) & (body < 4 * height)
            usable &= (body >= SMALLEST_PX) | (not self.known)
        table[~usable] = np.nan
        self._table = table

    def at(self, feet_px: Floats) -> Floats:
        """The table's row for each of (n, 2) ``feet_px``: (n, 9), see the columns above.

        NaN where nobody can stand or be seen; a place far outside the image counts as its edge.
        """
        place = feet_px + self._margin
        place *= self._cells_per_px
        np.maximum(place, self._first, out=place)
        np.minimum(place, self._last, out=place)
        # Column and row of the nearest cell.
        cell = np.rint(place, out=place) @ self._row
        found: Floats = self._table.take(cell.astype(np.intp), axis=0)
        return found

    def on_floor(self, feet_px: Floats, speed_px: Floats, found: Floats) -> tuple[Floats, Floats]:
        """(n, 2) m and (n, 2) m/s of feet, px, with speeds, px/s; ``found``: (n, 9) from ``at``."""
        moving = np.zeros((len(feet_px), 2, 3))
        moving[:, 0, 0] = 1.0
        moving[:, 0, 1:], moving[:, 1, 1:] = feet_px, speed_px
        moving = moving @ found[:, FLOOR].reshape(-1, 3, 2)
        return moving[:, 0], moving[:, 1]

    def px_per_m(self, found: Floats, height_px: Floats) -> Floats:
        """(n, 2) pixels per metre across and in depth, for ``found`` and heights (n,), px."""
        if self.metric:
            return found[:, PER_M]
        per_m = np.empty((len(found), 2))
        per_m[:, 0] = height_px / ADULT_M
        per_m[:, 1] = per_m[:, 0] * TILTED
        return per_m
