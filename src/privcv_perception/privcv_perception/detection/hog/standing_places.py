# SPDX-License-Identifier: Apache-2.0
"""Standing places: a pyramid of grids of feet, and where in it enough foreground stands out.

Each level has people of one height; a calibrated camera has each place on few levels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import HeightPrior
from privcv_perception.detection.hog.integral import Corners, box_corners, box_sums

ASPECT = 0.42
"""Width of a person's box over its height."""

LEVEL = 1.26
"""Ratio of the heights of two levels: HOG bears half of it in either direction."""

PERSON_PX = 96
STEP_PX = 8
"""Height of the person that HOG was trained on, and at that height the distance of two places."""

SMALLEST_PX = 32
SMALLEST_MASK_PX = 12
"""People smaller than this, in the frame or in the mask, are beyond the detector."""

LEAST_FILL = 0.2
"""Share of the box that must be foreground for a place to be considered."""

MOST_RING = 0.3
"""Where sizes are not known: the most foreground around a box, for the size to be right."""


@dataclass(frozen=True)
class FeetArea:
    """An area of the frame in which people ``person_px`` high could have their feet; all in px."""

    person_px: float
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class _Level:
    """Places of one size: a grid of feet, and their boxes in the reduced mask."""

    person_px: float
    columns: NDArray[np.float32]
    rows: NDArray[np.float32]
    possible: NDArray[np.bool_]
    corners: Corners
    around: Corners


class StandingPlaces:
    """Standing places: where people of known or unknown size could stand in frames of one size.

    ``heights`` maps feet (n, 2) px to heights (n,) px, or is None where sizes are not known yet:
    then every size is tried. ``tolerance``: how far a person may be from the expected height, as
    a ratio. ``mask_size``: (width, height) of the foreground masks.
    """

    def __init__(
        self,
        frame_size: tuple[int, int],
        mask_size: tuple[int, int],
        heights: HeightPrior | None,
        tolerance: float,
    ) -> None:
        self._frame_size = frame_size
        self._mask_size = mask_size
        self.heights = heights
        self._scale = np.array(mask_size, np.float32) / np.array(frame_size, np.float32)
        self._levels = self._plan(tolerance)

    def with_foreground(self, filled: NDArray[np.int32]) -> list[FeetArea]:
        """Areas with enough foreground, from small people to large ones.

        ``filled``: (h + 1, w + 1) integral of the mask of foreground, 0 or 1, of size (w, h).
        """
        flat = filled.reshape(-1)
        return [area for level in self._levels for area in self._areas(level, flat)]

    def _plan(self, tolerance: float) -> list[_Level]:
        width, height = self._frame_size
        levels, size = [], max(SMALLEST_PX, SMALLEST_MASK_PX / float(self._scale[1]))
        while size < 1.2 * height:
            step = STEP_PX * size / PERSON_PX
            columns = np.arange(0, width + step, step, dtype=np.float32)
            rows = np.arange(size * 0.5, height + 0.25 * size + step, step, dtype=np.float32)
            x, y = np.meshgrid(columns, rows)
            possible = np.ones(x.shape, bool)
            if self.heights is not None:
                expected = self.heights(np.stack([x.ravel(), y.ravel()], 1)).reshape(x.shape)
                with np.errstate(invalid="ignore"):
                    ratio = expected / size
                    possible = (ratio > 1 / tolerance) & (ratio < tolerance)
            if possible.any():
                box = (x - ASPECT * size / 2, y - size, ASPECT * size, size)
                wide = (x - 0.8 * ASPECT * size, y - 1.12 * size, 1.6 * ASPECT * size, 1.24 * size)
                levels.append(
                    _Level(size, columns, rows, possible, self._corners(*box), self._corners(*wide))
                )
            size *= LEVEL
        return levels

    def _corners(
        self, left: NDArray[np.float32], top: NDArray[np.float32], width: float, height: float
    ) -> Corners:
        """Corners in the integral of the mask, of boxes in the frame, px."""
        sx, sy = self._scale
        x, y = (left * sx, (left + width) * sx), (top * sy, (top + height) * sy)
        return box_corners(x, y, self._mask_size)

    def _areas(self, level: _Level, flat: NDArray[np.int32]) -> list[FeetArea]:
        """The connected places of one level with enough foreground; ``flat``: the integral."""
        area = ASPECT * level.person_px**2 * self._scale[0] * self._scale[1]
        inner = box_sums(flat, level.corners)
        good = level.possible & (inner > LEAST_FILL * area)
        if self.heights is None and good.any():
            ring = (box_sums(flat, level.around) - inner) / (0.98 * area)
            good &= (ring < MOST_RING) & (inner > 1.5 * LEAST_FILL * area)
        if not good.any():
            return []
        near = cv2.dilate(good.astype(np.uint8), _NEAR)
        count, _, found, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        x, y = level.columns, level.rows
        areas = []
        for column, row, wide, tall, _ in found[1:count]:
            right, bottom = x[column + wide - 1], y[row + tall - 1]
            areas.append(FeetArea(level.person_px, float(x[column]), float(y[row]),
                                  float(right - x[column]), float(bottom - y[row])))  # fmt: skip
        return areas


_NEAR = np.ones((3, 3), np.uint8)
