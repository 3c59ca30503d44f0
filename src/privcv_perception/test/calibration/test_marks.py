# SPDX-License-Identifier: Apache-2.0
"""Marks that cannot be what was meant are refused with the mark and the fix; good ones taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privcv_perception.calibration.build import build_calibration, checked_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.calibration.view import in_view
from privcv_perception.errors import CalibrationError

SIZE = (640, 480)
FLOOR = np.array([[-3.0, 6], [-3, 13], [3, 6], [3, 13], [0.5, 9]])


def camera(
    height_m: float = 3.2, tilt_deg: float = 20, heading_deg: float = 90, size: tuple = SIZE
) -> CalibrationSettings:
    return CalibrationSettings.model_validate(
        {"kind": "pinhole", "focal_px": [size[0] * 0.9], "position_m": [0, 0, height_m],
         "tilt_deg": tilt_deg, "heading_deg": heading_deg}
    )  # fmt: skip


TRUTH = build_calibration(camera(), SIZE)
SEEN = TRUTH.to_image(FLOOR)


def marks(seen: np.ndarray, floor: np.ndarray, **more: object) -> CalibrationSettings:
    return CalibrationSettings.model_validate(
        {"kind": "homography", "points_px": seen.tolist(), "points_m": floor.tolist(), **more}
    )


@pytest.mark.parametrize("count", [4, 5])
def test_good_marks_are_taken(count: int) -> None:
    found = checked_calibration(marks(SEEN[:count], FLOOR[:count]), SIZE)
    np.testing.assert_allclose(found.to_floor(SEEN), FLOOR, atol=1e-6)


LINE = np.array([[0, 0], [1, 1], [2, 2], [3, 9.0]])
ORDER = [[0, 1, 3, 2], [1, 0, 2, 3], [0, 2, 1, 3], [3, 1, 2, 0]]


@pytest.mark.parametrize(
    ("seen", "floor", "says"),
    [
        (SEEN[:4] * 3, FLOOR[:4], r"point 1 of 4 .* outside the image of 640.*of 1920x1080"),
        (SEEN[:4] - [200, 0], FLOOR[:4], r"points_px: point 1 of 4 \(-"),
        *[(SEEN[:4], FLOOR[order], "points_m: .* exchanged") for order in ORDER],
        (SEEN[:4], FLOOR[[0, 1, 3, 2]], "points 3 and 4 seem exchanged"),
        (SEEN, FLOOR[[0, 1, 4, 3, 2]], "points 3 and 5 seem exchanged|miss by"),
        (SEEN[:4], FLOOR[:4, ::-1], "x and y seem exchanged"),
        (SEEN[:4], FLOOR[:4] * [-1, 1], "wrong sign"),
        (SEEN[:4], FLOOR[:4] * 100, "centimetres.*divide them by 100"),
        (SEEN[:4], FLOOR[:4] * 1000, "millimetres.*divide them by 1000"),
        (SEEN[:4], FLOOR[:4] * 39.37, "inches"),
        (SEEN[:4], FLOOR[:4] / 1000, "kilometres"),
        (SEEN[:4], FLOOR[:4] * 1.1e-5 + [8.682, 50.11], "latitude and longitude"),
        (SEEN[:4], FLOOR[:4] * 1.1e-5 + [-33.86, 151.2], "latitude and longitude"),
        (SEEN[:4], FLOOR[:4] + np.array([477_000, 5_550_000]), "UTM"),
        (SEEN[:4], LINE, "points_m: .*1, 2, 3 lie on one line"),
        (SEEN[[0, 1, 1, 3]], FLOOR[:4], "points_px: .* given twice"),
    ],
)  # fmt: skip
def test_marks_that_cannot_be_meant_are_named_with_the_fix(
    seen: np.ndarray, floor: np.ndarray, says: str
) -> None:
    with pytest.raises(CalibrationError, match=says):
        checked_calibration(marks(seen, floor), SIZE)


def test_marks_made_in_a_larger_picture_are_fine_once_it_is_named() -> None:
    given_size = {"image_width_px": 1920, "image_height_px": 1440}
    found = checked_calibration(marks(SEEN * 3, FLOOR, **given_size), SIZE)
    np.testing.assert_allclose(found.to_floor(SEEN), FLOOR, atol=1e-6)


def test_a_pose_in_centimetres_is_named() -> None:
    with pytest.raises(CalibrationError, match=r"position_m: .* centimetres"):
        checked_calibration(camera(height_m=320), SIZE)


@given(
    height_m=st.floats(2, 15),
    tilt_deg=st.floats(8, 75),
    heading_deg=st.floats(0, 360),
    corners=st.lists(
        st.tuples(st.floats(0.02, 0.45), st.floats(0.02, 0.45)), min_size=4, max_size=4
    ),
)
def test_what_a_real_camera_sees_is_never_refused(
    height_m: float, tilt_deg: float, heading_deg: float, corners: list
) -> None:
    """Four marks, one in each quarter of the image, below the horizon."""
    settings = camera(height_m, tilt_deg, heading_deg)
    truth = build_calibration(settings, SIZE)
    horizon = max(0.0, SIZE[1] / 2 - np.tan(np.radians(tilt_deg)) * SIZE[0] * 0.9) + 40
    sides = np.array([[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]])
    share = np.array(corners) + sides
    seen = share * (SIZE[0], SIZE[1] - horizon) + (0, horizon)
    floor = truth.to_floor(seen)
    if not np.isfinite(floor).all() or np.ptp(floor, axis=0).max() > 200:
        return
    found = checked_calibration(marks(seen, floor), SIZE)
    np.testing.assert_allclose(found.to_floor(seen), floor, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("exact", [True, False])
def test_what_is_behind_the_camera_or_beside_the_image_is_not_in_view(exact: bool) -> None:
    """Also for a homography, which takes what is behind the camera to pixels above the horizon."""
    calibration = TRUTH if exact else checked_calibration(marks(SEEN, FLOOR), SIZE)
    places = np.array([[0, 9], [0, -9], [0, -40], [0, 0.1], [30, 9], [0, 30], [-3, 6.0]])
    assert in_view(calibration, places, SIZE).tolist() == [
        True, False, False, False, False, True, True,
    ]  # fmt: skip
    larger = checked_calibration(
        marks(SEEN, FLOOR, image_width_px=640, image_height_px=480), (1280, 960)
    )
    assert in_view(larger, places, (1280, 960)).tolist()[:4] == [True, False, False, False]
