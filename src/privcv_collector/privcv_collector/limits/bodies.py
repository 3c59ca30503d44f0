# SPDX-License-Identifier: Apache-2.0
"""Bounds on request bodies: the size and time of one, and what all that arrive hold together."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import anyio
from starlette.requests import ClientDisconnect, Request

from privcv_collector.refused import Refused, busy

KNOWN_NETWORKS = 10_000


@dataclass(eq=False)
class _Arriving:
    """A body of which some may be here, and the network that it comes from."""

    network: str
    until: anyio.CancelScope
    size: int = 0
    given_up: bool = False


class BodyReader:
    """Reads the bodies of requests; those that are arriving hold at most ``most_bytes`` together.

    Who sends is known only when a body is whole, since the signature is its end. Where there is no
    room the network that holds most gives way, with the body that it began first: whoever fills the
    room pushes out what is its own. Networks of devices that are welcome give way last.
    ``known``: those that were, before this process was started.
    """

    def __init__(self, most_bytes: int, known: Iterable[str] = ()) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._arriving: dict[str, dict[_Arriving, None]] = {}
        self._held_of: dict[str, int] = {}
        self._known: OrderedDict[str, None] = OrderedDict.fromkeys(known)

    @property
    def held_bytes(self) -> int:
        """What the bodies that are arriving hold now, bytes."""
        return self._held_bytes

    def know(self, network: str) -> None:
        """A welcome device's signature came from here: the latest 10,000 are remembered."""
        self._known[network] = None
        self._known.move_to_end(network)
        if len(self._known) > KNOWN_NETWORKS:
            self._known.popitem(last=False)

    async def read(
        self, request: Request, network: str, most_bytes: int, timeout_s: float
    ) -> bytes:
        """The body of a request, of at most ``most_bytes`` within ``timeout_s``.

        Raises ``Refused``: 413 where it is too large, 408 too slow, 400 cut off, 503 given up.
        """
        too_large = Refused(413, "too_large", f"the body exceeds {most_bytes} bytes")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > most_bytes:
            raise too_large

        parts: list[bytes] = []
        with anyio.move_on_after(timeout_s) as until:
            mine = _Arriving(network, until)
            self._arriving.setdefault(network, {})[mine] = None
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
        self._held_of[body.network] = self._held_of.get(body.network, 0) + size
        while self._held_bytes > self._most_bytes:
            first = self._to_give_way()
            self._end(first)
            first.given_up = True
            first.until.cancel()

    def _to_give_way(self) -> _Arriving:
        strangers = [network for network in self._held_of if network not in self._known]
        network = max(strangers or self._held_of, key=self._held_of.__getitem__)
        return next(body for body in self._arriving[network] if body.size)

    def _end(self, body: _Arriving) -> None:
        same = self._arriving.get(body.network, {})
        if body not in same:
            return
        del same[body]
        self._held_bytes -= body.size
        left = self._held_of.get(body.network, 0) - body.size
        if left:
            self._held_of[body.network] = left
        else:
            self._held_of.pop(body.network, None)
        if not same:
            del self._arriving[body.network]
