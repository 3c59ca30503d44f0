# SPDX-License-Identifier: Apache-2.0
"""Pictures as bytes: decoded upright, and written anew from pixels alone.

Nothing of the file goes along: no EXIF, GPS, thumbnail, colour profile or comment, nor what lies
behind its end. What is weak says so in a comment of its own.
"""

import struct
import zlib
from typing import Literal

import cv2
import numpy as np

from privcv_images.errors import ImagesError
from privcv_perception.detection.detector import Frame
from privcv_perception.sources.image_header import stated_size
from privcv_perception.sources.source import LARGEST_PX

Format = Literal["jpeg", "png"]

FORMATS: dict[str, Format] = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png"}
"""File name's end to what is written."""

JPEG_QUALITY = 95
_SIGNATURES: dict[Format, bytes] = {"jpeg": b"\xff\xd8", "png": b"\x89PNG\r\n\x1a\n"}
_UPRIGHT = cv2.IMREAD_COLOR  # which turns as EXIF says: the tag is not written again
_AS_IT_LIES = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def format_of(content: bytes) -> Format | None:
    """What picture the bytes are by their first ones; None: neither JPEG nor PNG."""
    return next((name for name, head in _SIGNATURES.items() if content.startswith(head)), None)


def decode(content: bytes, where: str, *, upright: bool = True) -> Frame:
    """The picture, (height, width, 3) BGR; without ``upright`` as its sensor lay.

    Raises ``ImagesError``, naming ``where``, for what is no JPEG or PNG of at most 16384 px a side.
    """
    data = np.frombuffer(content, np.uint8)
    if format_of(content) is None:
        raise ImagesError(f"{where}: is no JPEG or PNG; convert it")
    stated = stated_size(data)
    if stated is None or max(stated) > LARGEST_PX or min(stated) < 1:
        raise ImagesError(f"{where}: states no size, or one of more than {LARGEST_PX} px a side")
    try:
        image: Frame | None = cv2.imdecode(data, _UPRIGHT if upright else _AS_IT_LIES)
    except cv2.error:
        image = None
    if image is None:
        raise ImagesError(f"{where}: cannot be decoded; it is damaged")
    return image


def encode(frame: Frame, format: Format, comment: str = "") -> bytes:
    """The picture as a file of its pixels alone, with an ASCII ``comment`` where one is given."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if format == "jpeg" else []
    _, data = cv2.imencode(".jpg" if format == "jpeg" else ".png", frame, options)
    content: bytes = data.tobytes()
    if not comment:
        return content
    text = comment.encode("ascii")
    if format == "jpeg":
        return content[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + content[2:]
    chunk = b"tEXt" + b"Comment\0" + text
    head = 8 + 4 + 4 + 13 + 4  # the signature and the header's chunk
    made = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return content[:head] + made + content[head:]
