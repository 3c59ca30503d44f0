# SPDX-License-Identifier: Apache-2.0
"""The rendered room: the same every time, with a truth that fits its pixels."""

import csv
import itertools
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from privcv_bringup.report.truth import read_truth_csv
from privcv_bringup.scene.camera import VirtualCamera
from privcv_bringup.scene.render import Scene
from privcv_bringup.scene.walkers import PERSONAL_SPACE_M, Room, populate
from privcv_perception.calibration.build import build_calibration, checked_calibration
from privcv_perception.calibration.settings import CalibrationSettings


def test_the_same_seed_gives_the_same_people_and_frames() -> None:
    scene = Scene(duration_s=3.0, people_per_minute=60, seed=4)
    assert populate(60, 20, 4) == populate(60, 20, 4) != populate(60, 20, 5)
    first, again = list(scene.frames()), list(scene.frames())
    assert len(first) == 30
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_nobody_walks_through_anybody() -> None:
    walkers = populate(120, 25, 1)
    assert len(walkers) > 30
    for time_s in np.arange(0, 120, 0.2):
        places = [place for w in walkers if (place := w.at(float(time_s)))]
        for a, b in itertools.combinations(places, 2):
            # Between two checked moments both move on for 0.2 s at up to 1.5 m/s.
            assert math.dist(a[:2], b[:2]) > PERSONAL_SPACE_M - 0.6


def test_people_are_drawn_where_the_truth_says(scene_folder: Path) -> None:
    """The oracle is the pixels: only around people does a frame differ from the empty room."""
    truth = read_truth_csv(scene_folder / "truth.csv")
    capture = cv2.VideoCapture(str(scene_folder / "video.avi"))
    frames = [capture.read()[1] for _ in range(450)]
    empty = np.median(np.stack(frames[::15]), axis=0)
    camera = VirtualCamera()
    for index in (150, 250, 350):
        changed = np.abs(frames[index] - empty).max(axis=2) > 40
        here = np.isclose(truth.t_s, index / 10)
        assert here.any()
        for x_m, y_m in zip(truth.x_m[here], truth.y_m[here], strict=True):
            (u, v), _ = camera.project(np.array([[x_m, y_m, 0.9], [x_m, y_m, 0.0]]))
            middle = changed[int(v) - 8 : int(v) + 8, int(u) - 4 : int(u) + 4]
            assert middle.mean() > 0.3


def test_its_calibration_is_that_of_the_camera(scene_folder: Path) -> None:
    settings = yaml.safe_load((scene_folder / "camera.yaml").read_text())["calibration"]
    calibration = build_calibration(CalibrationSettings(**settings), (640, 480))
    floor = np.array([[-2.0, 7.5], [1.0, 6.0], [3.5, 11.0]])
    pixels = VirtualCamera().project(np.column_stack([floor, np.zeros(3)]))
    assert np.allclose(calibration.to_floor(pixels), floor, atol=0.02)


def test_truth_counts_people_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["t_s", "id", "x_m", "y_m"])
        rows.writerows([[0, 1, 1, 1], [1, 1, 1, 1], [1, 2, 1, 1], [40, 1, 1, 1], [5, 3, 9, 9]])
    truth = read_truth_csv(path)
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    assert truth.occupancy(square, 0.0, 10.0) == 2
    assert truth.occupancy(square, 10.0, 10.0) == 0
    assert truth.dwell(square, (30.0, 120.0)) == (1, 1, 0)


def test_people_of_another_room_come_by_its_doors_and_stay_within_its_walls() -> None:
    room = Room((-1.5, 1.5), (4.0, 18.0), doors=("near", "far"), stopping=1.0, returning=0.5)
    walkers = populate(300, 12, 2, room)
    assert len(walkers) > 30
    returned = 0
    for walker in walkers:
        places = [leg[2:4] for leg in walker.legs] + [walker.legs[-1][4:]]
        assert all(abs(x) <= 1.5 for x, _ in places)
        assert all(4.0 < y < 18.0 for _, y in places[1:-1])
        ends = {places[0][1], places[-1][1]}
        assert ends <= {2.5, 21.0}  # before the near wall, or behind the far one
        returned += len(ends) == 1
    assert 0 < returned < len(walkers)


def test_the_marks_of_a_calibration_lie_in_the_room() -> None:
    camera = VirtualCamera(height_m=2.8, tilt_deg=16)
    marks = np.array(camera.floor_points((-1.5, 1.5), (4.0, 18.0))["points_m"])
    assert len(np.unique(marks, axis=0)) == 9
    assert (np.abs(marks[:, 0]) <= 1.5).all()
    assert ((marks[:, 1] > 4.0) & (marks[:, 1] <= 18.0)).all()


@pytest.mark.parametrize("height_m", [2.4, 3.2, 6.0, 9.0])
@pytest.mark.parametrize("tilt_deg", [15.0, 25.0, 38.0])
def test_every_mark_is_in_the_image(height_m: float, tilt_deg: float) -> None:
    """A mark that nobody can see is refused where a camera is used."""
    camera = VirtualCamera(height_m=height_m, tilt_deg=tilt_deg)
    settings = CalibrationSettings(kind="homography", **camera.floor_points((-6, 6), (4, 25)))
    checked_calibration(settings, (camera.width_px, camera.height_px))
