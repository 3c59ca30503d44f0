# SPDX-License-Identifier: Apache-2.0
"""Calibration: between pixels and metres on the floor, and how large a person should look.

``build_calibration`` makes one of two kinds of map from the settings; both are vectorised over
points and return NaN for what they cannot map (above the horizon, behind the camera).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats
from privcv_perception.calibration.lens import Lens

PERSON_HEIGHT_M = 1.7
PERSON_WIDTH_M = 0.65
"""A walking adult: shoulders, arms and half a stride."""


class Calibration(Protocol):
    """Calibration of a camera: where a pixel lies on the floor, and back. The protocol of all."""

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
    """Calibration by a camera model: its lens and its pose are known.

    ``camera = rotation @ world + translation``, with (3, 3) ``rotation`` and (3,) translation, m.
    """

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
        """See ``Calibration.to_floor``."""
        directions = self.lens.directions(_points(points_px))
        rays = np.column_stack((directions, np.ones(len(directions)))) @ self.rotation
        centre = self.position_m
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = -centre[2] / rays[:, 2]
            floor: Floats = centre[:2] + rays[:, :2] * distance[:, None]
        floor[~(distance > 0)] = np.nan
        return floor

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        """See ``Calibration.to_image``."""
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
        """See ``Calibration.person_box``."""
        feet = _points(feet_px)
        floor = self.to_floor(feet)
        head = self.to_image(floor, height_m)
        width = PERSON_WIDTH_M / _metres_per_pixel_across(self, feet, floor)
        return np.column_stack((width, length(feet - head)))


@dataclass(frozen=True)
class PlaneCalibration:
    """Calibration by a homography: the floor is known as a plane only.

    ``floor_to_image``: (3, 3), from metres on the floor to pixels.
    """

    floor_to_image: Floats
    metric: bool = True
    upright: bool = True
    """Whether people are seen from the side; False looking straight down."""
    camera: CameraCalibration | None = None
    """The camera behind the homography where one could be recovered: it knows what is up."""

    def to_floor(self, points_px: NDArray[np.floating]) -> Floats:
        """See ``Calibration.to_floor``."""
        inverse: Floats = np.linalg.inv(self.floor_to_image).astype(np.float64)
        return project(inverse, _points(points_px))

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        """See ``Calibration.to_image``."""
        floor = _points(floor_m)
        pixels = project(self.floor_to_image, floor)
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
        """See ``Calibration.person_box``."""
        feet = _points(feet_px)
        if not self.upright or not self.metric:
            return np.full((len(feet), 2), np.nan)
        floor = self.to_floor(feet)
        across = _metres_per_pixel_across(self, feet, floor)
        head = self.to_image(floor, height_m)
        return np.column_stack((PERSON_WIDTH_M / across, length(feet - head)))


@dataclass(frozen=True)
class ScaledCalibration:
    """A calibration made at another resolution of the same view."""

    inner: Calibration
    scale_x: float
    scale_y: float

    @property
    def metric(self) -> bool:
        """See ``Calibration.metric``."""
        return self.inner.metric

    def to_floor(self, points_px: NDArray[np.floating]) -> Floats:
        """See ``Calibration.to_floor``."""
        return self.inner.to_floor(_points(points_px) / np.array((self.scale_x, self.scale_y)))

    def to_image(self, floor_m: NDArray[np.floating], height_m: float = 0.0) -> Floats:
        """See ``Calibration.to_image``."""
        pixels: Floats = self.inner.to_image(floor_m, height_m) * (self.scale_x, self.scale_y)
        return pixels

    def person_box(
        self, feet_px: NDArray[np.floating], height_m: float = PERSON_HEIGHT_M
    ) -> Floats:
        """See ``Calibration.person_box``."""
        scale = np.array((self.scale_x, self.scale_y))
        box: Floats = self.inner.person_box(_points(feet_px) / scale, height_m) * scale
        return box


def _metres_per_pixel_across(calibration: Calibration, feet: Floats, floor: Floats) -> Floats:
    beside = calibration.to_floor(feet + np.array((1.0, 0.0)))
    return length(beside - floor)


def project(matrix: Floats, points: Floats) -> Floats:
    """(n, 2) points under a homography (3, 3); NaN or infinite on its horizon."""
    homogeneous = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        projected: Floats = homogeneous[:, :2] / homogeneous[:, 2:]
    return projected


def length(vectors: Floats) -> Floats:
    """(n,) lengths of (n, 2) vectors."""
    lengths: Floats = np.hypot(vectors[:, 0], vectors[:, 1])
    return lengths


def _points(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1, 2)
