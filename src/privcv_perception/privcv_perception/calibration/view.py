# SPDX-License-Identifier: Apache-2.0
"""What of the floor a camera sees: places that are in front of it and within its image."""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats
from privcv_perception.calibration.calibration import (
    Calibration,
    CameraCalibration,
    PlaneCalibration,
    ScaledCalibration,
)

LOWEST_PERSON = 60
"""Where a person would be lower than this part of the image, nobody is found: near the horizon."""


def in_view(
    calibration: Calibration, floor_m: Floats, image_size: tuple[int, int]
) -> NDArray[np.bool_]:
    """(n,) whether a person at each place (n, 2), m, is in an image of (width, height) px."""
    pixels = calibration.to_image(floor_m)
    with np.errstate(invalid="ignore"):
        seen = ((pixels >= 0) & (pixels <= image_size)).all(axis=1)
        body = calibration.person_box(pixels)[:, 1]
        seen &= ~(body < image_size[1] / LOWEST_PERSON)  # NaN: the calibration does not tell
    if isinstance(calibration, ScaledCalibration):
        scale = np.array((calibration.scale_x, calibration.scale_y))
        calibration, image_size = calibration.inner, tuple(image_size / scale)
    if isinstance(calibration, PlaneCalibration):
        seen &= _in_front(calibration.floor_to_image, floor_m, image_size)
    result: NDArray[np.bool_] = seen
    return result


def position_of(calibration: Calibration) -> Floats | None:
    """(3,) where the camera is, m, height last; None where the calibration does not tell."""
    if isinstance(calibration, ScaledCalibration):
        calibration = calibration.inner
    if isinstance(calibration, PlaneCalibration):
        return calibration.camera.position_m if calibration.camera is not None else None
    return calibration.position_m if isinstance(calibration, CameraCalibration) else None


def _in_front(matrix: Floats, floor_m: Floats, image_size: tuple[int, int]) -> NDArray[np.bool_]:
    """A homography also takes what is behind the camera to pixels: above the horizon.

    In front is the side on which the middle of the image's lower edge lies.
    """
    depth = np.column_stack((floor_m, np.ones(len(floor_m)))) @ matrix[2]
    nearest = np.linalg.solve(matrix, np.array((image_size[0] / 2, image_size[1], 1.0)))
    front: NDArray[np.bool_] = depth * nearest[2] > 0
    return front
