# SPDX-License-Identifier: Apache-2.0
"""The next batches, read and signed on other threads while those before them are sent.

Reading, waiting for the disk and signing release Python's lock, so the event loop sends meanwhile.
Three portions (see ``outbox``) are in memory at most: one is sent, two are made ready.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from privcv_uplink.envelope import seal
from privcv_uplink.keys import DeviceKeys
from privcv_uplink.outbox import Batch, Outbox
from privcv_uplink.settings import OutboxSettings

PORTIONS_AHEAD = 2

Sealed = tuple[Batch, bytes]  # a batch without its body, and its envelope


class Ahead:
    """Batches of ``outbox`` with their signed envelopes, for one task of one event loop.

    ``releases_at_most``: in a batch that is planned from now on.
    """

    def __init__(
        self, settings: OutboxSettings, outbox: Outbox, clock: Callable[[], datetime]
    ) -> None:
        self.releases_at_most = settings.batch_releases
        self._bytes_at_most = settings.batch_kb * 1000
        self._outbox = outbox
        self._clock = clock
        self._device: DeviceKeys | None = None
        self._ready: deque[Sealed] = deque()
        self._portions: deque[asyncio.Task[list[Sealed]]] = deque()
        self._reading = asyncio.Lock()

    async def head(self, device: DeviceKeys) -> Sealed | None:
        """The batch to send, signed by ``device``; None where nothing waits.

        The same one until it is confirmed or recalled. Raises ``StorageFull``; recall then.
        """
        if device is not self._device:  # its keys were rotated: sign again
            await self.recall()
            self._device = device
        while not self._ready:
            nothing_ahead = not self._portions
            if nothing_ahead:
                self._outbox.recall()
                self._portions.append(asyncio.create_task(self._prepare(device)))
            self._ready.extend(await self._portions.popleft())
            if nothing_ahead and not self._ready:
                return None
        while len(self._portions) < PORTIONS_AHEAD:
            self._portions.append(asyncio.create_task(self._prepare(device)))
        return self._ready[0]

    def confirm(self) -> None:
        """The collector has the head."""
        self._outbox.confirm(self._ready.popleft()[0])

    async def recall(self) -> None:
        """Forget what was made ready; the head is read again. Nothing uses the outbox after it."""
        self._ready.clear()
        while self._portions:
            with contextlib.suppress(Exception):  # whoever reads next meets it again
                await self._portions[0]
            self._portions.popleft()
        self._outbox.recall()

    async def _prepare(self, device: DeviceKeys) -> list[Sealed]:
        loop = asyncio.get_running_loop()
        async with self._reading:  # in turn; one portion is signed while the next is read
            batches = await loop.run_in_executor(None, self._read)
        return await loop.run_in_executor(None, _seal, device, batches) if batches else []

    def _read(self) -> list[Batch]:
        return self._outbox.hand_out(self._clock(), self.releases_at_most, self._bytes_at_most)


def _seal(device: DeviceKeys, batches: list[Batch]) -> list[Sealed]:
    sealed: list[Sealed] = []
    while batches:  # the payloads are let go one by one
        batch = batches.pop(0)
        envelope = seal(
            device.newest, device.device, batch.sequence, batch.sent_at, *batch.body_parts
        )
        sealed.append((replace(batch, body_parts=()), envelope))
    return sealed
