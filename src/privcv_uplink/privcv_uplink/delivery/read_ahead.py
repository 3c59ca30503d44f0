# SPDX-License-Identifier: Apache-2.0
"""Read-ahead: the next batches are read and signed on other threads while others are sent.

Reading, waiting for the disk and signing release Python's lock, so the event loop sends meanwhile.
Three portions (see ``outbox``) are in memory at most: one is sent, two are made ready.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from privcv_core.protocol.envelope import seal
from privcv_uplink.delivery.device_keys import DeviceKeys
from privcv_uplink.outbox.outbox import Batch, Outbox
from privcv_uplink.settings import OutboxSettings

PORTIONS_AHEAD = 2
"""Portions that are made ready while one is sent."""

TRY_MORE_AFTER = 64
"""Batches that are delivered below a limit before larger ones are tried: it may be gone."""


class Sealed(NamedTuple):
    """A batch without its body, its envelope, and whose keys signed it."""

    batch: Batch
    envelope: bytes
    device: DeviceKeys


class ReadAhead:
    """Batches of ``outbox`` with their signed envelopes, for one task of one event loop.

    ``keys`` are asked for only where something waits.
    """

    def __init__(
        self,
        settings: OutboxSettings,
        outbox: Outbox,
        keys: Callable[[], DeviceKeys],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._releases_at_most = settings.batch_releases
        self._confirmed_since_limited = 0
        self._outbox = outbox
        self._keys = keys
        self._clock = clock
        self._ready: deque[Sealed] = deque()
        self._portions: deque[asyncio.Task[list[Sealed]]] = deque()
        self._reading = asyncio.Lock()
        self._recalling = False

    async def head(self) -> Sealed | None:
        """The batch to send, signed with the newest keys; None where nothing waits.

        The same one until it is confirmed or recalled. Raises ``StorageFull`` and
        ``KeyFileError``; recall then.
        """
        if self._recalling:  # a recall was cancelled
            await self.recall()
        head = await self._made_ready()
        if head is not None and head.device is not self._keys():  # rotated: sign again
            await self.recall()
            head = await self._made_ready()
        return head

    def confirm(self) -> None:
        """The collector has the head."""
        self._outbox.confirm(self._ready.popleft().batch)
        if self._releases_at_most < self._settings.batch_releases:
            self._confirmed_since_limited += 1
            if self._confirmed_since_limited >= TRY_MORE_AFTER:
                self.limit(min(2 * self._releases_at_most, self._settings.batch_releases))

    def limit(self, releases: int) -> None:
        """Plan at most ``releases`` in a batch, and twice as many after some were delivered."""
        self._releases_at_most = releases
        self._confirmed_since_limited = 0

    async def recall(self) -> None:
        """Forget what was made ready; the head is read again. Nothing uses the outbox after it.

        Where it is cancelled, a second call waits for what is left.
        """
        self._ready.clear()
        self._recalling = True
        if self._portions:
            # Cancels none of them: that would leave their threads behind.
            await asyncio.wait(self._portions)
        for portion in self._portions:
            if not portion.cancelled():
                portion.exception()  # whoever reads next meets it again
        self._portions.clear()
        self._outbox.recall()
        self._recalling = False

    async def _made_ready(self) -> Sealed | None:
        while not self._ready:
            nothing_ahead = not self._portions
            if nothing_ahead:
                self._outbox.recall()
                self._prepare()
            # Kept until it is done, so that a recall finds it where this is cancelled.
            await asyncio.wait([self._portions[0]])
            self._ready.extend(self._portions.popleft().result())
            if nothing_ahead and not self._ready:
                return None
        while len(self._portions) < PORTIONS_AHEAD:
            self._prepare()
        return self._ready[0]

    def _prepare(self) -> None:
        self._portions.append(asyncio.create_task(self._portion()))

    async def _portion(self) -> list[Sealed]:
        loop = asyncio.get_running_loop()
        async with self._reading:  # in turn; one portion is signed while the next is read
            if self._recalling:
                return []
            batches = await loop.run_in_executor(None, self._read)
        return await loop.run_in_executor(None, _seal, self._keys(), batches) if batches else []

    def _read(self) -> list[Batch]:
        return self._outbox.hand_out(
            self._clock(), self._releases_at_most, self._settings.batch_kb * 1000
        )


def _seal(device: DeviceKeys, batches: list[Batch]) -> list[Sealed]:
    sealed: list[Sealed] = []
    while batches:  # the payloads are let go one by one
        batch = batches.pop(0)
        envelope = seal(
            device.newest, device.device, batch.sequence, batch.sent_at, *batch.body_parts
        )
        sealed.append(Sealed(replace(batch, body_parts=()), envelope, device))
    return sealed
