# SPDX-License-Identifier: Apache-2.0
"""Settings of calibration and tracking, as they stand in a camera file or as ROS parameters."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from privcv_core.settings.model import PathSetting, Settings


def _flat(value: Any) -> Any:
    """Accept ``[[x, y], ...]`` as well as ``[x, y, ...]``."""
    if isinstance(value, (list, tuple)) and any(isinstance(p, (list, tuple)) for p in value):
        return [number for point in value for number in point]
    return value


Points = Annotated[list[float], BeforeValidator(_flat)]
"""Points as x1, y1, x2, y2, ...; a list of pairs is accepted too."""

MINIMAL_POINTS = 4


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


class TrackerSettings(Settings):
    """How boxes become people over time. The defaults serve every scene."""

    lag_s: float = Field(
        1.0,
        ge=0,
        le=5,
        description="results are final this long after their frame, s: what is seen by then mends "
        "births, gaps and crossings; 0: at once",
    )
    low_score: float = Field(
        0.2, ge=0, le=1, description="boxes below this score are not used at all"
    )
    sure_score: float = Field(
        0.55,
        ge=0,
        le=1,
        description="boxes from this score on are matched first; the others only to people who "
        "are known and found no better one",
    )
    low_overlap: float = Field(
        0.45,
        gt=0,
        le=1,
        description="a box below sure_score that overlaps a better one by more is a second view of "
        "the same person (IoU)",
    )
    candidate_score: float = Field(
        0.25, ge=0, le=1, description="a box from this score on may be the first of somebody new"
    )
    birth_score: float = Field(
        0.6, ge=0, le=1, description="a box from this score on counts for believing in them"
    )
    birth_hits: int = Field(4, ge=1, le=100, description="so many such boxes it takes")
    still_score: float = Field(
        0.7,
        ge=0,
        le=1,
        description="mean score it takes to believe in somebody who has not moved yet: a post or "
        "a sign scores less",
    )
    still_m: float = Field(0.5, ge=0, le=10, description="who came this far has moved, m")
    unsure_s: float = Field(
        0.35,
        ge=0,
        le=10,
        description="somebody not yet believed in is forgotten when unseen for longer, s",
    )
    lost_s: float = Field(
        2.5, ge=0, le=60, description="somebody unseen for longer is forgotten, s"
    )
    acceleration_mps2: float = Field(
        1.3, gt=0, le=20, description="how suddenly people start, stop and turn, m/s²"
    )
    speed_mps: float = Field(
        1.2, gt=0, le=20, description="how fast people walk, m/s: what is expected at first"
    )
    box_noise: float = Field(
        0.06, gt=0, le=1, description="standard deviation of a box's edges, in its heights"
    )
    gate: float = Field(
        20.0,
        gt=0,
        le=1000,
        description="a box farther from where somebody should be is not theirs, in squared "
        "standard deviations",
    )
    low_gate: float = Field(12.0, gt=0, le=1000, description="the same for a box of low score")
    same_overlap: float = Field(
        0.6,
        gt=0,
        le=1,
        description="a box that overlaps that of somebody known by more is nobody new (IoU)",
    )
    shortest: float = Field(
        0.6,
        gt=0,
        le=1,
        description="with a calibration: nobody new is shorter than this, in heights of an adult",
    )
    tallest: float = Field(1.5, ge=1, le=10, description="with a calibration: nor taller than this")
    smoothing_s: float = Field(
        0.4, gt=0, le=5, description="width of the window that smooths final positions, s"
    )
