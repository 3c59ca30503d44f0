# SPDX-License-Identifier: Apache-2.0
"""Bounds on what a connection may hold before anybody knows who speaks."""

import asyncio
import resource

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from privcv_collector.limits.crowd import Crowd
from privcv_collector.limits.rate import network_of

_FILES_WANTED = 65_536
_FILES_KEPT = 128
"""Descriptors that are not for connections: pools of the database, its files, the listener."""


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, which bounds neither the size nor the time of a head.

    At most ``most_connections`` are open. The network that has most of them makes room: with the
    one that waited longest for a request, or else with its first.
    """

    most_connections = 4096
    head_bytes = 65_536  # request line, headers, trailers and the framing of chunks
    head_timeout_s = 20.0  # from the first byte (or the connection) to the end of the headers
    stalled_s = 60.0  # in which a client reads nothing of its answer
    crowd: Crowd["BoundedProtocol"]  # idle are those without a request

    _network = ""
    _beside_body = 0  # bytes of this request that were not of its body
    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room for it, and wait for its first request."""
        super().connection_made(transport)
        self._network = network_of(self.client[0] if self.client else "")
        self.crowd.add(self._network, self)
        self.crowd.set_idle(self._network, self)
        if len(self.connections) > self.most_connections:
            other = self.crowd.to_give_way() or self
            self.crowd.remove(other._network, other)  # at once: the next must find another
            other.transport.abort()
        self._late = self.loop.call_later(self.head_timeout_s, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.crowd.remove(self._network, self)
        self._in_time()
        self._reads_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, within the bounds of size and time."""
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > self.head_bytes:
            self.transport.abort()
        elif self._late is None and (self.cycle is None or self.cycle.response_complete):
            self._late = self.loop.call_later(self.head_timeout_s, self.transport.abort)

    def on_message_begin(self) -> None:
        """Count from here: what came before belonged to other requests."""
        self._beside_body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Let the request have its time: from here on the application bounds it."""
        self._in_time()
        self.crowd.set_busy(self._network, self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Do not count the body: the application bounds it."""
        self._beside_body = max(0, self._beside_body - len(body))
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self.crowd.set_idle(self._network, self)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not for ever."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: it reads."""
        self._reads_on()
        super().resume_writing()

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _reads_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def bounded(**limits: float) -> type[BoundedProtocol]:
    """The protocol of one server, with other ``limits`` if given: attributes of the class."""
    return type("Bounded", (BoundedProtocol,), {"crowd": Crowd(), **limits})


def connections_allowed() -> int:
    """How many connections this process has descriptors for, once it raised its own limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    most = _FILES_WANTED if soft == resource.RLIM_INFINITY else min(soft, _FILES_WANTED)
    return max(16, most - _FILES_KEPT)
