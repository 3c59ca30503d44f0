# SPDX-License-Identifier: Apache-2.0
"""Settings of calibration: how pixels become metres, by a scale, floor points, a pose or a file."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from privcv_core.settings.model import PathSetting, Settings
from privcv_perception.arrays import Floats
from privcv_perception.points import Points

MINIMAL_POINTS = 4
"""A homography has eight unknowns, and each point tells two (Hartley & Zisserman 2004, ch. 4)."""


class CalibrationSettings(Settings):
    """How pixels become metres on the floor."""

    kind: Literal["none", "scale", "homography", "pinhole", "tsai"] = Field(
        "none",
        description="none: positions stay in pixels, 0.01 m nominal each; scale: a camera looking "
        "straight down; homography: floor points; pinhole: intrinsics and pose; tsai: an XML file",
    )
    metres_per_pixel: float = Field(
        0.01, gt=0, le=10, description="kind scale: metres on the floor per pixel"
    )
    points_px: Points = Field(
        default_factory=list,
        description="points on the floor in the image, px, flat x1, y1, x2, y2, ...; kind "
        "homography fits them, the other kinds are checked against them",
    )
    points_m: Points = Field(
        default_factory=list, description="the same points on the floor, m, in the same order"
    )
    max_error_px: float = Field(
        8.0,
        gt=0,
        le=1000,
        description="a larger root mean square reprojection error is refused, px",
    )
    image_width_px: int = Field(
        0,
        ge=0,
        le=65535,
        description="width of the image the calibration was made for, px; 0: that of the video",
    )
    image_height_px: int = Field(
        0, ge=0, le=65535, description="height of that image, px; 0: that of the video"
    )
    tsai_file: PathSetting | None = Field(
        None, description="kind tsai: XML file with Geometry, Intrinsic and Extrinsic, in mm"
    )
    focal_px: list[float] = Field(
        default_factory=list, description="kind pinhole: focal length fx, fy (or one for both), px"
    )
    centre_px: list[float] = Field(
        default_factory=list,
        description="kind pinhole: principal point cx, cy, px; empty: centre of the image",
    )
    distortion: list[float] = Field(
        default_factory=list,
        description="kind pinhole: OpenCV's k1, k2, p1, p2, k3; empty: none",
        max_length=5,
    )
    position_m: list[float] = Field(
        default_factory=list,
        description="kind pinhole: the camera's x, y on the floor and height z above it, m",
    )
    heading_deg: float = Field(
        0.0,
        ge=-360,
        le=360,
        description="kind pinhole: direction of view, degrees counter-clockwise from +x",
    )
    tilt_deg: float = Field(
        0.0,
        ge=-90,
        le=90,
        description="kind pinhole: degrees by which the view points below the horizon",
    )
    roll_deg: float = Field(
        0.0,
        ge=-180,
        le=180,
        description="kind pinhole: degrees by which the camera is turned clockwise about its view",
    )

    @model_validator(mode="after")
    def _complete(self) -> "CalibrationSettings":
        if len(self.points_px) % 2 or len(self.points_px) != len(self.points_m):
            raise ValueError(
                "points_px and points_m must hold the same number of x, y pairs, "
                f"not {len(self.points_px)} and {len(self.points_m)} numbers"
            )
        if self.kind == "homography" and len(self.points_px) < 2 * MINIMAL_POINTS:
            raise ValueError(
                f"points_px: a homography needs {MINIMAL_POINTS} or more points, "
                f"not {len(self.points_px) // 2}"
            )
        if self.kind == "tsai" and self.tsai_file is None:
            raise ValueError("tsai_file: is required by kind 'tsai'")
        if self.kind == "scale" and "metres_per_pixel" not in self.model_fields_set:
            raise ValueError("metres_per_pixel: is required by kind 'scale'")
        if self.kind == "pinhole":
            if len(self.focal_px) not in (1, 2) or min(self.focal_px) <= 0:
                raise ValueError("focal_px: kind 'pinhole' needs one or two numbers above 0")
            if len(self.centre_px) not in (0, 2):
                raise ValueError("centre_px: must be cx, cy, or empty for the image's centre")
            if len(self.position_m) != 3 or self.position_m[2] <= 0:
                raise ValueError("position_m: kind 'pinhole' needs x, y, z with z above 0")
        return self

    def image_size_px(self, video_size_px: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the image that the calibration was made for; default the video's."""
        width, height = video_size_px
        return self.image_width_px or width, self.image_height_px or height

    def floor_points(self) -> tuple[Floats, Floats]:
        """The floor points: (n, 2) where each is seen, px, and (n, 2) where it lies, m."""
        seen_px, floor_m = (
            np.array(points, dtype=np.float64).reshape(-1, 2)
            for points in (self.points_px, self.points_m)
        )
        return seen_px, floor_m
