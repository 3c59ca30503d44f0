# SPDX-License-Identifier: Apache-2.0
"""Draw a calibration: a grid of metres on the floor, over a picture of the empty scene."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.errors import CalibrationError

LINE, AXIS_X, AXIS_Y, POINT = (255, 255, 255), (60, 60, 255), (60, 220, 60), (0, 200, 255)
"""Colours, BGR: grid, the axes x and y, measured points."""


def draw_floor(
    picture: NDArray[np.uint8], calibration: Calibration, points_px: Floats, points_m: Floats
) -> tuple[NDArray[np.uint8], float]:
    """A copy of ``picture`` with the floor's grid, axes and measured points, and the step, m.

    ``points_px``, ``points_m``: (n, 2) measured points; a line leads from where each was seen to
    where the calibration puts it.
    """
    drawn = picture.copy()
    low, high = visible_floor(calibration, (picture.shape[1], picture.shape[0]))
    step_m = _round_step(float((high - low).max()) / 20)
    for axis in (0, 1):
        other = 1 - axis
        for value in np.arange(math.ceil(low[axis] / step_m), high[axis] / step_m) * step_m:
            line = np.empty((200, 2))
            line[:, axis] = value
            line[:, other] = np.linspace(low[other], high[other], len(line))
            is_axis = abs(value) < step_m / 2
            colour = (AXIS_Y if axis == 0 else AXIS_X) if is_axis else LINE
            _polyline(drawn, calibration.to_image(line), colour, 2 if is_axis else 1)
    expected = calibration.to_image(points_m) if len(points_m) else np.zeros((0, 2))
    for seen, meant in zip(points_px, expected, strict=True):
        at = (round(float(seen[0])), round(float(seen[1])))
        cv2.circle(drawn, at, 4, POINT, 2)
        if np.isfinite(meant).all():
            cv2.line(drawn, at, (round(float(meant[0])), round(float(meant[1]))), POINT, 2)
    return drawn, step_m


def visible_floor(calibration: Calibration, image_size: tuple[int, int]) -> tuple[Floats, Floats]:
    """The least and the greatest x, y, m, of the floor in the image, as far as people can be seen.

    Places where a person would be lower than 1/25 of the image are too far away. Raises
    ``CalibrationError`` where there is none.
    """
    width, height = image_size
    x, y = np.meshgrid(np.linspace(0, width, 49), np.linspace(0, height, 49))
    feet = np.column_stack((x.ravel(), y.ravel()))
    floor = calibration.to_floor(feet)
    body = calibration.person_box(feet)[:, 1]
    near = np.isfinite(floor).all(axis=1)
    if np.isfinite(body).any():
        near &= (body > height / 25) & (body < 4 * height)
    if not near.any():
        raise CalibrationError(
            "calibration: no floor on which a person could be seen is in the image; check the pose "
            "or the floor points, and that lengths are in metres"
        )
    return floor[near].min(axis=0), floor[near].max(axis=0)


def _round_step(step_m: float) -> float:
    """1, 2 or 5 times a power of ten, at least ``step_m``."""
    power = 10.0 ** math.floor(math.log10(max(step_m, 1e-6)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step_m)


def _polyline(
    drawn: NDArray[np.uint8], pixels: Floats, colour: tuple[int, int, int], thickness: int
) -> None:
    limit = 4 * max(drawn.shape)
    inside = np.isfinite(pixels).all(axis=1) & (np.abs(pixels).max(axis=1) < limit)
    for start in np.flatnonzero(inside[:-1] & inside[1:]):
        a, b = np.rint(pixels[start : start + 2]).astype(int).tolist()
        cv2.line(drawn, a, b, colour, thickness, cv2.LINE_AA)
