# SPDX-License-Identifier: Apache-2.0
"""The virtual camera: a pinhole on a wall that looks down into the room.

Kept apart from the calibration code of privcv_perception on purpose: what this camera projects is
the oracle that the calibration is tested against.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARK_M = 0.2
"""Marks closer to the middle than this calibrate nothing."""


@dataclass(frozen=True)
class VirtualCamera:
    """At ``(0, 0, height_m)``, looking along +y of the floor, tilted down by ``tilt_deg``."""

    width_px: int = 640
    height_px: int = 480
    height_m: float = 3.2
    tilt_deg: float = 17.0
    field_of_view_deg: float = 66.0

    @property
    def focal_px(self) -> float:
        return self.width_px / 2 / math.tan(math.radians(self.field_of_view_deg / 2))

    def project(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points (n, 3) in metres, z up, to pixels (n, 2); a point behind gives NaN."""
        tilt = math.radians(self.tilt_deg)
        x = points_m[:, 0]
        y = points_m[:, 1]
        z = points_m[:, 2] - self.height_m
        depth = y * math.cos(tilt) - z * math.sin(tilt)
        down = -y * math.sin(tilt) - z * math.cos(tilt)
        with np.errstate(divide="ignore", invalid="ignore"):
            u = self.width_px / 2 + self.focal_px * x / depth
            v = self.height_px / 2 + self.focal_px * down / depth
        pixels: NDArray[np.float64] = np.stack([u, v], axis=1)
        pixels[depth <= 0.1] = np.nan
        return pixels

    def _sees(self, place_m: tuple[float, float]) -> bool:
        """Whether a mark on the floor is in the image."""
        (u, v), *_ = self.project(np.array([[*place_m, 0.0]]))
        return bool(0 <= u < self.width_px and 0 <= v < self.height_px)

    def floor_points(
        self, x_m: tuple[float, float] = (-5.0, 5.0), y_m: tuple[float, float] = (5.0, 13.0)
    ) -> dict[str, list[list[float]]]:
        """Marks on the floor as a surveyor would note them: the points of a calibration.

        ``x_m``, ``y_m``: the room. All nine marks are within its walls, and seen.
        """
        across, near, far = 0.6 * min(-x_m[0], x_m[1]), y_m[0] + 1.0, y_m[1]
        while not self._sees((0.0, near)) and near < far:
            near += 0.5
        while not self._sees((0.0, far)) and near < far:
            far -= 0.5
        while not self._sees((across, near)) and across > MARK_M:
            across *= 0.8
        depths = (near, near + 3.0 / 7.0 * (far - near), far)
        grid = np.array([[x, y, 0.0] for x in (-across, 0.0, across) for y in depths])
        pixels = self.project(grid)
        return {"points_px": pixels.round(2).tolist(), "points_m": grid[:, :2].tolist()}
