# SPDX-License-Identifier: Apache-2.0
"""Videos and bags with P3: the custodian alone gets them back, and nothing cut or swapped."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from live_messages import TYPES, S, camera_info, image
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from scripted_finder import WHITE, WhiteSquareFinder, picture

from privcv_core.protocol.signing import SigningKey
from privcv_images.bags.anonymize import BagAnonymizer
from privcv_images.bags.image_cdr import COMPRESSED, RAW, take_apart
from privcv_images.bags.pixels import to_frame
from privcv_images.cli.custodian import command
from privcv_images.errors import ImagesError
from privcv_images.recordings import redact as redact_module
from privcv_images.recordings.custody import create_custodian_key, load_custodian_key
from privcv_images.recordings.manifest import read_manifest
from privcv_images.recordings.redact import Redaction
from privcv_images.recordings.restore import restore_video
from privcv_images.recordings.sealed_stream import HEAD, ID_BYTES, RECORD
from privcv_images.recordings.settings import ImagesSettings

FRAMES = range(10, 40)
EDGES = 60
"""Of the thousand white pixels of a body so many may shine through at its edges."""


def settings(public: str) -> ImagesSettings:
    return ImagesSettings(people={"kind": "builtin"}, redaction={"kind": "p3", "custodian": public})


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, Path]:
    path = tmp_path / "custodian.key"
    return create_custodian_key(path), path


def restore(source: Path, target: Path, key: Path):
    return CliRunner().invoke(
        command, ["restore", str(source), "-o", str(target), "--key", str(key)]
    )


def frames_of(video: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(video))
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    return frames


def whites(frame: np.ndarray) -> int:
    return int((frame >= WHITE).all(axis=2).sum())


@pytest.fixture
def video(tmp_path: Path, keys: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A redacted video, whose original lies beside it."""
    writer = cv2.VideoWriter(
        str(tmp_path / "in.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120)
    )
    for index in FRAMES:
        writer.write(picture(index))
    writer.release()
    # One frame is withheld: of it nothing is kept.
    monkeypatch.setattr(redact_module, "Finder", lambda given, filled: WhiteSquareFinder([1.5]))
    redaction = Redaction(settings(keys[0]), SigningKey.generate(), weak=True)
    (done,) = redaction.run(tmp_path / "in.avi", tmp_path / "out.avi")
    assert not done.error
    assert done.withheld == 1
    return done.target


def test_a_video_comes_back_to_its_custodian(
    video: Path, keys: tuple[str, Path], tmp_path: Path
) -> None:
    originals, shown = frames_of(tmp_path / "in.avi"), frames_of(video)
    # The label above is white too.
    assert all(whites(frame[30:100]) < EDGES for frame in shown)
    content = read_manifest(video.with_name("out.avi.manifest.json"))
    assert content["anonymous"] is False
    assert len(content["sealed_sha256"]) == 64
    result = restore(video, tmp_path / "back.avi", keys[1])
    assert result.exit_code == 0, result.output
    back = frames_of(tmp_path / "back.avi")
    assert len(back) == len(originals)
    for index, (original, restored) in enumerate(zip(originals, back, strict=True)):
        if index == 15:
            assert whites(restored[30:100]) < EDGES
            continue
        off = np.abs(restored[30:100].astype(int) - original[30:100])
        assert np.sqrt((off**2).mean()) < 8, index
    again = restore(video, tmp_path / "back.avi", keys[1])
    assert "not overwritten" in str(again.exception)


@pytest.mark.parametrize("what", ["key", "cut", "short", "swapped", "changed", "video"])
def test_what_is_not_whole_and_ours_does_not_come_back(
    video: Path, keys: tuple[str, Path], tmp_path: Path, what: str
) -> None:
    beside = video.with_name("out.avi.p3")
    content = beside.read_bytes()
    places = [len(HEAD) + ID_BYTES]
    while places[-1] < len(content):
        _, length = RECORD.unpack_from(content, places[-1])
        places.append(places[-1] + RECORD.size + length)
    assert len(places) == len(FRAMES) + 2
    parts = [content[a:b] for a, b in zip([0, *places], places, strict=False)]
    key = keys[1]
    if what == "key":
        key = tmp_path / "other.key"
        create_custodian_key(key)
    elif what == "cut":
        parts[-1] = parts[-1][:-1]
    elif what == "short":
        parts.pop()
    elif what == "swapped":
        parts[3], parts[4] = parts[3][:8] + parts[4][8:], parts[4][:8] + parts[3][8:]
    elif what == "changed":
        parts[5] = parts[5][:-1] + b"x"
    beside.write_bytes(b"".join(parts))
    if what == "video":
        video.write_bytes(video.read_bytes() + b"x")
    with pytest.raises(ImagesError, match=r"out\.avi\.p3: (does not open|is cut off)"):
        restore_video(video, tmp_path / "back.avi", load_custodian_key(key))
    assert {one.name for one in tmp_path.iterdir() if "back" in one.name} == set()


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_bag_comes_back_to_its_custodian_image_by_image(
    keys: tuple[str, Path], tmp_path: Path, storage: str
) -> None:
    plugin = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
    topics = {"/a": RAW, "/b": COMPRESSED, "/kept": RAW, "/info": "sensor_msgs/msg/CameraInfo"}
    with Writer(tmp_path / "in", version=9, storage_plugin=plugin) as writer:
        made = {
            name: writer.add_connection(name, kind, typestore=TYPES)
            for name, kind in topics.items()
        }
        for index in FRAMES:
            stamp_ns = 1000 * S + index * S // 10
            for name, kind in topics.items():
                is_info = name == "/info"
                data = camera_info(stamp_ns) if is_info else image(index, stamp_ns, kind)
                writer.write(made[name], stamp_ns, data)
    make_finder = lambda given: WhiteSquareFinder([1002.5])  # noqa: E731
    anonymizer = BagAnonymizer(settings(keys[0]), make_finder, weak=True, keep=["/kept"])
    bagged = anonymizer.run(tmp_path / "in", tmp_path / "out")
    assert not bagged.anonymous
    result = restore(tmp_path / "out", tmp_path / "back", keys[1])
    assert result.exit_code == 0, (result.output, result.exception)
    contents = []
    for name in ("in", "out", "back"):
        with Reader(tmp_path / name) as reader:
            contents.append({(c.topic, time): bytes(data) for c, time, data in reader.messages()})
    original, shown, back = contents
    assert shown.keys() == back.keys()
    assert len(original) - len(shown) == 2  # one of each redacted topic was withheld
    for (topic, time_ns), data in back.items():
        before = original[topic, time_ns]
        kind = topics[topic]
        if topic in ("/kept", "/info"):
            assert data == before == shown[topic, time_ns]
            continue
        was, now, public = (
            to_frame(take_apart(one, kind), kind) for one in (before, data, shown[topic, time_ns])
        )
        assert whites(public[30:100]) < EDGES
        off = np.abs(now[30:100].astype(int) - was[30:100])
        assert np.sqrt((off**2).mean()) < 8
    other = tmp_path / "other.key"
    create_custodian_key(other)
    wrong = restore(tmp_path / "out", tmp_path / "wrong", other)
    assert isinstance(wrong.exception, ImagesError)
    assert not (tmp_path / "wrong").exists()
