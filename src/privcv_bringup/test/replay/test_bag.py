# SPDX-License-Identifier: Apache-2.0
"""Bags hold every frame of a video, to the pixel where raw, and bad ones are named."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.typesys import Stores, get_typestore

from privcv_bringup.replay.bag import BagError, BagReader, write_bag

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
            start_ns=START_NS,
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
    with pytest.raises(BagError, match=r"text\.mp4: cannot be opened as a video"):
        list(write_bag(text, tmp_path / "out"))


def test_the_topic_must_be_one_that_holds_images(scene_folder: Path, tmp_path: Path) -> None:
    list(write_bag(scene_folder / "video.avi", tmp_path / "bag", topic="/a/image_raw"))
    with pytest.raises(BagError, match="it holds /a/image_raw/compressed"):
        BagReader(tmp_path / "bag", "/b/image_raw")
