# SPDX-License-Identifier: Apache-2.0
"""Encoded images (JPEG, PNG) that stay in the memory of a process that is at work.

A camera process holds the compressed frame of this moment, and no longer: what is there at two
looks, some seconds apart, byte by byte, was left. Pixels that were decoded cannot be recognized
without knowing them: for those ``privcv audit residue`` plays frames that it knows to a process of
its own.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from privcv_perception.errors import PerceptionError
from privcv_perception.residue.scan import mappings, owner_of

APART_S = 5.0
"""Longer than any frame is in use, s."""

_LONGEST = 16 << 20
_CHUNK = 64 << 20
_JPEG = re.compile(
    rb"\xff\xd8\xff(?:[\xe0-\xef\xdb\xc0\xc4\xfe]).{0,65535}?\xff[\xc0-\xc2]\0\x11\x08", re.DOTALL
)
_PNG = re.compile(rb"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
_ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND\xae\x42\x60\x82"}


@dataclass(frozen=True)
class LeftImage:
    """An image that was there at both looks."""

    kind: str
    owner: str
    bytes: int


def left_images(
    pid: int, wait: Callable[[float], None] = time.sleep, apart_s: float = APART_S
) -> list[LeftImage]:
    """The images that stay in the writable memory of ``pid``. Raises ``PerceptionError``.

    Read-only mappings, such as libraries with icons of their own, are not looked at.
    """
    first = set(_images(pid))
    if not first:
        return []
    wait(apart_s)
    return [image for image, digest in sorted(first & set(_images(pid)), key=repr)]


def _images(pid: int) -> Iterator[tuple[LeftImage, str]]:
    try:
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except OSError as error:
        raise PerceptionError(
            f"the memory of process {pid} cannot be read ({error.strerror}): ask again as root"
        ) from None
    try:
        for begin, end, name in mappings(pid, writable=True):
            for place in range(begin, end, _CHUNK):
                size = min(_CHUNK + _LONGEST, end - place)
                try:
                    content = os.pread(memory, size, place)
                except OSError:
                    continue
                for found in _encoded(content, min(_CHUNK, end - place)):
                    kind = "JPEG" if found[:2] == b"\xff\xd8" else "PNG"
                    image = LeftImage(kind, owner_of(name), len(found))
                    yield image, hashlib.sha256(found).hexdigest()
    finally:
        os.close(memory)


def _encoded(content: bytes, begins_before: int) -> Iterator[bytes]:
    """The whole images in ``content`` that begin in its first part."""
    for pattern in (_JPEG, _PNG):
        for match in pattern.finditer(content):
            begin = match.start()
            if begin >= begins_before:
                break
            mark = _ENDS[content[begin : begin + 2]]
            end = content.find(mark, match.end(), begin + _LONGEST)
            if end > 0:
                yield content[begin : end + len(mark)]
