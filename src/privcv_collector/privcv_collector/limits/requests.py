# SPDX-License-Identifier: Apache-2.0
"""Bounds on what one peer can make a collector do: size, time and rate of requests."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address

import anyio
from starlette.requests import ClientDisconnect, Request

from privcv_collector.refused import Refused, busy

_MOST_BUCKETS = 20_000


class Rate:
    """A token bucket for each name: ``rate_hz`` on average, bursts of ``burst`` at once."""

    def __init__(
        self, rate_hz: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_hz = rate_hz
        self._burst = max(1.0, burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """Take one token of ``name``: 0 if there is one, else the time until there is, s."""
        now = self._clock()
        tokens, since = self._buckets.pop(name, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate_hz)
        granted = tokens >= 1.0
        self._buckets[name] = (tokens - 1.0 if granted else tokens, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0 if granted else (1.0 - tokens) / self._rate_hz

    def take(self, name: str, device: str | None = None) -> None:
        """Take one token of ``name``; raises ``Refused`` where there is none."""
        wait_s = self.wait_s(name)
        if wait_s > 0:
            raise Refused(
                429,
                "rate",
                "too many requests; wait as long as Retry-After says",
                device=device,
                headers={"Retry-After": str(math.ceil(wait_s))},
            )


def payer_of(address: str) -> str:
    """Whose rate the requests of a network address count against.

    A host in IPv6 has 2**64 addresses to choose from: they count as one. An IPv4 address counts
    alike whether or not it came through a socket of IPv6.
    """
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


@dataclass(eq=False)
class _Arriving:
    """A body of which some may be here."""

    until: anyio.CancelScope
    size: int = 0
    given_up: bool = False


class Bodies:
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
        """What the bodies that are arriving hold now."""
        return self._held_bytes

    async def read(self, request: Request, most_bytes: int, timeout_s: float) -> bytes:
        """The body of a request; raises ``Refused`` where it is too large or too slow."""
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
