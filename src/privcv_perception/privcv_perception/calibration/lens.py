# SPDX-License-Identifier: Apache-2.0
"""Lenses: pixels to directions in the camera (x right, y down, z forward) and back.

A direction is given as (x / z, y / z). ``undistort`` and ``distort`` are exact inverses of each
other where the lens is invertible; elsewhere (outside its field of view) they return NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from privcv_perception.arrays import Floats


class Lens(Protocol):
    """Lens: what a calibration needs of one. The protocol of all."""

    def directions(self, points_px: Floats) -> Floats:
        """(n, 2) pixels to (n, 2) directions."""

    def pixels(self, directions: Floats) -> Floats:
        """(n, 2) directions to (n, 2) pixels."""


@dataclass(frozen=True)
class BrownLens:
    """Pinhole lens with Brown's distortion (1966): OpenCV's k1, k2, p1, p2, k3."""

    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    def directions(self, points_px: Floats) -> Floats:
        """See ``Lens.directions``."""
        distorted = (points_px - self.centre_px) / self.focal_px
        return _invert(self._distort, distorted) if any(self.distortion) else distorted

    def pixels(self, directions: Floats) -> Floats:
        """See ``Lens.pixels``."""
        return self._distort(directions) * self.focal_px + self.centre_px

    def _distort(self, directions: Floats) -> Floats:
        k1, k2, p1, p2, k3 = self.distortion
        x, y = directions[:, 0], directions[:, 1]
        square = x * x + y * y
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        return np.column_stack(
            (
                x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
                y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
            )
        )


@dataclass(frozen=True)
class TsaiLens:
    """Tsai's model (1987): distortion is defined from the sensor to the ideal image, in mm.

    x_ideal = x_sensor (1 + kappa1 r²), r the distance on the sensor from the optical axis.
    """

    focal_mm: float
    pixel_mm: tuple[float, float]
    centre_px: tuple[float, float]
    kappa1: float
    scale_x: float

    def directions(self, points_px: Floats) -> Floats:
        """See ``Lens.directions``."""
        pitch = np.array((self.pixel_mm[0] / self.scale_x, self.pixel_mm[1]))
        return self._undistort((points_px - self.centre_px) * pitch) / self.focal_mm

    def pixels(self, directions: Floats) -> Floats:
        """See ``Lens.pixels``."""
        pitch = np.array((self.pixel_mm[0] / self.scale_x, self.pixel_mm[1]))
        sensor_mm = _invert(self._undistort, directions * self.focal_mm)
        pixels: Floats = sensor_mm / pitch + self.centre_px
        return pixels

    def _undistort(self, sensor_mm: Floats) -> Floats:
        square = (sensor_mm * sensor_mm).sum(axis=1, keepdims=True)
        ideal: Floats = sensor_mm * (1 + self.kappa1 * square)
        return ideal


def _invert(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    """Solve ``function(p) = values`` by damped fixed-point steps; NaN where that diverges."""
    with np.errstate(over="ignore", invalid="ignore"):
        points = values.copy()
        for _ in range(30):
            points = points + (values - function(points)) * 0.8
        error = np.abs(function(points) - values).max(axis=1)
        lost = ~(error <= 1e-6 * (1 + np.abs(values).max(axis=1)))
    points[lost] = np.nan
    return points
