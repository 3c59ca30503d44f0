# SPDX-License-Identifier: Apache-2.0
"""Size that the header of a JPEG or PNG states, read before anything is decoded.

A few bytes may state an image of gigabytes, and anybody may publish them.
"""

from numpy.typing import NDArray

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a frame's start, which state its size."""
_LONGEST_HEADER = 1 << 20


def stated_size(data: NDArray) -> tuple[int, int] | None:  # type: ignore[type-arg]
    """(width, height) px that ``data`` (uint8) states; None where it is neither, or states none."""
    head = data[:_LONGEST_HEADER].tobytes()
    if head.startswith(_PNG):
        return (_number(head, 16, 4), _number(head, 20, 4)) if len(head) >= 24 else None
    if not head.startswith(_JPEG):
        return None
    place = len(_JPEG)
    while place + 9 <= len(head):
        if head[place] != 0xFF:
            return None
        marker = head[place + 1]
        if marker in _SIZES:
            return _number(head, place + 7, 2), _number(head, place + 5, 2)
        if marker == 0xFF:  # padding
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        else:
            place += 2 + _number(head, place + 2, 2)
    return None


def _number(head: bytes, place: int, size: int) -> int:
    return int.from_bytes(head[place : place + size], "big")
