# SPDX-License-Identifier: Apache-2.0
"""Rate limit: a token bucket for each network address, device or kind of event."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address

from privcv_collector.refused import Refused

_MOST_BUCKETS = 20_000


class RateLimit:
    """A token bucket for each name: ``rate_hz`` on average, bursts of ``burst`` at once.

    The latest 20,000 names are kept; ``clock`` counts seconds. It may be asked from any thread:
    requests are counted in the server's loop and in its pool of threads.
    """

    def __init__(
        self, rate_hz: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_hz = rate_hz
        self._burst = max(1.0, burst)
        self._clock = clock
        self._mutex = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> float:
        """Take one token of ``name``: 0 if there is one, else the time until there is, s."""
        with self._mutex:
            now = self._clock()
            tokens, since = self._buckets.pop(name, (self._burst, now))
            tokens = min(self._burst, tokens + (now - since) * self._rate_hz)
            granted = tokens >= 1.0
            self._buckets[name] = (tokens - 1.0 if granted else tokens, now)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        return 0.0 if granted else (1.0 - tokens) / self._rate_hz

    def acquire(self, name: str, device: str | None = None) -> None:
        """Take one token of ``name``; raises ``Refused`` (429) where there is none.

        ``device`` is who is named in the record of the refusal.
        """
        wait_s = self.wait_s(name)
        if wait_s > 0:
            raise Refused(
                429,
                "rate",
                "too many requests; wait as long as Retry-After says",
                device=device,
                headers={"Retry-After": str(math.ceil(wait_s))},
            )


def network_of(address: str) -> str:
    """The network whose rate the requests of a network address count against.

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
