# SPDX-License-Identifier: Apache-2.0
"""Building a calibration from its settings: marks on the floor, a pose, or a Tsai file."""

import numpy as np

from privcv_perception.arrays import Floats
from privcv_perception.calibration.calibration import (
    Calibration,
    CameraCalibration,
    PlaneCalibration,
    ScaledCalibration,
    length,
    project,
)
from privcv_perception.calibration.homography import camera_of, fit_homography
from privcv_perception.calibration.lens import BrownLens
from privcv_perception.calibration.marks import check_marks
from privcv_perception.calibration.settings import MINIMAL_POINTS, CalibrationSettings
from privcv_perception.calibration.tsai import read_tsai
from privcv_perception.errors import CalibrationError


def build_calibration(settings: CalibrationSettings, image_size: tuple[int, int]) -> Calibration:
    """The map that ``settings`` describe, for a video of ``image_size`` (width, height), px.

    Raises ``CalibrationError`` naming the setting where points do not fit, or cannot be what was
    meant, see ``check_marks``.
    """
    made_for = settings.image_size_px(image_size)
    check_marks(settings, None)
    calibration = _build(settings, made_for)
    error = reprojection_px(settings, calibration)
    spread = float(np.sqrt((error**2).mean())) if len(error) else 0.0
    if not spread <= settings.max_error_px:
        suspect = _suspect(settings, error)
        raise CalibrationError(
            f"calibration.points_px: the floor points miss by {spread:.1f} px (root mean square; "
            f"{settings.max_error_px:g} allowed), most likely for point {suspect + 1} of "
            f"{len(error)}: measure it again, or raise max_error_px"
        )
    if made_for == image_size:
        return calibration
    scale_x, scale_y = image_size[0] / made_for[0], image_size[1] / made_for[1]
    return ScaledCalibration(calibration, scale_x, scale_y)


def checked_calibration(settings: CalibrationSettings, image_size: tuple[int, int]) -> Calibration:
    """``build_calibration`` for marks that somebody made in a picture of a real camera.

    Whatever takes a calibration from a user calls this. Raises ``CalibrationError`` also where a
    mark is outside the image, or the camera would hang where none does.
    """
    check_marks(settings, settings.image_size_px(image_size))
    return build_calibration(settings, image_size)


def reprojection_px(settings: CalibrationSettings, calibration: Calibration) -> Floats:
    """(n,) distance, px, of each of the settings' floor points from where it should be seen."""
    seen, floor = settings.floor_points()
    if isinstance(calibration, ScaledCalibration):
        calibration = calibration.inner
    return length(calibration.to_image(floor) - seen)


def _suspect(settings: CalibrationSettings, error: Floats) -> int:
    """Index of the point that is most likely wrong.

    A homography bends towards a wrong point, so that others miss by more: it is the one without
    which the rest fit best. With fewer than six points the rest always fit.
    """
    seen, floor = settings.floor_points()
    if settings.kind != "homography" or len(seen) < MINIMAL_POINTS + 2:
        return int(np.argmax(np.where(np.isfinite(error), error, np.inf)))
    rest = []
    for index in range(len(seen)):
        others = np.delete(np.arange(len(seen)), index)
        fitted = fit_homography(floor[others], seen[others])
        miss = project(fitted, floor[others]) - seen[others]
        rest.append(float((miss**2).sum()))
    return int(np.argmin(rest))


def _build(settings: CalibrationSettings, size: tuple[int, int]) -> Calibration:
    if settings.kind == "homography":
        return _from_points(settings, size)
    if settings.kind == "pinhole":
        return _from_pose(settings, size)
    if settings.kind == "tsai":
        assert settings.tsai_file is not None
        return read_tsai(settings.tsai_file, size)
    scale = settings.metres_per_pixel if settings.kind == "scale" else 0.01
    # Right-handed seen from above (REP-103): x to the right, y up, from the image's lower left.
    plane = np.array(((1 / scale, 0, 0), (0, -1 / scale, size[1]), (0, 0, 1.0)))
    return PlaneCalibration(plane, metric=settings.kind == "scale", upright=False)


def _from_points(settings: CalibrationSettings, size: tuple[int, int]) -> PlaneCalibration:
    seen, floor = settings.floor_points()
    floor_to_image = fit_homography(floor, seen)
    return PlaneCalibration(floor_to_image, camera=camera_of(floor_to_image, size))


def _from_pose(settings: CalibrationSettings, size: tuple[int, int]) -> CameraCalibration:
    focal = settings.focal_px * 2 if len(settings.focal_px) == 1 else settings.focal_px
    centre = settings.centre_px or [size[0] / 2, size[1] / 2]
    k1, k2, p1, p2, k3 = (settings.distortion + [0.0] * 5)[:5]
    lens = BrownLens((focal[0], focal[1]), (centre[0], centre[1]), (k1, k2, p1, p2, k3))
    heading, tilt, roll = np.radians((settings.heading_deg, settings.tilt_deg, settings.roll_deg))
    forward = np.array(
        (np.cos(heading) * np.cos(tilt), np.sin(heading) * np.cos(tilt), -np.sin(tilt))
    )
    level_right = np.array((np.sin(heading), -np.cos(heading), 0.0))
    level_down = np.cross(forward, level_right)
    # Seen from behind, a camera turned clockwise has its right side further down.
    right = np.cos(roll) * level_right + np.sin(roll) * level_down
    down = np.cos(roll) * level_down - np.sin(roll) * level_right
    rotation = np.stack((right, down, forward))
    return CameraCalibration(lens, rotation, -rotation @ np.array(settings.position_m))
