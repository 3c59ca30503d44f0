# SPDX-License-Identifier: Apache-2.0
"""Every command that uses a camera's geometry refuses what cannot be, alike: mark, zone and fix."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from privcv_bringup.cli import root
from privcv_core.errors import PrivcvError

PX = [[98, 336], [209, 213], [542, 336], [431, 213]]
M = [[-3, 6], [-3, 13], [3, 6], [3, 13]]
ZONE = [[-2, 7], [2, 7], [2, 12], [-2, 12]]
COMMANDS = (
    "calibrate site.yaml --video video.avi",
    "calibrate site.yaml --size 640x480",
    "track video.avi --camera site.yaml",
    "graph site.yaml",
    "up site.yaml",
    "replay video.avi --site site.yaml",
    "demo --site site.yaml",
    "plan site.yaml --visitors-per-hour 60",
    "plan site.yaml --video video.avi",
    "evaluate totals --video video.avi --camera site.yaml --truth truth.csv --zones site.yaml",
)
WRONG = [
    ([[3 * x, 2.25 * y] for x, y in PX], M, ZONE, "calibration.points_px: point 1 of 4"),
    (PX, [M[0], M[1], M[3], M[2]], ZONE, "points 3 and 4 seem exchanged"),
    (PX, [[100 * x, 100 * y] for x, y in M], ZONE, "centimetres"),
    (PX, [[8.68 + x / 1e5, 50.11 + y / 1e5] for x, y in M], ZONE, "latitude and longitude"),
    (PX, M, [[20, 7], [22, 7], [22, 9], [20, 9]], "zones.middle: nothing of it is in the camera's"),
    (PX, M, [[-2, -9], [2, -9], [2, -7], [-2, -7]], "zones.middle: nothing of it is in the camera"),
    (PX, M, [[-200, 700], [200, 700], [200, 900], [-200, 900]], "zones.middle"),
]


@pytest.fixture(scope="module", name="video")
def _video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for _ in range(3):
        writer.write(np.full((480, 640, 3), 90, np.uint8))
    writer.release()
    return path


def write_site(folder: Path, video: Path, px: Any, m: Any, zone: Any) -> None:
    (folder / "video.avi").symlink_to(video)
    (folder / "truth.csv").write_text("t_s,id,x_m,y_m\n0,1,0,8\n1,1,0,8\n")
    camera = {
        "source": {"kind": "file", "uri": "video.avi"},
        "calibration": {"kind": "homography", "points_px": px, "points_m": m},
        "authorization": {"required": False},
        "zones": {"middle": {"polygon_m": zone}},
    }
    (folder / "site.yaml").write_text(yaml.safe_dump({"state": "s", "cameras": {"room": camera}}))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("px", "m", "zone", "says"), WRONG)
def test_every_command_refuses_it_alike(
    command: str, px: Any, m: Any, zone: Any, says: str, video: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    write_site(tmp_path, video, px, m, zone)
    done = CliRunner().invoke(root, command.split())
    assert isinstance(done.exception, PrivcvError), done.output
    assert says in str(done.exception)
    assert "site.yaml" in str(done.exception)


def test_a_line_out_of_view_is_refused_too(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site(tmp_path, video, PX, M, ZONE)
    site = yaml.safe_load((tmp_path / "site.yaml").read_text())
    site["cameras"]["room"]["lines"] = {"door": [-1, 8, 1, 8], "gate": [-100, 800, 100, 800]}
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
    done = CliRunner().invoke(root, ["graph", "site.yaml"])
    assert "cameras.room.lines.gate: nothing of it is in the camera's view" in str(done.exception)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith(("cal", "tra", "gra"))])
def test_what_is_right_is_taken(
    command: str, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site(tmp_path, video, PX, M, ZONE)
    done = CliRunner().invoke(root, command.split())
    assert done.exit_code == 0, done.exception


def test_marks_of_a_live_camera_are_checked_as_far_as_they_can_be(
    video: Path, tmp_path: Path
) -> None:
    """The size of its images is known only once they come; the rest is checked then."""
    write_site(tmp_path, video, PX, [M[0], M[1], M[3], M[2]], ZONE)
    site = yaml.safe_load((tmp_path / "site.yaml").read_text())
    site["cameras"]["room"]["source"] = {"kind": "rtsp", "uri": "rtsp://127.0.0.1:9/x"}
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
    done = CliRunner().invoke(root, ["graph", str(tmp_path / "site.yaml")])
    assert "points 3 and 4 seem exchanged" in str(done.exception)


def test_calibrate_tells_how_high_the_camera_hangs_and_what_it_sees_of_each_zone(
    tmp_path: Path,
) -> None:
    """Feet look like metres to a formula; a person sees that the camera does not hang so high."""
    camera = {
        "calibration": {"kind": "homography", "points_px": PX, "points_m": M},
        "zones": {"middle": {"polygon_m": ZONE}, "far": {"polygon_m": [[50, 0], [51, 0], [51, 2]]}},
    }
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(camera))
    words = ["calibrate", str(tmp_path / "camera.yaml"), "--size", "640x480", "--json"]
    done = CliRunner().invoke(root, words)
    assert done.exit_code == 0, done.exception
    found = yaml.safe_load(done.stdout)
    assert 2.0 < found["camera_height_m"] < 5.0
    assert found["zones_in_view"] == {"middle": 1.0, "far": 0.0}
