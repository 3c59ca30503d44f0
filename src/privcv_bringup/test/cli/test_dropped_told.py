# SPDX-License-Identifier: Apache-2.0
"""Whatever reads a recording says how many frames of it could not be used, and why."""

import contextlib
from pathlib import Path

import pytest
import yaml
from media import break_frames, write_clip
from rosbags.rosbag2 import Writer
from rosbags.typesys import Stores, get_typestore

from privcv_bringup.cli import root
from privcv_bringup.replay.bag import IMAGE_TYPES, BagReader, write_bag
from privcv_core.errors import PrivcvError
from privcv_privacy.errors import PrivacyError

SIZE = (160, 120)
TOLD = "dropped were 3 that cannot be decoded"
COMMANDS = (
    "track clip.avi --camera camera.yaml",
    "bag clip.avi -o bag",
    "calibrate camera.yaml --video clip.avi",
    "evaluate totals --video clip.avi --camera camera.yaml --truth truth.csv --window 5",
    "plan site.yaml --video clip.avi",
)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    break_frames(write_clip(tmp_path / "clip.avi", 70, size=SIZE), {3, 4, 20})
    zones = {"all": {"polygon_m": [[0, 0], [1.6, 0], [1.6, 1.2], [0, 1.2]]}}
    camera = {"detector": {"kind": "builtin"}, "zones": zones}
    (tmp_path / "camera.yaml").write_text(yaml.safe_dump(camera))
    source = {"kind": "file", "uri": "clip.avi"}
    site = {"cameras": {"room": {**camera, "source": source}}}
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
    (tmp_path / "truth.csv").write_text("t_s,id,x_m,y_m\n0,1,0.5,0.5\n1,1,0.5,0.5\n2,1,0.6,0.5\n")
    return tmp_path


def said_by(command: str, capfd: pytest.CaptureFixture[str]) -> str:
    """All that a command prints."""
    with contextlib.suppress(PrivacyError):  # there is nobody to plan for, which is said last
        root.main(command.split(), prog_name="privcv", standalone_mode=False)
    return "".join(capfd.readouterr())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
def test_each_frame_that_cannot_be_read_is_told(
    desk: Path, command: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert TOLD in said_by(command, capfd) + caplog.text


@pytest.mark.parametrize("command", COMMANDS[:3], ids=lambda command: command.split()[0])
def test_of_a_whole_clip_nothing_is_told(
    desk: Path, command: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    write_clip(desk / "clip.avi", 40, size=SIZE)
    assert "dropped" not in said_by(command, capfd) + caplog.text


@pytest.mark.parametrize("command", [COMMANDS[3], COMMANDS[4]], ids=["evaluate", "plan"])
def test_why_no_image_of_a_bag_can_be_used_is_told(desk: Path, command: str) -> None:
    """As of a driver that does not set the time."""
    clip = write_clip(desk / "whole.avi", 1, size=SIZE)
    list(write_bag(clip, desk / "zero", start="1970-01-01T00:00:00Z"))
    words = command.replace("--video clip.avi", "--bag zero")
    with pytest.raises(PrivcvError, match="no time at which it was taken"):
        root.main(words.split(), prog_name="privcv", standalone_mode=False)


def test_messages_of_a_bag_that_are_no_images_are_told(
    desk: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    types = get_typestore(Stores.ROS2_JAZZY)
    list(write_bag(write_clip(desk / "whole.avi", 70, size=SIZE), desk / "whole", compressed=False))
    with BagReader(desk / "whole") as reader, Writer(desk / "bag", version=9) as writer:
        connection = writer.add_connection(reader.topic, IMAGE_TYPES[0], typestore=types)
        for index, image in enumerate(reader.images()):
            cdr = image.cdr if index % 40 else image.cdr[:9]
            writer.write(connection, image.stamp_ns, cdr)
    words = COMMANDS[3].replace("--video clip.avi", "--bag bag")
    assert "2 messages are no images" in said_by(words, capfd) + caplog.text
