# SPDX-License-Identifier: Apache-2.0
"""Bounds on request bodies: the size and time of one, and what all that arrive hold together."""

from dataclasses import dataclass

import anyio
from starlette.requests import ClientDisconnect, Request

from privcv_collector.refused import Refused, busy


@dataclass(eq=False)
class _Arriving:
    """A body of which some may be here."""

    until: anyio.CancelScope
    size: int = 0
    given_up: bool = False


class BodyReader:
    """Reads the bodies of requests; those that are arriving hold at most ``most_bytes`` together.

    Where they would hold more, the one that began first is given up: an honest body arrives within
    moments, so that this is who stalls, and not who comes next.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._arriving: dict[_Arriving, None] = {}

    @property
    def held_bytes(self) -> int:
        """What the bodies that are arriving hold now, bytes."""
        return self._held_bytes

    async def read(self, request: Request, most_bytes: int, timeout_s: float) -> bytes:
        """The body of a request, of at most ``most_bytes`` within ``timeout_s``.

        Raises ``Refused``: 413 where it is too large, 408 too slow, 400 cut off, 503 given up.
        """
        too_large = Refused(413, "too_large", f"the body exceeds {most_bytes} bytes")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > most_bytes:
            raise too_large

        parts: list[bytes] = []
        with anyio.move_on_after(timeout_s) as until:
            mine = _Arriving(until)
            self._arriving[mine] = None
            try:
                async for part in request.stream():
                    if mine.size + len(part) > most_bytes:
                        raise too_large
                    parts.append(part)
                    self._grow(mine, len(part))
            except ClientDisconnect as error:
                words = "the connection ended inside the body"
                raise Refused(400, "incomplete", words) from error
            finally:
                self._end(mine)
        if mine.given_up:
            raise busy("too many bodies are arriving; try again")
        if until.cancelled_caught:
            raise Refused(408, "timeout", f"the body took longer than {timeout_s:g} s")
        return b"".join(parts)

    def _grow(self, body: _Arriving, size: int) -> None:
        body.size += size
        self._held_bytes += size
        while self._held_bytes > self._most_bytes:
            first = next(iter(self._arriving))
            self._end(first)
            first.given_up = True
            first.until.cancel()

    def _end(self, body: _Arriving) -> None:
        if body in self._arriving:
            del self._arriving[body]
            self._held_bytes -= body.size
