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

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.errors import BadFrameError, OtherSizeError
from privcv_perception.frames.buffers import FrameBuffer
from privcv_perception.frames.dropped import Dropped
from privcv_perception.sources.image_header import stated_size
from privcv_perception.sources.source import LARGEST_PX

# Encoding: (channels, how OpenCV makes it blue green red; None where it is already).
_ENCODINGS: dict[str, tuple[int, int | None]] = {
    "bgr8": (3, None),
    "rgb8": (3, cv2.COLOR_RGB2BGR),
    "mono8": (1, cv2.COLOR_GRAY2BGR),
    "bgra8": (4, cv2.COLOR_BGRA2BGR),
    "rgba8": (4, cv2.COLOR_RGBA2BGR),
}
_DECODE = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def time_ns_of(message: Any) -> int:
    """Event time that the message states, ns since the epoch; whatever it states."""
    return int(message.header.stamp.sec) * NS_PER_S + int(message.header.stamp.nanosec)


def check_message(message: Any) -> None:
    """Raise ``BadFrameError`` where ``message`` states what no image has. It is not decoded here.

    Anybody may publish on an image topic, and no message may cost more than one frame.
    """
    stamp = message.header.stamp
    if stamp.sec < 0 or stamp.nanosec >= NS_PER_S or time_ns_of(message) == 0:
        raise BadFrameError(
            f"an image's header.stamp is {stamp.sec}.{stamp.nanosec:09d} s, no time at which it "
            "was taken; have the camera's driver set it",
            Dropped.NO_TIME,
        )
    if len(message.data) == 0 or (
        not _is_compressed(message) and not (message.width and message.height)
    ):
        raise BadFrameError("an image message holds no image", Dropped.EMPTY)
    if not _is_compressed(message) and max(message.width, message.height) > LARGEST_PX:
        raise BadFrameError(
            f"an image message states {message.width}x{message.height} px, more than any camera's",
            Dropped.SIZE,
        )
    if not _is_compressed(message) and len(message.data) < message.width * message.height:
        raise BadFrameError(
            f"an image message states {message.width}x{message.height} px and holds "
            f"{len(message.data)} bytes, too few; its publisher is broken",
            Dropped.UNDECODABLE,
        )


def message_to_frame(message: Any, into: FrameBuffer) -> None:
    """Write the image of ``message``, which ``check_message`` let pass, into ``into``.

    Raises ``BadFrameError`` where the message holds no image that can be read, and
    ``OtherSizeError`` where its size is not that of ``into``.
    """
    if _is_compressed(message):
        stated = stated_size(np.frombuffer(message.data, np.uint8))
        if stated is not None and stated != into.size:
            raise _other_size(*stated, into)
        _keep_size(_decoded(message), into)
        return
    if (message.width, message.height) != into.size:
        raise _other_size(message.width, message.height, into)
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
    stated = stated_size(np.frombuffer(message.data, np.uint8))
    if stated is not None and max(stated) > LARGEST_PX:
        return stated
    image = _decoded(message)
    image.fill(0)
    return image.shape[1], image.shape[0]


def wipe_message(message: Any) -> bool:
    """Overwrite the message's pixels with zeros in place; False where its data is read-only."""
    if len(message.data) == 0:
        return True
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
            f"holds {len(data)} bytes, too few; its publisher is broken",
            Dropped.UNDECODABLE,
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
            f"ros-$ROS_DISTRO-cv-bridge or publish one of {', '.join(_ENCODINGS)}",
            Dropped.ENCODING,
        ) from None
    try:
        image = bridge.CvBridge().imgmsg_to_cv2(message, desired_encoding="bgr8")
    except Exception as error:  # CvBridgeError, cv2.error and TypeError, by version
        raise BadFrameError(
            f"image encoding '{message.encoding}' is refused by cv_bridge: {error}",
            Dropped.ENCODING,
        ) from error
    _keep_size(image, into)


def _keep_size(image: NDArray[Any], into: FrameBuffer) -> None:
    """Copy an image that was decoded into memory that is not ours, and wipe it there."""
    try:
        if image.shape != into.pixels.shape:
            raise _other_size(image.shape[1], image.shape[0], into)
        np.copyto(into.pixels, image)
    finally:
        if image.flags.writeable:
            image.fill(0)


def _is_compressed(message: Any) -> bool:
    return hasattr(message, "format")


def _decoded(message: Any) -> NDArray[np.uint8]:
    """The image of a compressed message, (height, width, 3) BGR, in memory that is not ours."""
    data = np.frombuffer(message.data, np.uint8)
    image: Any = None
    try:
        if "compressedDepth" not in message.format:
            image = cv2.imdecode(data, _DECODE)
    except cv2.error:  # a header of a size that no memory holds
        image = None
    if image is None:
        raise BadFrameError(
            f"compressed image of format '{message.format[:64]}' with {len(data)} bytes cannot be "
            "decoded; publish jpeg or png",
            Dropped.UNDECODABLE,
        )
    return image  # type: ignore[no-any-return]


def _other_size(width: int, height: int, into: FrameBuffer) -> OtherSizeError:
    return OtherSizeError(
        f"images changed from {into.size[0]}x{into.size[1]} to {width}x{height} px",
        (width, height),
    )
