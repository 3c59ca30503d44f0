# SPDX-License-Identifier: Apache-2.0
"""``sensor_msgs/Image`` and ``CompressedImage`` to our frame buffer, without a copy in between.

Works on anything with the fields of those messages, so that it needs no ROS. 8-bit colour and
grey encodings are read through a view on the message's data; every other encoding goes through
``cv_bridge`` where it is installed.
"""

import importlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.errors import BadFrameError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer

# Encoding: (channels, how OpenCV makes it blue green red; None where it is already).
_ENCODINGS: dict[str, tuple[int, int | None]] = {
    "bgr8": (3, None),
    "rgb8": (3, cv2.COLOR_RGB2BGR),
    "mono8": (1, cv2.COLOR_GRAY2BGR),
    "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR),
}
_DECODE = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def message_to_frame(message: Any, into: FrameBuffer) -> None:
    """Write the image of ``message`` into ``into``.

    Raises ``BadFrameError`` where the message holds no image that can be read, and
    ``SourceLostError`` where its size is not that of ``into``.
    """
    if _is_compressed(message):
        _keep_size(cv2.imdecode(_bytes_to_decode(message), _DECODE), into, message)
        return
    if (message.width, message.height) != into.size:
        raise SourceLostError(_other_size(message.width, message.height, into))
    if message.encoding not in _ENCODINGS:
        _through_cv_bridge(message, into)
        return
    conversion = _ENCODINGS[message.encoding][1]
    view = _view(message)
    if conversion is None:
        np.copyto(into.pixels, view)
    else:
        cv2.cvtColor(view, conversion, into.pixels)


def image_size(message: Any) -> tuple[int, int]:
    """(width, height) of the image in ``message``, px; a compressed one is decoded for it."""
    if not _is_compressed(message):
        return int(message.width), int(message.height)
    image = cv2.imdecode(_bytes_to_decode(message), _DECODE)
    if image is None:
        raise BadFrameError(_not_decodable(message))
    image.fill(0)
    return image.shape[1], image.shape[0]


def wipe_message(message: Any) -> bool:
    """Overwrite the message's pixels with zeros in place; False where its data is read-only."""
    data = np.frombuffer(message.data, np.uint8)
    if not data.flags.writeable:
        return False
    data.fill(0)
    return True


def _view(message: Any) -> NDArray[np.uint8]:
    """The message's data as (height, width, channels), or (height, width) for one channel."""
    channels = _ENCODINGS[message.encoding][0]
    width, height, step = int(message.width), int(message.height), int(message.step)
    data = np.frombuffer(message.data, np.uint8)
    if step < width * channels or len(data) < step * (height - 1) + width * channels:
        raise BadFrameError(
            f"image message of {width}x{height} px {message.encoding} with a step of {step} bytes "
            f"holds {len(data)} bytes, too few; its publisher is broken"
        )
    shape, strides = (height, width, channels), (step, channels, 1)
    view = np.lib.stride_tricks.as_strided(data, shape, strides, writeable=False)
    return view[..., 0] if channels == 1 else view


def _through_cv_bridge(message: Any, into: FrameBuffer) -> None:
    try:
        bridge = importlib.import_module("cv_bridge")
    except ImportError:
        raise BadFrameError(
            f"image encoding '{message.encoding}' needs cv_bridge, which is not installed: install "
            f"ros-$ROS_DISTRO-cv-bridge or publish one of {', '.join(_ENCODINGS)}"
        ) from None
    try:
        image = bridge.CvBridge().imgmsg_to_cv2(message, desired_encoding="bgr8")
    except Exception as error:  # CvBridgeError, cv2.error and TypeError, by version
        raise BadFrameError(
            f"image encoding '{message.encoding}' is refused by cv_bridge: {error}"
        ) from error
    _keep_size(image, into, message)


def _keep_size(image: NDArray[Any] | None, into: FrameBuffer, message: Any) -> None:
    """Copy an image that was decoded into memory that is not ours, and wipe it there."""
    if image is None:
        raise BadFrameError(_not_decodable(message))
    try:
        if image.shape != into.pixels.shape:
            raise SourceLostError(_other_size(image.shape[1], image.shape[0], into))
        np.copyto(into.pixels, image)
    finally:
        if image.flags.writeable:
            image.fill(0)


def _is_compressed(message: Any) -> bool:
    return hasattr(message, "format")


def _bytes_to_decode(message: Any) -> NDArray[np.uint8]:
    data = np.frombuffer(message.data, np.uint8)
    if not len(data) or "compressedDepth" in message.format:
        raise BadFrameError(_not_decodable(message))
    return data


def _not_decodable(message: Any) -> str:
    return (
        f"compressed image of format '{message.format}' with {len(message.data)} bytes cannot be "
        "decoded; publish jpeg or png"
    )


def _other_size(width: int, height: int, into: FrameBuffer) -> str:
    return f"images changed from {into.size[0]}x{into.size[1]} to {width}x{height} px"
