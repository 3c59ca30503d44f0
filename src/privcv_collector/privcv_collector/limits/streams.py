# SPDX-License-Identifier: Apache-2.0
"""Streams of events that readers hold open: how many there may be, and what one may hold back."""

import asyncio
from collections import Counter
from collections.abc import Collection

from privcv_collector.refused import Refused

RETRY_S = 15
"""After how long to try again where there is no room, s."""


class Stream:
    """What waits for one reader: of each site the newest only, so that a slow one holds little.

    ``credential`` says whose it is, again before anything is written; ``last`` is the position that
    the reader has seen, where it has seen one.
    """

    def __init__(self, credential: str, reader: str, network: str, last: str | None) -> None:
        self.credential = credential
        self.reader = reader
        self.network = network
        self.last = last
        self.is_new = True
        self._waiting: dict[str, bytes] = {}
        self._ended = False
        self._woken = asyncio.Event()

    def put(self, about: str, event: bytes) -> None:
        """An event to write, in place of one ``about`` the same that still waits."""
        self._waiting.pop(about, None)
        self._waiting[about] = event
        self._woken.set()

    def end(self) -> None:
        """Write nothing more, not even what waits."""
        self._waiting.clear()
        self._ended = True
        self._woken.set()

    async def next(self, within_s: float) -> bytes | None:
        """What waits; b'' where nothing came ``within_s``, and ``None`` at the end."""
        try:
            await asyncio.wait_for(self._woken.wait(), within_s)
        except asyncio.TimeoutError:
            return b""
        self._woken.clear()
        if self._ended:
            return None
        found, self._waiting = b"".join(self._waiting.values()), {}
        return found


class Streams:
    """All open streams of a process; used in its event loop only."""

    def __init__(self, most_of_token: int, most_of_network: int, most: int) -> None:
        self._most = {"token": most_of_token, "network": most_of_network, "process": most}
        self._open: dict[Stream, None] = {}
        self._of: Counter[tuple[str, str]] = Counter()
        self._somebody = asyncio.Event()

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def open(self, stream: Stream) -> Stream:
        """The same, counted. Raises ``Refused`` (429) where there is no room for it."""
        for what, name in _counted(stream):
            if self._of[what, name] >= self._most[what]:
                raise Refused(
                    429,
                    "streams",
                    f"this {what} has {self._most[what]} streams open: close some, or ask again "
                    "later; /v1/now answers without one",
                    headers={"Retry-After": str(RETRY_S)},
                )
        self._of.update(_counted(stream))
        self._open[stream] = None
        self._somebody.set()
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream, whose reader has gone."""
        if self._open.pop(stream, stream) is None:
            self._of.subtract(_counted(stream))
            self._of += Counter()  # forgets who has none
        if not self._open:
            self._somebody.clear()

    def all(self) -> Collection[Stream]:
        """Those that are open."""
        return list(self._open)

    def end_all(self) -> None:
        """End all, as where the process ends."""
        for stream in self._open:
            stream.end()

    async def wait_for_somebody(self) -> None:
        """Until one is open."""
        await self._somebody.wait()


def _counted(stream: Stream) -> list[tuple[str, str]]:
    return [("token", stream.reader), ("network", stream.network), ("process", "")]
