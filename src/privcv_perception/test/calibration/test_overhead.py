# SPDX-License-Identifier: Apache-2.0
"""A camera straight overhead is refused in words; one that sees people from the side is not."""

import pytest

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.overhead import upright_share
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import CalibrationError

SIZE = (640, 480)


def looking_down(tilt_deg: float, focal_px: float = 500.0) -> CalibrationSettings:
    return CalibrationSettings(
        kind="pinhole", focal_px=[focal_px], position_m=[1.0, 2.0, 3.5], tilt_deg=tilt_deg
    )


@pytest.mark.parametrize("size", [SIZE, (320, 240)])
def test_a_camera_straight_overhead_is_refused_in_words(size: tuple[int, int]) -> None:
    settings = looking_down(90.0, 500.0 * size[0] / SIZE[0])
    with pytest.raises(CalibrationError, match="from above"):
        build_detector(DetectorSettings(kind="builtin"), build_calibration(settings, size), size)


@pytest.mark.parametrize("tilt_deg", [5.0, 20.0, 38.0, 52.0])
def test_a_camera_on_a_wall_or_in_a_gallery_is_not(tilt_deg: float) -> None:
    build_detector(
        DetectorSettings(kind="builtin"), build_calibration(looking_down(tilt_deg), SIZE), SIZE
    )


@pytest.mark.parametrize(("tilt_deg", "most", "least"), [(90.0, 0.3, 0.0), (30.0, 1.0, 0.99)])
def test_straight_down_heads_point_every_way(tilt_deg: float, most: float, least: float) -> None:
    """From a plumb camera heads point away from the middle: up in a quarter of the image."""
    share = upright_share(build_calibration(looking_down(tilt_deg), SIZE), SIZE)
    assert share is not None
    assert least <= share <= most


def test_without_a_persons_height_nothing_is_refused() -> None:
    assert upright_share(build_calibration(CalibrationSettings(), SIZE), SIZE) is None
