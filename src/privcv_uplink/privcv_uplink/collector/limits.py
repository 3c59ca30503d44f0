# SPDX-License-Identifier: Apache-2.0
"""Bounds on what one peer can make a collector do: size, time and rate of requests."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address

import anyio
from starlette.requests import ClientDisconnect, Request

from privcv_uplink.collector.answers import Refused

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


async def read_body(request: Request, most_bytes: int, timeout_s: float) -> bytes:
    """The body of a request; raises ``Refused`` where it is too large or too slow."""
    too_large = Refused(413, "too_large", f"the body exceeds {most_bytes} bytes")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most_bytes:
        raise too_large

    parts, size = [], 0
    try:
        with anyio.fail_after(timeout_s):
            async for part in request.stream():
                size += len(part)
                if size > most_bytes:
                    raise too_large
                parts.append(part)
    except TimeoutError as error:
        raise Refused(408, "timeout", f"the body took longer than {timeout_s:g} s") from error
    except ClientDisconnect as error:
        raise Refused(400, "incomplete", "the connection ended inside the body") from error
    return b"".join(parts)
