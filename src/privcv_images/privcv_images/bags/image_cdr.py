# SPDX-License-Identifier: Apache-2.0
"""Where the pixels lie in a serialized image message: they alone are written anew.

``sensor_msgs/Image`` and ``CompressedImage`` as XCDR1 (OMG DDS-XTypes 1.3, 7.4.1): each number is
aligned to its own size from behind the four bytes that say the byte order. What stands before the
pixels (header, sizes, encoding, step, format) is copied, so that it cannot be lost.
"""

import struct
from dataclasses import dataclass

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_images.errors import ImagesError

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
IMAGE_TYPES = (RAW, COMPRESSED)
ORDER_BYTES = 4
_ORDERS = {b"\0\0": ">", b"\0\1": "<"}
LONGEST_TEXT = 1 << 16


@dataclass(frozen=True)
class ImageCdr:
    """An image message, taken apart: ``data`` begins at ``offset`` of its ``cdr``.

    ``encoding``: of a raw image; the format of a compressed one, whose sizes are 0.
    """

    cdr: bytes
    order: str
    stamp_ns: int
    encoding: str
    width: int
    height: int
    step: int
    offset: int
    length: int

    @property
    def data(self) -> memoryview:
        """The pixels, or the compressed picture."""
        return memoryview(self.cdr)[self.offset : self.offset + self.length]

    def with_data(self, data: bytes) -> bytes:
        """The same message with other ``data``; a raw image's is as long as before."""
        length = struct.pack(f"{self.order}I", len(data))
        tail = self.cdr[self.offset + self.length :]
        return b"".join((self.cdr[: self.offset - 4], length, data, tail))


def take_apart(cdr: bytes, kind: str) -> ImageCdr:
    """Read a message of one of ``IMAGE_TYPES``. Raises ``ImagesError`` for what is none."""
    reader = _Reader(cdr)
    seconds, nanoseconds = reader.number("i"), reader.number("I")
    reader.text()
    width = height = step = 0
    if kind == RAW:
        height, width = reader.number("I"), reader.number("I")
    encoding = reader.text()
    if kind == RAW:
        reader.number("B")
        step = reader.number("I")
    length = reader.number("I")
    offset = reader.place
    if offset + length > len(cdr):
        raise ImagesError(f"an image message states {length} bytes and holds {len(cdr) - offset}")
    stamp_ns = seconds * NS_PER_S + nanoseconds
    return ImageCdr(cdr, reader.order, stamp_ns, encoding, width, height, step, offset, length)


class _Reader:
    """Reads numbers and texts one after the other."""

    def __init__(self, cdr: bytes) -> None:
        order = _ORDERS.get(cdr[:2])
        if order is None:
            raise ImagesError("an image message is serialized in a form that is not known here")
        self.order = order
        self.place = ORDER_BYTES
        self._cdr = cdr

    def number(self, code: str) -> int:
        size = struct.calcsize(f"={code}")
        self.place += (ORDER_BYTES - self.place) % size
        try:
            (value,) = struct.unpack_from(f"{self.order}{code}", self._cdr, self.place)
        except struct.error:
            raise ImagesError("an image message ends too early") from None
        self.place += size
        return int(value)

    def text(self) -> str:
        length = self.number("I")
        if length > LONGEST_TEXT or self.place + length > len(self._cdr):
            raise ImagesError("an image message ends too early")
        raw = self._cdr[self.place : self.place + length]
        self.place += length
        return raw.rstrip(b"\0").decode(errors="replace")
