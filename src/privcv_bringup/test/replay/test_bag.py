# SPDX-License-Identifier: Apache-2.0
"""Bags hold every frame of a video, to the pixel where raw, and bad ones are named."""

import contextlib
import os
import random
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from media import break_frames, write_clip, write_turned, write_with_times
from rosbags.typesys import Stores, get_typestore

from privcv_bringup.replay.bag import BagError, BagReader, is_bag, write_bag
from privcv_perception.errors import SourceError

START_NS = 1_769_846_400_000_000_000


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
@pytest.mark.parametrize("compressed", [True, False], ids=["jpeg", "raw"])
def test_a_bag_holds_the_video(
    scene_folder: Path, tmp_path: Path, storage: str, compressed: bool
) -> None:
    video, bag = scene_folder / "video.avi", tmp_path / "bag"
    counts = list(
        write_bag(
            video, bag, topic="/lobby/image_raw", storage=storage, compressed=compressed,
            start="2026-01-31T08:00:00Z",
        )
    )  # fmt: skip
    assert counts[-1] == 450
    types = get_typestore(Stores.ROS2_JAZZY)
    capture = cv2.VideoCapture(str(video))
    with BagReader(bag) as reader:
        assert reader.count == 450
        assert reader.topic == "/lobby/image_raw" + ("/compressed" if compressed else "")
        for index, image in enumerate(reader.images()):
            assert image.stamp_ns == START_NS + index * 100_000_000
            _, frame = capture.read()
            if index % 90:
                continue
            message = types.deserialize_cdr(image.cdr, image.type)
            if compressed:
                got = cv2.imdecode(np.asarray(message.data), cv2.IMREAD_COLOR)
                assert np.abs(got.astype(int) - frame).mean() < 3
            else:
                got = np.reshape(message.data, (message.height, message.width, 3))
                assert message.encoding == "bgr8"
                assert np.array_equal(got, frame)


def test_what_is_no_bag_or_no_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="nothing: there is no such bag"):
        BagReader(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BagError, match="empty: cannot be read as a ROS 2 bag"):
        BagReader(tmp_path / "empty")
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(SourceError, match=r"text\.mp4: cannot be read as a video"):
        list(write_bag(text, tmp_path / "out"))


def test_the_topic_must_be_one_that_holds_images(scene_folder: Path, tmp_path: Path) -> None:
    list(write_bag(scene_folder / "video.avi", tmp_path / "bag", topic="/a/image_raw"))
    with pytest.raises(BagError, match="it holds /a/image_raw/compressed"):
        BagReader(tmp_path / "bag", "/b/image_raw")


def test_a_bag_s_times_are_those_of_the_video_at_a_variable_rate(tmp_path: Path) -> None:
    ticks = [0, 4, 70, 300, 1200, 1210, 2900]
    video = write_with_times(tmp_path / "clip.mkv", ticks)
    list(write_bag(video, tmp_path / "bag", start="2026-01-31T08:00:00Z"))
    with BagReader(tmp_path / "bag") as reader:
        stamps = [image.stamp_ns - START_NS for image in reader.images()]
    assert stamps == [tick * 10_000_000 for tick in ticks]


def test_a_bag_holds_what_can_be_decoded_of_a_broken_video_upright(tmp_path: Path) -> None:
    video = break_frames(write_clip(tmp_path / "clip.avi", 30), {3, 4, 20})
    assert list(write_bag(video, tmp_path / "bag"))[-1] == 27
    assert list(write_bag(write_turned(tmp_path / "phone.mp4", 90), tmp_path / "turned"))[-1] == 5
    types = get_typestore(Stores.ROS2_JAZZY)
    with BagReader(tmp_path / "turned") as reader:
        image = next(reader.images())
        got = cv2.imdecode(np.asarray(types.deserialize_cdr(image.cdr, image.type).data), 1)
    assert got.shape == (48, 64, 3)
    assert got[:8].mean() > 230
    assert got[20:].mean() < 120


def test_half_a_bag_is_removed(tmp_path: Path) -> None:
    frames = write_bag(write_clip(tmp_path / "clip.avi", 30), tmp_path / "bag")
    next(frames)
    assert (tmp_path / "bag").exists()
    frames.close()
    assert not (tmp_path / "bag").exists()


def test_a_bag_of_ros_1_is_named_with_what_to_do(tmp_path: Path) -> None:
    bag = tmp_path / "old.bag"
    bag.write_bytes(b"#ROSBAG V2.0\n" + bytes(500))
    assert is_bag(bag)
    with pytest.raises(BagError, match="is a bag of ROS 1; convert it: rosbags-convert"):
        BagReader(bag)


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_whatever_byte_of_a_bag_is_damaged_it_is_read_or_named(
    tmp_path: Path, storage: str
) -> None:
    list(write_bag(write_clip(tmp_path / "clip.avi", 12), tmp_path / "bag", storage=storage))
    (file,) = (path for path in (tmp_path / "bag").iterdir() if path.suffix != ".yaml")
    whole, metadata = file.read_bytes(), (tmp_path / "bag" / "metadata.yaml").read_bytes()
    chance = random.Random(4)
    for _ in range(150):
        damaged = bytearray(whole)
        described = bytearray(metadata)
        match chance.randrange(4):
            case 0:
                damaged = damaged[: chance.randrange(len(damaged))]
            case 1:
                place = chance.randrange(len(damaged))
                damaged[place : place + 50] = chance.randbytes(50)
            case 2:
                described = described[: chance.randrange(len(described))]
            case 3:
                place = chance.randrange(len(described))
                described[place : place + 5] = chance.randbytes(5)
        file.write_bytes(damaged)
        (tmp_path / "bag" / "metadata.yaml").write_bytes(described)
        with contextlib.suppress(BagError), BagReader(tmp_path / "bag") as reader:
            assert len(list(reader.images())) + reader.unreadable <= 12


def test_a_bag_without_its_metadata_is_read_or_named(tmp_path: Path) -> None:
    list(write_bag(write_clip(tmp_path / "clip.avi", 12), tmp_path / "bag"))
    (tmp_path / "bag" / "metadata.yaml").unlink()
    with pytest.raises(BagError, match=r"cannot be read as a ROS 2 bag.*; 'ros2 bag reindex "):
        BagReader(tmp_path / "bag")


def test_a_bag_that_was_cut_off_is_named_with_what_to_do(tmp_path: Path) -> None:
    list(write_bag(write_clip(tmp_path / "clip.avi", 12), tmp_path / "bag"))
    (file,) = (tmp_path / "bag").glob("*.mcap")
    file.write_bytes(file.read_bytes()[:-3000])
    with pytest.raises(BagError, match="'mcap recover'"):
        BagReader(tmp_path / "bag")


@pytest.mark.parametrize("name", ["metadata.yaml", "bag.mcap", "bag.mcap alone", "other"])
def test_a_pipe_in_the_place_of_a_file_is_waited_for_by_nobody(tmp_path: Path, name: str) -> None:
    """As a child that can be ended: who opens a pipe that nobody writes to never returns."""
    bag = tmp_path / "bag"
    list(write_bag(write_clip(tmp_path / "clip.avi", 12), bag))
    pipe = bag / name.split()[0]
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    named = pipe if name.endswith("alone") else bag
    read = f"from privcv_bringup.replay.bag import BagReader; BagReader(Path({str(named)!r}))"
    ran = subprocess.run(
        [sys.executable, "-c", f"from pathlib import Path; {read}"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert f"BagError: {pipe}: cannot be read: is a pipe" in ran.stderr
