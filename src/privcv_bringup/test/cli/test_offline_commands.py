# SPDX-License-Identifier: Apache-2.0
"""``privcv track`` and ``privcv calibrate`` on small files: what they write, what they refuse."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from privcv_bringup.cli.calibrate import command as calibrate
from privcv_bringup.cli.track import command as track
from privcv_core.errors import PrivcvError

SIZE = (128, 96)
CAMERA = """
detector: {kind: builtin}
calibration: {kind: pinhole, focal_px: [100], position_m: [0, 0, 3], tilt_deg: 35}
zones: {all: {polygon_m: [[0, 0], [1, 0], [1, 1]]}}
"""


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """An empty room with a block of 16 px passing through it."""
    path = tmp_path / "room.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for index in range(30):
        frame = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
        frame[40:56, 4 * index : 4 * index + 16] = 250
        writer.write(frame)
    writer.release()
    return path


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    path = tmp_path / "camera.yaml"
    path.write_text(CAMERA)
    return path


def test_track_writes_its_columns_and_no_person_who_is_not_there(
    video: Path, camera: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tracks.csv"
    arguments = [str(video), "--camera", str(camera), "--out", str(out)]
    done = CliRunner().invoke(track, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert out.read_text() == "frame,id,x,y,w,h,x_m,y_m\n"


def test_track_sums_up_what_it_saw_when_asked(video: Path, camera: Path, tmp_path: Path) -> None:
    out = tmp_path / "tracks.csv"
    arguments = [str(video), "--camera", str(camera), "--out", str(out), "--show-counts"]
    said = CliRunner().invoke(track, arguments, catch_exceptions=False).output
    assert "people at once: 0.00 in the mean, 0 at most" in said
    assert "view: " in said


def test_track_refuses_what_is_no_video(camera: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"this is not a video" * 100)
    done = CliRunner().invoke(track, [str(path), "--camera", str(camera)])
    assert isinstance(done.exception, PrivcvError)
    assert "broken.mp4" in str(done.exception)


def test_track_names_a_misspelt_setting(video: Path, tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text("tracker: {lagg_s: 1}\n")
    done = CliRunner().invoke(track, [str(video), "--camera", str(path)])
    assert isinstance(done.exception, PrivcvError)
    assert "tracker.lagg_s" in str(done.exception)
    assert "lag_s" in str(done.exception)


def test_calibrate_reports_and_draws_the_empty_scene(
    video: Path, camera: Path, tmp_path: Path
) -> None:
    out = tmp_path / "floor.png"
    arguments = [str(camera), "--video", str(video), "--out", str(out), "--json"]
    done = CliRunner().invoke(calibrate, arguments, catch_exceptions=False)
    findings = json.loads(done.output)
    assert findings["metric"]
    # Level right-handed floor: the camera at the origin looks along +x.
    assert findings["floor_x_m"][0] > 0
    picture = cv2.imread(str(out))
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    # The block covered each place in less than half of the frames: none of it is left.
    unmarked = np.abs(picture[41:55].astype(int) - 90).max(axis=2) < 12
    assert unmarked.mean() > 0.5


def test_calibrate_needs_to_know_the_size(camera: Path) -> None:
    done = CliRunner().invoke(calibrate, [str(camera)])
    assert isinstance(done.exception, PrivcvError)
    assert "--video" in str(done.exception)
