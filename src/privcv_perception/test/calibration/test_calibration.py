# SPDX-License-Identifier: Apache-2.0
"""Calibrations say where things are: OpenCV's projection and plain geometry are the oracles."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_core.errors import PrivcvError
from privcv_core.settings.model import data_folder, parse_settings
from privcv_perception.calibration.build import build_calibration, reprojection_px
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.errors import CalibrationError

SIZE = (1280, 720)
FLOOR = np.array([(2.0, -2.0), (2.0, 2.0), (9.0, -3.0), (9.0, 3.0), (5.0, 0.5), (14.0, 1.0)])
"""Points on the floor in front of a camera above the origin that looks along +x, m."""


def pinhole(**changes: object) -> CalibrationSettings:
    values: dict[str, object] = {
        "kind": "pinhole", "focal_px": [900.0], "position_m": [0.0, 0.0, 3.0], "tilt_deg": 25.0,
    }  # fmt: skip
    return CalibrationSettings.model_validate(values | changes)


def tsai(folder: Path, **changes: str) -> CalibrationSettings:
    values = {
        "width": "768",
        "height": "576",
        "dpx": "0.0051",
        "dpy": "0.00465",
        "focal": "5.5",
        "kappa1": "0.0051",
        "cx": "324.2",
        "cy": "282.6",
        "sx": "1.09",
        "tx": "828.7",
        "ty": "-3175.5",
        "tz": "35469.3",
        "rx": "2.0405",
        "ry": "-0.8934",
        "rz": "-0.4306",
    }
    values |= changes
    groups = {"Geometry": ("width", "height", "dpx", "dpy"),
              "Intrinsic": ("focal", "kappa1", "cx", "cy", "sx"),
              "Extrinsic": ("tx", "ty", "tz", "rx", "ry", "rz")}  # fmt: skip
    rows = [
        f"<{group} " + " ".join(f'{name}="{values[name]}"' for name in names) + "/>"
        for group, names in groups.items()
    ]
    path = folder / "camera.xml"
    path.write_text(f"<Camera>{''.join(rows)}</Camera>")
    return CalibrationSettings(kind="tsai", tsai_file=path)


@given(
    heading=st.floats(-180, 180), tilt=st.floats(5, 80), roll=st.floats(-20, 20),
    k1=st.floats(-0.2, 0.1), p1=st.floats(-0.005, 0.005),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_a_pose_projects_as_opencv_does(
    heading: float, tilt: float, roll: float, k1: float, p1: float
) -> None:
    calibration = build_calibration(
        pinhole(heading_deg=heading, tilt_deg=tilt, roll_deg=roll, distortion=[k1, 0.0, p1]), SIZE
    )
    # The camera's axes, built by turning a camera that looks along +x, in degrees, step by step.
    level = np.array(((0.0, -1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)))
    turn = cv2.Rodrigues(np.array((0.0, 0.0, -np.radians(heading))))[0]
    tip = cv2.Rodrigues(np.array((np.radians(tilt), 0.0, 0.0)))[0]
    spin = cv2.Rodrigues(np.array((0.0, 0.0, -np.radians(roll))))[0]
    rotation = spin @ tip @ level @ turn
    angle = np.radians(heading)
    ahead = 3.0 / np.tan(np.radians(tilt))
    around = np.array([(ahead + dx, dy) for dx in (-0.2, 0.0, 0.3) for dy in (-0.3, 0.0, 0.2)])
    world = around @ np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    spatial = np.column_stack((world, np.zeros(len(world))))
    matrix = np.array(((900.0, 0, 640), (0, 900, 360), (0, 0, 1)))
    expected = cv2.projectPoints(
        spatial, cv2.Rodrigues(rotation)[0], -rotation @ np.array((0.0, 0.0, 3.0)), matrix,
        np.array((k1, 0.0, p1, 0.0)),
    )[0][:, 0]  # fmt: skip
    assert calibration.to_image(world) == pytest.approx(expected, abs=1e-6)
    assert calibration.to_floor(expected) == pytest.approx(world, abs=1e-4)


def test_tilt_points_the_view_at_the_floor_ahead() -> None:
    calibration = build_calibration(pinhole(tilt_deg=45.0), SIZE)
    assert calibration.to_floor(np.array([(640.0, 360.0)])) == pytest.approx(np.array([(3.0, 0.0)]))
    left_of_centre = calibration.to_floor(np.array([(540.0, 360.0)]))[0]
    assert left_of_centre[1] > 0, "the floor is right-handed: left of the view along +x is +y"


def test_nothing_lies_above_the_horizon() -> None:
    calibration = build_calibration(pinhole(tilt_deg=0.0), SIZE)
    floor = calibration.to_floor(np.array([(640.0, 300.0), (640.0, 420.0)]))
    assert np.isnan(floor[0]).all()
    assert np.isfinite(floor[1]).all()
    assert np.isnan(calibration.to_image(np.array([(-5.0, 0.0)]))).all(), "behind the camera"


def test_a_person_is_as_high_as_the_head_is_above_the_feet() -> None:
    calibration = build_calibration(pinhole(tilt_deg=0.0), SIZE)
    feet = calibration.to_image(np.array([(6.0, 0.0)]))
    # Seen level from 6 m by a focal length of 900 px.
    assert calibration.person_box(feet, 1.8)[0, 1] == pytest.approx(900 * 1.8 / 6)


def homography(points_px: np.ndarray, points_m: np.ndarray, **changes: float) -> Calibration:
    made = CalibrationSettings.model_validate(
        {"kind": "homography", "points_px": points_px.tolist(), "points_m": points_m.tolist()}
        | changes
    )
    return build_calibration(made, SIZE)


@pytest.mark.parametrize("count", [4, 6])
def test_floor_points_give_the_floor_and_the_camera_behind_it(count: int) -> None:
    truth = build_calibration(pinhole(tilt_deg=30.0, heading_deg=10.0), SIZE)
    fitted = homography(truth.to_image(FLOOR[:count]), FLOOR[:count])
    elsewhere = np.array([(4.0, 1.0), (7.0, -2.0)])
    assert fitted.to_image(elsewhere) == pytest.approx(truth.to_image(elsewhere), abs=1e-3)
    assert fitted.to_floor(truth.to_image(elsewhere)) == pytest.approx(elsewhere, abs=1e-4)
    feet = truth.to_image(elsewhere)
    assert fitted.person_box(feet) == pytest.approx(truth.person_box(feet), rel=1e-3)


def test_one_wrong_floor_point_is_named() -> None:
    truth = build_calibration(pinhole(), SIZE)
    seen = truth.to_image(FLOOR)
    seen[3] += (120.0, 60.0)
    with pytest.raises(CalibrationError, match=r"points_px.*for point 4 of 6"):
        homography(seen, FLOOR)
    assert homography(seen, FLOOR, max_error_px=500.0).metric


def test_points_also_check_a_pose() -> None:
    seen = build_calibration(pinhole(), SIZE).to_image(FLOOR)
    given_points = {"points_px": seen.tolist(), "points_m": FLOOR.tolist()}
    right = pinhole(**given_points)
    assert reprojection_px(right, build_calibration(right, SIZE)).max() < 1e-6
    with pytest.raises(CalibrationError, match="floor points miss"):
        build_calibration(pinhole(tilt_deg=32.0, **given_points), SIZE)


@pytest.mark.parametrize(
    "floor",
    [
        [(0, 0), (1, 0), (2, 0), (3, 1)],
        [(0, 0), (0, 0), (2, 0), (3, 1)],
        [(0, 0), (1, 1), (2, 2), (3, 3)],
    ],
    ids=["three on a line", "one twice", "all on a line"],
)
def test_points_that_do_not_span_the_floor_are_refused(floor: list[tuple[int, int]]) -> None:
    seen = np.array([(100.0, 400.0), (500.0, 420.0), (900.0, 410.0), (700.0, 300.0)])
    with pytest.raises(CalibrationError, match="span the floor"):
        homography(seen, np.array(floor, dtype=float))


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"kind": "homography", "points_px": [1, 2], "points_m": [1, 2]}, "points_px"),
        ({"kind": "homography", "points_px": [1, 2, 3, 4], "points_m": [1, 2]}, "points_m"),
        ({"kind": "tsai"}, "tsai_file"),
        ({"kind": "scale"}, "metres_per_pixel"),
        ({"kind": "pinhole", "position_m": [0, 0, 3]}, "focal_px"),
        ({"kind": "pinhole", "focal_px": [900], "position_m": [0, 0, -3]}, "position_m"),
        ({"kind": "fisheye"}, "kind"),
    ],
)
def test_what_is_missing_or_wrong_is_named(content: dict[str, object], named: str) -> None:
    with pytest.raises(PrivcvError, match=named):
        parse_settings(CalibrationSettings, content, where="lobby.yaml")


def test_tsai_maps_there_and_back_in_metres(tmp_path: Path) -> None:
    calibration = build_calibration(tsai(tmp_path), (768, 576))
    pixels = np.array([(100.0, 300.0), (700.0, 500.0), (384.0, 288.0)])
    floor = calibration.to_floor(pixels)
    assert calibration.to_image(floor) == pytest.approx(pixels, abs=1e-6)
    assert np.abs(floor).max() < 100, "metres, not the file's millimetres"


@pytest.mark.parametrize(
    ("changes", "named"), [({"focal": "wide"}, "focal"), ({"width": "640"}, "image_width_px")]
)
def test_a_bad_tsai_file_is_named(tmp_path: Path, changes: dict[str, str], named: str) -> None:
    with pytest.raises(CalibrationError, match=named):
        build_calibration(tsai(tmp_path, **changes), (768, 576))


def test_a_calibration_serves_another_resolution_of_the_same_view() -> None:
    full = build_calibration(pinhole(), SIZE)
    half = build_calibration(pinhole(image_width_px=1280, image_height_px=720), (640, 360))
    assert half.to_image(FLOOR) == pytest.approx(full.to_image(FLOOR) / 2)
    assert half.to_floor(full.to_image(FLOOR) / 2) == pytest.approx(FLOOR)


def test_straight_down_a_pixel_is_a_length_and_up_is_y() -> None:
    scale = CalibrationSettings(kind="scale", metres_per_pixel=0.02)
    calibration = build_calibration(scale, (640, 480))
    corners = np.array([(0.0, 480.0), (640.0, 0.0)])
    assert calibration.to_floor(corners) == pytest.approx(np.array([(0.0, 0.0), (12.8, 9.6)]))
    assert calibration.metric
    assert not build_calibration(CalibrationSettings(), (640, 480)).metric


def test_people_of_the_pets_clip_are_as_large_as_its_calibration_says() -> None:
    folder = data_folder() / "data" / "pets2009_s2l1"
    if not folder.exists():
        pytest.skip(f"no data: {folder} is absent (PRIVCV_DATA)")
    from xml.etree import ElementTree

    made = CalibrationSettings(kind="tsai", tsai_file=folder / "camera_tsai.xml")
    calibration = build_calibration(made, (768, 576))
    boxes = np.array(
        [
            [float(box.get(key, "nan")) for key in ("w", "h", "xc", "yc")]
            for box in ElementTree.parse(folder / "ground_truth.xml").iter("box")
        ]
    )
    feet = np.column_stack((boxes[:, 2], boxes[:, 3] + boxes[:, 1] / 2))
    tall_m = boxes[:, 1] / calibration.person_box(feet, 1.0)[:, 1]
    assert 1.65 < np.median(tall_m) < 1.85
    assert np.percentile(tall_m, 95) - np.percentile(tall_m, 5) < 0.4
