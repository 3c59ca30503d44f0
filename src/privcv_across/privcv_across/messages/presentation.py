# SPDX-License-Identifier: Apache-2.0
"""The presentation language of TLS (RFC 8446, 3), read and written: big-endian, length before."""

from collections.abc import Callable
from typing import TypeVar

from privcv_across.errors import MalformedMessage

T = TypeVar("T")


class Reader:
    """Reads a message from its begin; ``what`` names it in errors."""

    def __init__(self, what: str, content: bytes) -> None:
        self.what = what
        self._content = content
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        end = self._at + size
        if end > len(self._content):
            raise self.malformed("ends in the middle of a field")
        part, self._at = self._content[self._at : end], end
        return part

    def integer(self, size: int) -> int:
        """An unsigned integer of ``size`` bytes."""
        return int.from_bytes(self.take(size), "big")

    def opaque(self, prefix: int, least: int = 0, most: int | None = None) -> bytes:
        """A vector of bytes after its length, which has ``prefix`` bytes and is within bounds."""
        size = self.integer(prefix)
        if size < least or (most is not None and size > most):
            raise self.malformed(f"a field of {size} bytes, not {least} to {most}")
        return self.take(size)

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._content) - self._at)

    def repeated(self, read: Callable[["Reader"], T], most: int) -> list[T]:
        """What ``read`` finds until the end, at most ``most`` times."""
        found: list[T] = []
        while self._at < len(self._content):
            if len(found) == most:
                raise self.malformed(f"holds more than {most}")
            found.append(read(self))
        return found

    def end(self) -> None:
        """Raises ``MalformedMessage`` where something is left."""
        if self._at < len(self._content):
            left = len(self._content) - self._at
            raise self.malformed(f"{left} bytes too many")

    def malformed(self, why: str) -> MalformedMessage:
        """The error that says ``why`` this is no such message."""
        return MalformedMessage(f"{self.what}: {why}")


def integer(number: int, size: int) -> bytes:
    """``size`` bytes; raises ``MalformedMessage`` for a number that does not fit."""
    if not 0 <= number < 256**size:
        raise MalformedMessage(f"message: {number} does not fit into {size} bytes")
    return number.to_bytes(size, "big")


def opaque(content: bytes, prefix: int) -> bytes:
    """``content`` after its length in ``prefix`` bytes."""
    return integer(len(content), prefix) + content


def exactly(what: str, content: bytes, size: int) -> bytes:
    """``content``; raises ``MalformedMessage`` for another size."""
    if len(content) != size:
        raise MalformedMessage(f"{what}: {len(content)} bytes, not {size}")
    return content
