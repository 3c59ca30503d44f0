# SPDX-License-Identifier: Apache-2.0
"""Pixels of an image message to a BGR frame and back, in the encoding and row length they had."""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.bags.image_cdr import RAW, ImageCdr
from privcv_images.errors import ImagesError
from privcv_images.recordings.image_codec import Format, decode, encode
from privcv_perception.detection.detector import Frame
from privcv_perception.sources.source import LARGEST_PX

CHANNELS = {"bgr8": 3, "rgb8": 3, "mono8": 1, "bgra8": 4, "rgba8": 4}
"""Encodings of 8-bit colour and grey that are redacted: values for one pixel."""

REVERSED = frozenset({"rgb8", "rgba8"})


def encoding_problem(kind: str, encoding: str) -> str:
    """Why images of this encoding, or format, are not redacted; empty where they are."""
    if kind == RAW:
        if encoding in CHANNELS:
            return ""
        return f"images of encoding '{encoding[:32]}', which may be depth"
    if "compressedDepth" in encoding:
        return "compressed depth"
    return "" if compression(encoding) else f"compressed images of format '{encoding[:32]}'"


def compression(format: str) -> Format | None:
    """What a CompressedImage's format says: of 'bgr8; jpeg compressed bgr8' it is 'jpeg'."""
    words = format.lower()
    if "jpeg" in words or "jpg" in words:
        return "jpeg"
    return "png" if "png" in words else None


def to_frame(image: ImageCdr, kind: str) -> Frame:
    """The image as (height, width, 3) BGR, a copy. Raises ``ImagesError`` for what is none."""
    if kind != RAW:
        # As the sensor lay: camera_info is of that, and whoever reads it gets it so.
        return decode(bytes(image.data), "a compressed image", upright=False)
    view = _view(np.frombuffer(image.data, np.uint8), image)
    if CHANNELS[image.encoding] == 1:
        grey: Frame = cv2.cvtColor(view, cv2.COLOR_GRAY2BGR)
        return grey
    colours = view[..., :3]
    return np.array(colours[..., ::-1] if image.encoding in REVERSED else colours, order="C")


def from_frame(frame: Frame, image: ImageCdr, kind: str, comment: str = "") -> bytes:
    """The message ``image`` with the pixels of ``frame``; what pads its rows is zero.

    ``comment``: into a compressed image's metadata.
    """
    if kind != RAW:
        format = compression(image.encoding)
        assert format is not None, "its encoding was looked at"
        return image.with_data(encode(frame, format, comment))
    data = np.zeros(image.length, np.uint8)
    into, original = _view(data, image), _view(np.frombuffer(image.data, np.uint8), image)
    if CHANNELS[image.encoding] == 1:
        into[...] = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    else:
        into[..., :3] = frame[..., ::-1] if image.encoding in REVERSED else frame
        # An alpha channel may show who stands there: it says opaque where it said anything else.
        into[..., 3:] = 255 if original.shape[2] > 3 else 0
    return image.with_data(data.tobytes())


def _view(data: NDArray[np.uint8], image: ImageCdr) -> NDArray[np.uint8]:
    """(height, width, channels), or (height, width) of one, of the rows in ``data``."""
    channels = CHANNELS[image.encoding]
    width, height, step = image.width, image.height, image.step
    needed = step * (height - 1) + width * channels
    if not (0 < width <= LARGEST_PX and 0 < height <= LARGEST_PX):
        raise ImagesError(f"an image message states {width}x{height} px")
    if step < width * channels or len(data) < needed:
        raise ImagesError(
            f"an image message of {width}x{height} px with a step of {step} holds {len(data)} bytes"
        )
    shape, strides = (height, width, channels), (step, channels, 1)
    view = np.lib.stride_tricks.as_strided(data, shape, strides, writeable=data.flags.writeable)
    return view[..., 0] if channels == 1 else view
