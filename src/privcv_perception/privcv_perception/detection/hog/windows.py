# SPDX-License-Identifier: Apache-2.0
"""Where a person could stand in a frame, and how much each place looks like one.

OpenCV's pedestrian HOG (Dalal and Triggs 2005) is asked only at places whose box, of the size
that a person has there, holds enough foreground. It sees each at the scale it was trained for.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import Frame, HeightPrior
from privcv_perception.frames.buffers import PixelBuffer

ASPECT = 0.42
"""Width of a person's box over its height."""

WINDOW = (64, 128)
PERSON_PX = 96
FEET_PX = 112
"""The detector's window, the height of the person it was trained on, and the row of the feet."""

STRIDE_PX = 4
LEVEL = 1.26
"""Ratio of the heights of two levels: HOG bears half of it in either direction."""

SMALLEST_PX = 32
SMALLEST_MASK_PX = 12
"""People smaller than this, in the frame or in the mask, are beyond the detector."""

LEAST_FILL = 0.2
LEAST_MARGIN = -1.5
"""Share of the box that must be foreground, and the least margin of the SVM, to be considered."""

MOST_RING = 0.3
"""Where sizes are not known: the most foreground around a box, for the size to be right."""

BUDGET_PX = 700_000
"""Pixels that HOG may look at closely in one frame; beyond it looks at a coarser grid."""


@dataclass(frozen=True)
class Windows:
    """Places that could be people: ``boxes`` (n, 4) px in the frame, SVM ``margins`` (n,)."""

    boxes: NDArray[np.float32]
    margins: NDArray[np.float32]


@dataclass(frozen=True)
class _Level:
    """Places of one size: a grid of feet, and their boxes in the reduced mask."""

    height_px: float
    columns: NDArray[np.float32]
    rows: NDArray[np.float32]
    possible: NDArray[np.bool_]
    corners: tuple[NDArray[np.intp], ...]
    around: tuple[NDArray[np.intp], ...]


class PedestrianWindows:
    """Looks for people of known or unknown size in frames of one size.

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
        scratch: PixelBuffer,
    ) -> None:
        self._frame_size = frame_size
        self._heights = heights
        self._scratch = scratch
        self._scale = np.array(mask_size, np.float32) / np.array(frame_size, np.float32)
        self._mask_size = mask_size
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())
        self._levels = self._plan(tolerance)

    def find(self, frame: Frame, filled: NDArray[np.int32]) -> Windows:
        """Places in ``frame`` that look like people; ``filled`` is the integral of the mask."""
        crops = []
        for level in self._levels:
            crops += [(level.height_px, feet) for feet in self._promising(level, filled)]
        places, margins, seen_px = [], [], 0.0
        for height, feet in crops:
            scale = PERSON_PX / height
            seen_px += ((feet[2] * scale) + WINDOW[0]) * ((feet[3] * scale) + WINDOW[1])
            stride = STRIDE_PX if seen_px < BUDGET_PX else 2 * STRIDE_PX
            if seen_px > 4 * BUDGET_PX:
                break
            found, margin = self._look(frame, height, feet, stride)
            places.append(found)
            margins.append(margin)
        if not places:
            return Windows(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
        return Windows(self._boxes(np.concatenate(places)), np.concatenate(margins))

    def _plan(self, tolerance: float) -> list[_Level]:
        width, height = self._frame_size
        levels, size = [], max(SMALLEST_PX, SMALLEST_MASK_PX / float(self._scale[1]))
        while size < 1.2 * height:
            step = 2 * STRIDE_PX * size / PERSON_PX
            columns = np.arange(0, width + step, step, dtype=np.float32)
            rows = np.arange(size * 0.5, height + 0.25 * size + step, step, dtype=np.float32)
            x, y = np.meshgrid(columns, rows)
            possible = np.ones(x.shape, bool)
            if self._heights is not None:
                expected = self._heights(np.stack([x.ravel(), y.ravel()], 1)).reshape(x.shape)
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
        self,
        left: NDArray[np.float32],
        top: NDArray[np.float32],
        width: float,
        height: float,
    ) -> tuple[NDArray[np.intp], ...]:
        """Flat indices of the four corners of boxes in the integral image."""
        columns, rows = self._mask_size
        sx, sy = self._scale
        x = [np.clip(np.rint(v * sx), 0, columns).astype(np.intp) for v in (left, left + width)]
        y = [np.clip(np.rint(v * sy), 0, rows).astype(np.intp) for v in (top, top + height)]
        line = columns + 1
        return (y[1] * line + x[1], y[0] * line + x[1], y[1] * line + x[0], y[0] * line + x[0])

    def _promising(
        self, level: _Level, filled: NDArray[np.int32]
    ) -> list[tuple[float, float, float, float]]:
        """Areas of feet (left, top, width, height, px) of one size with enough foreground."""
        flat = filled.reshape(-1)
        area = ASPECT * level.height_px**2 * self._scale[0] * self._scale[1]
        inner = _sums(flat, level.corners)
        good = level.possible & (inner > LEAST_FILL * area)
        if self._heights is None and good.any():
            ring = (_sums(flat, level.around) - inner) / (0.98 * area)
            good &= (ring < MOST_RING) & (inner > 1.5 * LEAST_FILL * area)
        if not good.any():
            return []
        near = cv2.dilate(good.astype(np.uint8), _NEAR)
        count, _, found, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        x, y = level.columns, level.rows
        areas = []
        for column, row, wide, tall, _ in found[1:count]:
            right, bottom = x[column + wide - 1], y[row + tall - 1]
            areas.append((float(x[column]), float(y[row]),
                          float(right - x[column]), float(bottom - y[row])))  # fmt: skip
        return areas

    def _look(
        self, frame: Frame, height: float, feet: tuple[float, float, float, float], stride: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Feet and size (n, 3) of the windows that could be people, and their margins (n,)."""
        scale = PERSON_PX / height
        left, top = feet[0] - WINDOW[0] / 2 / scale, feet[1] - FEET_PX / scale
        size = (WINDOW[0] + round(feet[2] * scale), WINDOW[1] + round(feet[3] * scale))
        crop = self._crop(frame, left, top, scale, size)
        if crop is None:
            return np.zeros((0, 3), np.float32), np.zeros(0, np.float32)
        points, weights = self._hog.detect(crop, LEAST_MARGIN, (stride, stride), (0, 0))
        corner = np.asarray(points, np.float32).reshape(-1, 2)
        x = (corner[:, 0] + WINDOW[0] / 2) / scale + left
        y = (corner[:, 1] + FEET_PX) / scale + top
        places = np.stack([x, y, np.full(len(x), height)], axis=1)
        return places.astype(np.float32), np.asarray(weights, np.float32).reshape(-1)

    def _boxes(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Feet and size of windows, (n, 3), to boxes of the size that a person has there."""
        x, y, tall = places.T
        if self._heights is not None:
            expected = self._heights(places[:, :2])
            expected = np.where(np.isfinite(expected), expected, tall)
            y, tall = y + (expected - tall) / 2, expected
        boxes = np.stack([x - ASPECT * tall / 2, y - tall, ASPECT * tall, tall], axis=1)
        return boxes.astype(np.float32)

    def _crop(
        self, frame: Frame, left: float, top: float, scale: float, size: tuple[int, int]
    ) -> NDArray[np.uint8] | None:
        """Part of the frame at ``scale`` in our scratch memory, edges of the frame repeated."""
        room: NDArray[np.uint8] = self._scratch.array
        if size[0] * size[1] * 3 > len(room):
            return None
        crop = room[: size[0] * size[1] * 3].reshape(size[1], size[0], 3)
        shift = np.array([[1 / scale, 0, left], [0, 1 / scale, top]], np.float32)
        cv2.warpAffine(
            frame, shift, size, dst=crop, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return crop


_NEAR = np.ones((3, 3), np.uint8)


def _sums(flat: NDArray[np.int32], corners: tuple[NDArray[np.intp], ...]) -> NDArray[np.int32]:
    high, right, low, first = corners
    result: NDArray[np.int32] = flat[high] - flat[right] - flat[low] + flat[first]
    return result
