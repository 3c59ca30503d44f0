# SPDX-License-Identifier: Apache-2.0
"""Cameras straight overhead see people from above, whom detectors of people from the side miss."""

import logging

import numpy as np

from privcv_perception.calibration.calibration import (
    PERSON_HEIGHT_M,
    Calibration,
    PlaneCalibration,
    ScaledCalibration,
    length,
)
from privcv_perception.errors import CalibrationError

LEAST_UPRIGHT = 0.4
"""Share of the image in which people must stand upright, the head above the feet."""

LEAST_TALL = 1.0
"""Who looks less tall than this, in widths, is seen from above."""

STEEPEST = 0.7
"""Cosine between the way from the feet to the head and straight up in the image."""

_log = logging.getLogger(__name__)


def refuse_overhead(calibration: Calibration | None, image_size: tuple[int, int]) -> None:
    """Raise ``CalibrationError`` where most of the image of (width, height) px is seen from above.

    A calibration that says so without a person's height (``kind: scale``) is warned of only: some
    use it for what is nearly flat in the picture.
    """
    if calibration is None:
        return
    inner = calibration.inner if isinstance(calibration, ScaledCalibration) else calibration
    if isinstance(inner, PlaneCalibration) and inner.metric and not inner.upright:
        _log.warning(
            "calibration.kind: scale is for a camera that looks straight down, where the detectors "
            "'builtin' and 'onnx' may find nobody: they know people from the side"
        )
    upright = upright_share(calibration, image_size)
    if upright is not None and upright < LEAST_UPRIGHT:
        raise CalibrationError(
            f"calibration: people stand upright in {upright:.0%} of this image only (at least "
            f"{LEAST_UPRIGHT:.0%}): the camera sees them from above, and the detectors 'builtin' "
            "and 'onnx' know people from the side; tilt it up, correct the marks, or name the "
            "detector of an installed package that is made for it"
        )


def upright_share(calibration: Calibration, image_size: tuple[int, int]) -> float | None:
    """Share of the places on the floor in the image at which a person is seen from the side, their
    head above their feet; None where the calibration does not know a person's height."""
    width, height = image_size
    x, y = np.meshgrid(np.linspace(0, width, 17), np.linspace(0, height, 17))
    feet = np.column_stack((x.ravel(), y.ravel()))
    sizes = calibration.person_box(feet)
    head = calibration.to_image(calibration.to_floor(feet), PERSON_HEIGHT_M)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(sizes).all(axis=1) & np.isfinite(head).all(axis=1)
        tall = length(head - feet)
        upright = (tall > LEAST_TALL * sizes[:, 0]) & (feet[:, 1] - head[:, 1] > STEEPEST * tall)
    return float(upright[known].mean()) if known.any() else None
