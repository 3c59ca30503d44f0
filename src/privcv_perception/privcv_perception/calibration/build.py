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
from privcv_perception.calibration.lens import BrownLens
from privcv_perception.calibration.settings import MINIMAL_POINTS, CalibrationSettings
from privcv_perception.calibration.tsai import read_tsai
from privcv_perception.errors import CalibrationError


def build_calibration(settings: CalibrationSettings, image_size: tuple[int, int]) -> Calibration:
    """The map that ``settings`` describe, for a video of ``image_size`` (width, height), px.

    Raises ``CalibrationError`` naming the setting when points do not fit, see ``reprojection``.
    """
    made_for = settings.image_size_px(image_size)
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
        fitted = _fit(floor[others], seen[others])
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
    if _flat(floor) or _flat(seen):
        raise CalibrationError(
            "calibration.points_m: the floor points do not span the floor: "
            "no three of four may lie on one line, and no point may be given twice"
        )
    floor_to_image = _fit(floor, seen)
    return PlaneCalibration(floor_to_image, camera=_camera_of(floor_to_image, size))


def _fit(floor: Floats, seen: Floats) -> Floats:
    """(3, 3) the homography that takes ``floor`` to ``seen`` with the least squared error, px."""
    import cv2

    matrix, _ = cv2.findHomography(floor, seen, 0)
    return np.full((3, 3), np.nan) if matrix is None else np.asarray(matrix, dtype=np.float64)


def _flat(points: Floats) -> bool:
    """Whether fewer than four of the points are in general position."""
    from itertools import combinations

    span = max(float(np.ptp(points, axis=0).max()), 1e-9)

    def area(a: Floats, b: Floats, c: Floats) -> float:
        return abs(float((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]))

    return not any(
        all(area(*three) > 1e-4 * span**2 for three in combinations(four, 3))
        for four in combinations(points[:12], 4)
    )


def _camera_of(matrix: Floats, size: tuple[int, int]) -> CameraCalibration | None:
    """The camera behind a floor homography, were its pixels square and its centre the image's.

    Zhang (2000): the columns of K⁻¹ H are orthogonal and equally long; that gives the focal length.
    None where the view does not determine it (straight down) or the result is not a camera.
    """
    centre = np.array(((1, 0, -size[0] / 2), (0, 1, -size[1] / 2), (0, 0, 1.0)))
    h1, h2, h3 = (centre @ matrix).T
    across = np.array((h1[:2] @ h2[:2], h1[:2] @ h1[:2] - h2[:2] @ h2[:2]))
    along = np.array((h1[2] * h2[2], h1[2] ** 2 - h2[2] ** 2))
    inverse_square = -(across @ along) / max(float(across @ across), 1e-300)
    if not inverse_square > 0:
        return None
    focal = inverse_square**-0.5
    if not 0.3 * size[0] < focal < 10 * size[0]:
        return None
    columns = np.column_stack((h1, h2, h3)) / ((focal,), (focal,), (1.0,))
    scale = 2 / (np.linalg.norm(columns[:, 0]) + np.linalg.norm(columns[:, 1]))
    # The floor must lie in front of the camera: judge by the centre of the given homography.
    columns *= scale if columns[2, 2] > 0 else -scale
    u, _, vt = np.linalg.svd(
        np.column_stack((columns[:, 0], columns[:, 1], np.cross(columns[:, 0], columns[:, 1])))
    )
    lens = BrownLens((focal, focal), (size[0] / 2, size[1] / 2))
    return CameraCalibration(lens, u @ vt, columns[:, 2])


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
