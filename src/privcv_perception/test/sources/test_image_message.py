# SPDX-License-Identifier: Apache-2.0
"""Image messages of every kind become our frame, and are zeroed."""

import sys
from array import array
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from privcv_perception.errors import BadFrameError, OtherSizeError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.sources import SourceSettings
from privcv_perception.sources.image_message import image_size, message_to_frame, wipe_message
from privcv_perception.sources.topic import TopicSource

WIDTH, HEIGHT = 20, 18
BLUE, GREEN, RED = 10, 100, 200


def message(encoding: str, pixels: np.ndarray, pad: int = 0, big_endian: int = 0) -> Any:
    """A sensor_msgs/Image with ``pad`` bytes of rubbish after each row."""
    rows = pixels.reshape(HEIGHT, -1)
    padded = np.concatenate([rows, np.full((HEIGHT, pad), 255, np.uint8)], axis=1)
    return SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=5, nanosec=7)),
        width=WIDTH,
        height=HEIGHT,
        encoding=encoding,
        is_bigendian=big_endian,
        step=padded.shape[1],
        data=array("B", padded.tobytes()),
    )


def compressed(suffix: str, pixels: np.ndarray) -> Any:
    data = array("B", cv2.imencode(suffix, pixels)[1].tobytes())
    return SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=5, nanosec=7)),
        format=suffix[1:],
        data=data,
    )


def colours(*channels: int) -> np.ndarray:
    image = np.empty((HEIGHT, WIDTH, len(channels)), np.uint8)
    image[:] = channels
    image[0] = 0  # so that an image that is upside down or shifted is not the same
    return image


EXPECTED = colours(BLUE, GREEN, RED)


@pytest.mark.parametrize("pad", [0, 3, 64])
@pytest.mark.parametrize("big_endian", [0, 1])
@pytest.mark.parametrize(
    ("encoding", "pixels"),
    [
        ("bgr8", colours(BLUE, GREEN, RED)),
        ("rgb8", colours(RED, GREEN, BLUE)),
        ("bgra8", colours(BLUE, GREEN, RED, 255)),
        ("rgba8", colours(RED, GREEN, BLUE, 0)),
    ],
)
def test_colour_is_read_at_any_row_length_and_byte_order(encoding, pixels, pad, big_endian):
    frame = FrameBuffer(WIDTH, HEIGHT)
    image = message(encoding, pixels, pad, big_endian)
    message_to_frame(image, frame)
    assert (frame.pixels == EXPECTED).all()
    assert wipe_message(image)
    assert not any(image.data)


def test_grey_becomes_three_equal_channels():
    frame = FrameBuffer(WIDTH, HEIGHT)
    message_to_frame(message("mono8", colours(90), pad=5), frame)
    assert (frame.pixels == colours(90, 90, 90)).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_compressed_images_are_decoded(suffix):
    frame = FrameBuffer(WIDTH, HEIGHT)
    flat = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    image = compressed(suffix, flat)
    assert image_size(image) == (WIDTH, HEIGHT)
    message_to_frame(image, frame)
    assert np.abs(frame.pixels.astype(int) - 128).max() <= 2
    assert wipe_message(image)
    assert not any(image.data)


def test_a_16_bit_png_becomes_8_bit():
    frame = FrameBuffer(WIDTH, HEIGHT)
    message_to_frame(compressed(".png", np.full((HEIGHT, WIDTH), 128 * 257, np.uint16)), frame)
    assert (frame.pixels == 128).all()


def test_other_encodings_name_themselves_and_cv_bridge(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv_bridge", None)
    with pytest.raises(BadFrameError, match=r"'mono16' needs cv_bridge"):
        message_to_frame(message("mono16", colours(1, 2)), FrameBuffer(WIDTH, HEIGHT))


def test_other_encodings_go_through_cv_bridge_and_its_copy_is_wiped(monkeypatch):
    made = np.array(EXPECTED)

    class CvBridge:
        def imgmsg_to_cv2(self, image: Any, desired_encoding: str) -> np.ndarray:
            assert desired_encoding == "bgr8"
            if image.encoding == "odd":
                raise ValueError("no such encoding")
            return made

    bridge = ModuleType("cv_bridge")
    bridge.CvBridge = CvBridge
    monkeypatch.setitem(sys.modules, "cv_bridge", bridge)
    frame = FrameBuffer(WIDTH, HEIGHT)
    message_to_frame(message("bayer_rggb8", colours(1)), frame)
    assert (frame.pixels == EXPECTED).all()
    assert not made.any()
    with pytest.raises(BadFrameError, match="'odd' is refused by cv_bridge: no such encoding"):
        message_to_frame(message("odd", colours(1)), frame)


@pytest.mark.parametrize("change", [{"step": 10}, {"data": array("B", [1] * 50)}, {"step": 0}])
def test_a_message_with_too_few_bytes_is_refused(change):
    image = message("bgr8", EXPECTED)
    vars(image).update(change)
    with pytest.raises(BadFrameError, match="too few"):
        message_to_frame(image, FrameBuffer(WIDTH, HEIGHT))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8 no picture"])
def test_a_broken_compressed_image_is_refused(data):
    image = compressed(".jpg", EXPECTED)
    image.data = array("B", data)
    with pytest.raises(BadFrameError, match="cannot be decoded"):
        message_to_frame(image, FrameBuffer(WIDTH, HEIGHT))


@pytest.mark.parametrize("image", [message("bgr8", EXPECTED), compressed(".png", EXPECTED)])
def test_another_size_than_before_is_noticed(image):
    with pytest.raises(OtherSizeError, match="changed") as raised:
        message_to_frame(image, FrameBuffer(WIDTH + 1, HEIGHT))
    assert raised.value.size == (WIDTH, HEIGHT)


def test_data_that_cannot_be_wiped_is_told():
    image = message("bgr8", EXPECTED)
    image.data = bytes(image.data)
    assert not wipe_message(image)


def test_the_topic_keeps_only_the_newest_message_and_zeroes_them_all():
    source = TopicSource(SourceSettings(kind="topic", uri="image_raw", stall_s=0.5))
    early = message("bgr8", EXPECTED)
    source.offer(early)  # nobody has opened the source yet
    assert not any(early.data)
    with pytest.raises(SourceLostError, match=r"no image for 0\.5 s"):
        source.open()
    first, second = message("bgr8", EXPECTED), message("bgr8", EXPECTED)
    second.header.stamp.sec = 6
    source.offer(first)
    source.offer(second)
    source.open()
    assert source.size == (WIDTH, HEIGHT)
    frame = FrameBuffer(WIDTH, HEIGHT)
    stamp = source.read(frame)
    assert stamp is not None
    assert stamp.time_ns == 6_000_000_007
    assert (frame.pixels == EXPECTED).all()
    assert not any(first.data)
    assert not any(second.data)
    third = message("bgr8", EXPECTED)
    source.offer(third)
    source.close()
    assert not any(third.data)
