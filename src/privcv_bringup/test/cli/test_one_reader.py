# SPDX-License-Identifier: Apache-2.0
"""Every command that takes a site file reads it alike: the same keys, the same refusals."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from privcv_bringup.cli import root
from privcv_core.errors import SettingsError

SITE = """
state: state
cameras:
  room:
    source: {kind: topic, uri: /images}
    calibration: {kind: scale, metres_per_pixel: 0.02}
    anonymization: {identities: {period_s: 1800}}
    authorization: {required: false}
    privacy_zones: {desk: {polygon: [[0, 0], [0.2, 0], [0.2, 0.3]]}}
    zones: {all: {polygon_m: [[0, 0], [1, 0], [1, 1]]}}
"""
COMMANDS = (
    "graph SITE",
    "up SITE",
    "replay VIDEO --site SITE",
    "demo --site SITE",
    "calibrate SITE --size 640x480",
    "track VIDEO --camera SITE",
    "dsr list --site SITE",
    "dsr access --site SITE",
    "dsr receive access --site SITE",
    "dpia --site SITE",
    "notice --site SITE -o sign.pdf",
    "authorize new --site SITE --camera room -o draft.yaml",
    "audit log verify --site SITE",
    "audit graph --site SITE",
)
NOTHING_YET = (
    ("notice", "no authorization record"),
    ("audit log", "state/audit: holds no audit log"),
)
RUNS_A_GRAPH = ("up", "replay", "demo", "audit graph")


def words(command: str, tmp_path: Path) -> list[str]:
    (tmp_path / "video.avi").touch()
    places = {"SITE": str(tmp_path / "site.yaml"), "VIDEO": str(tmp_path / "video.avi")}
    return [places.get(word, word) for word in command.split()]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("zones: {all", "zoness: {all", "cameras.room.zoness: is not a known setting"),
        ("kind: topic", "kind: usb", "cameras.room.source: kind: "),
        ("period_s: 1800", "period_s: 14400", "set privacy.identity_lifetime_s"),
        ("[1, 1]]}}", "[1, 1]]}}\nuplink: {url: 'http://c', pins: []}", "uplink.url: "),
    ],
)
def test_what_is_wrong_is_wrong_for_every_command(
    command: str, old: str, new: str, named: str, tmp_path: Path
) -> None:
    (tmp_path / "site.yaml").write_text(SITE.replace(old, new))
    done = CliRunner().invoke(root, words(command, tmp_path))
    assert isinstance(done.exception, SettingsError), done.output
    assert str(done.exception).startswith(f"{tmp_path / 'site.yaml'}: ")
    assert named in str(done.exception)


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(RUNS_A_GRAPH)])
def test_what_runs_is_taken_by_every_command(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_video: Path
) -> None:
    """From any folder: what is relative is relative to the site file."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (tmp_path / "site.yaml").write_text(SITE)
    given = words(command, tmp_path)
    shutil.copy(small_video, tmp_path / "video.avi")
    done = CliRunner().invoke(root, given)
    nothing_yet = next((words for start, words in NOTHING_YET if command.startswith(start)), None)
    if nothing_yet is not None:
        assert nothing_yet in str(done.exception)
        return
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert not (folder / "state").exists()
    if "dsr access" in command or "receive" in command:
        assert (tmp_path / "state" / "audit").is_dir()


@pytest.fixture(scope="module")
def small_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames of nothing."""
    import cv2
    import numpy as np

    path = tmp_path_factory.mktemp("video") / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 96))
    for _ in range(10):
        writer.write(np.full((96, 128, 3), 90, np.uint8))
    writer.release()
    return path
