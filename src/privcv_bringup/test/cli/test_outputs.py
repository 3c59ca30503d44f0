# SPDX-License-Identifier: Apache-2.0
"""No command loses what was there: not its input, nor an earlier output where it then fails."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from privcv_bringup.cli import root
from privcv_core.errors import FileWriteError, PrivcvError

CAMERA = """
detector: {kind: builtin}
calibration: {kind: scale, metres_per_pixel: 0.02}
"""
SITE = """
state: state
cameras:
  room:
    source: {kind: file, uri: video.avi}
    authorization: {required: false}
    zones: {all: {polygon_m: [[0, 0], [1, 0], [1, 1]]}}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video, a camera file, a site file and positions, in the folder where the command runs."""
    writer = cv2.VideoWriter(
        str(tmp_path / "video.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 96)
    )
    for _ in range(5):
        writer.write(np.full((96, 128, 3), 90, np.uint8))
    writer.release()
    (tmp_path / "camera.yaml").write_text(CAMERA)
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "tracks.csv").write_text("t_s,id,x_m,y_m\n0,1,0,0\n1,1,1,1\n")
    (tmp_path / "link").symlink_to("video.avi")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "track video.avi --camera camera.yaml --out video.avi",
        "track video.avi --camera camera.yaml --out link",
        "track video.avi --camera camera.yaml --out camera.yaml",
        "calibrate camera.yaml --video video.avi --out camera.yaml",
        "calibrate camera.yaml --video video.avi --out link",
        "evaluate privacy --tracks tracks.csv --format csv --seeds 1 --json tracks.csv",
        "up site.yaml --logs site.yaml",
        "up site.yaml --logs link",
        "demo --site site.yaml -o .",
        "demo --video video.avi -o .",
    ],
)
def test_the_input_is_refused_as_the_output_and_stays_as_it_is(command: str, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = CliRunner().invoke(root, command.split())
    assert isinstance(done.exception, FileWriteError), done.exception
    assert "input" in str(done.exception)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "command",
    [
        "track broken.avi --camera camera.yaml --out kept",
        "track broken.avi --camera camera.yaml --out new",
        "calibrate camera.yaml --video broken.avi --out kept",
        "evaluate privacy --tracks broken.avi --format csv --json kept",
    ],
)
def test_a_command_that_fails_leaves_the_earlier_output(command: str, folder: Path) -> None:
    (folder / "broken.avi").write_bytes(b"no video" * 100)
    (folder / "kept").write_text("an earlier result")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = CliRunner().invoke(root, command.split())
    assert isinstance(done.exception, PrivcvError), done.exception
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_demo_empties_no_folder_that_holds_anything_else(folder: Path) -> None:
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.txt").write_text("years of work")
    done = CliRunner().invoke(root, ["demo", "--video", "video.avi", "-o", "thesis"])
    assert isinstance(done.exception, FileWriteError), done.exception
    assert "no demo made" in str(done.exception)
    assert (folder / "thesis" / "chapter.txt").read_text() == "years of work"


def test_a_scene_takes_the_place_of_no_other_video(folder: Path) -> None:
    before = (folder / "video.avi").read_bytes()
    done = CliRunner().invoke(root, ["scene", "-o", ".", "--duration", "1"])
    assert isinstance(done.exception, FileWriteError), done.exception
    assert (folder / "video.avi").read_bytes() == before
    assert CliRunner().invoke(root, ["scene", "-o", "new", "--duration", "1"]).exit_code == 0
    assert sorted(path.name for path in (folder / "new").iterdir()) == [
        "camera.yaml", "scene.txt", "truth.csv", "video.avi",
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["draft.yaml", "officer.pem"])
def test_a_signed_record_takes_the_place_of_neither_draft_nor_key(
    target: str, folder: Path
) -> None:
    (folder / "draft.yaml").write_text("to be signed")
    (folder / "officer.pem").write_text("a key")
    words = f"authorize sign draft.yaml --key officer.pem -o {target}"
    done = CliRunner().invoke(root, words.split())
    assert isinstance(done.exception, FileWriteError), done.exception
    assert (folder / "officer.pem").read_text() == "a key"
