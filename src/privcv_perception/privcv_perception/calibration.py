# SPDX-License-Identifier: Apache-2.0
"""Calibration: between pixels and metres on the floor, and how large a person should look.

``build_calibration`` makes one of two kinds of map from the settings; both are vectorised over
points and return NaN for what they cannot map (above the horizon, behind the camera).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privcv_perception.errors import CalibrationError
from privcv_perception.lens import BrownLens, Floats, Lens
from privcv_perception.settings import MINIMAL_POINTS, CalibrationSettings

PERSON_HEIGHT_M = 1.7
PERSON_WIDTH_M = 0.65
"""A walking adult: shoulders, arms and half a stride."""


class Calibration(Protocol):
    """Where a pixel lies on the floor."""

    @property
    def metric(self) -> bool:
        """Whether floor units are metres; False without a calibration."""

    def to_floor(self, points_px: NDArray[np.floating]) -> Floats:
        """(n, 2) pixels to (n, 2) metres on the floor."""

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        """(n, 2) metres on the floor, at ``height_m`` above it, to (n, 2) pixels."""

    def person_box(
        self, feet_px: NDArray[np.floating], height_m: float = PERSON_HEIGHT_M
    ) -> Floats:
        """(n, 2) width and height, px, of a person whose box ends at ``feet_px``; NaN: unknown."""


@dataclass(frozen=True)
class CameraCalibration:
    """A camera whose lens and pose are known: ``camera = rotation @ world + translation``."""

    lens: Lens
    rotation: Floats
    translation_m: Floats
    metric: bool = True

    @property
    def position_m(self) -> Floats:
        """(3,) where the camera is, m."""
        position: Floats = -self.rotation.T @ self.translation_m
        return position

    def to_floor(self, points_px: NDArray[np.floating]) -> Floats:
        directions = self.lens.directions(_points(points_px))
        rays = np.column_stack((directions, np.ones(len(directions)))) @ self.rotation
        centre = self.position_m
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = -centre[2] / rays[:, 2]
            floor: Floats = centre[:2] + rays[:, :2] * distance[:, None]
        floor[~(distance > 0)] = np.nan
        return floor

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        floor = _points(floor_m)
        up = height_m if self.position_m[2] > 0 else -height_m
        world = np.column_stack((floor, np.full(len(floor), up)))
        camera = world @ self.rotation.T + self.translation_m
        with np.errstate(divide="ignore", invalid="ignore"):
            directions = camera[:, :2] / camera[:, 2:]
        directions[~(camera[:, 2] > 0)] = np.nan
        return self.lens.pixels(directions)

    def person_box(
        self, feet_px: NDArray[np.floating], height_m: float = PERSON_HEIGHT_M
    ) -> Floats:
        feet = _points(feet_px)
        floor = self.to_floor(feet)
        head = self.to_image(floor, height_m)
        width = PERSON_WIDTH_M / _metres_per_pixel_across(self, feet, floor)
        return np.column_stack((width, _length(feet - head)))


@dataclass(frozen=True)
class PlaneCalibration:
    """A floor known only as a plane: a homography from the floor, m, to the image, px."""

    floor_to_image: Floats
    metric: bool = True
    upright: bool = True
    """Whether people are seen from the side; False looking straight down."""
    camera: CameraCalibration | None = None
    """The camera behind the homography where one could be recovered: it knows what is up."""

    def to_floor(self, points_px: NDArray[np.floating]) -> Floats:
        inverse: Floats = np.linalg.inv(self.floor_to_image).astype(np.float64)
        return _project(inverse, _points(points_px))

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        floor = _points(floor_m)
        pixels = _project(self.floor_to_image, floor)
        if height_m and not self.upright:
            pixels[:] = np.nan
        elif height_m and self.camera is not None:
            pixels += self.camera.to_image(floor, height_m) - self.camera.to_image(floor)
        elif height_m:
            pixels[:, 1] -= height_m / _metres_per_pixel_across(self, pixels, floor)
        return pixels

    def person_box(
        self, feet_px: NDArray[np.floating], height_m: float = PERSON_HEIGHT_M
    ) -> Floats:
        feet = _points(feet_px)
        if not self.upright or not self.metric:
            return np.full((len(feet), 2), np.nan)
        floor = self.to_floor(feet)
        across = _metres_per_pixel_across(self, feet, floor)
        head = self.to_image(floor, height_m)
        return np.column_stack((PERSON_WIDTH_M / across, _length(feet - head)))


def build_calibration(settings: CalibrationSettings, image_size: tuple[int, int]) -> Calibration:
    """The map that ``settings`` describe, for a video of ``image_size`` (width, height), px.

    Raises ``CalibrationError`` naming the setting when points do not fit, see ``reprojection``.
    """
    width, height = image_size
    made_for = (settings.image_width_px or width, settings.image_height_px or height)
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
    if made_for == (width, height):
        return calibration
    return ScaledCalibration(calibration, width / made_for[0], height / made_for[1])


def reprojection_px(settings: CalibrationSettings, calibration: Calibration) -> Floats:
    """(n,) distance, px, of each of the settings' floor points from where it should be seen."""
    seen = np.array(settings.points_px, dtype=float).reshape(-1, 2)
    floor = np.array(settings.points_m, dtype=float).reshape(-1, 2)
    if isinstance(calibration, ScaledCalibration):
        calibration = calibration.inner
    return _length(calibration.to_image(floor) - seen)


@dataclass(frozen=True)
class ScaledCalibration:
    """A calibration made at another resolution of the same view."""

    inner: Calibration
    scale_x: float
    scale_y: float

    @property
    def metric(self) -> bool:
        return self.inner.metric

    def to_floor(self, points_px: NDArray[np.floating]) -> Floats:
        return self.inner.to_floor(_points(points_px) / np.array((self.scale_x, self.scale_y)))

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        pixels: Floats = self.inner.to_image(floor_m, height_m) * (self.scale_x, self.scale_y)
        return pixels

    def person_box(
        self, feet_px: NDArray[np.floating], height_m: float = PERSON_HEIGHT_M
    ) -> Floats:
        scale = np.array((self.scale_x, self.scale_y))
        box: Floats = self.inner.person_box(_points(feet_px) / scale, height_m) * scale
        return box


def _suspect(settings: CalibrationSettings, error: Floats) -> int:
    """Index of the point that is most likely wrong.

    A homography bends towards a wrong point, so that others miss by more: it is the one without
    which the rest fit best. With fewer than six points the rest always fit.
    """
    seen = np.array(settings.points_px).reshape(-1, 2)
    floor = np.array(settings.points_m).reshape(-1, 2)
    if settings.kind != "homography" or len(seen) < MINIMAL_POINTS + 2:
        return int(np.argmax(np.where(np.isfinite(error), error, np.inf)))
    rest = []
    for index in range(len(seen)):
        others = np.delete(np.arange(len(seen)), index)
        fitted = _fit(floor[others], seen[others])
        miss = _project(fitted, floor[others]) - seen[others]
        rest.append(float((miss**2).sum()))
    return int(np.argmin(rest))


def _build(settings: CalibrationSettings, size: tuple[int, int]) -> Calibration:
    if settings.kind == "homography":
        return _from_points(settings, size)
    if settings.kind == "pinhole":
        return _from_pose(settings, size)
    if settings.kind == "tsai":
        from privcv_perception.tsai import read_tsai

        assert settings.tsai_file is not None
        return read_tsai(settings.tsai_file, size)
    scale = settings.metres_per_pixel if settings.kind == "scale" else 0.01
    # Right-handed seen from above (REP-103): x to the right, y up, from the image's lower left.
    plane = np.array(((1 / scale, 0, 0), (0, -1 / scale, size[1]), (0, 0, 1.0)))
    return PlaneCalibration(plane, metric=settings.kind == "scale", upright=False)


def _from_points(settings: CalibrationSettings, size: tuple[int, int]) -> PlaneCalibration:
    seen = np.array(settings.points_px).reshape(-1, 2)
    floor = np.array(settings.points_m).reshape(-1, 2)
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


def _metres_per_pixel_across(calibration: Calibration, feet: Floats, floor: Floats) -> Floats:
    beside = calibration.to_floor(feet + np.array((1.0, 0.0)))
    return _length(beside - floor)


def _project(matrix: Floats, points: Floats) -> Floats:
    homogeneous = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        projected: Floats = homogeneous[:, :2] / homogeneous[:, 2:]
    return projected


def _length(vectors: Floats) -> Floats:
    """(n,) lengths of (n, 2) vectors."""
    length: Floats = np.hypot(vectors[:, 0], vectors[:, 1])
    return length


def _points(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1, 2)
