# SPDX-License-Identifier: Apache-2.0
"""Whether a collector can do its work: a write goes the way of a batch, to the disk."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from privcv_collector.refused import busy

FRESH_S = 1.0
"""A finding answers all who ask within this time, s: a flood of questions writes nothing more."""

PATIENCE_S = 4.0
"""After which a write counts as failed, s: balancers wait for about 5 s."""


class Health:
    """Asks ``write`` at most once at a time; used by one event loop."""

    def __init__(self, write: Callable[[], Awaitable[object]]) -> None:
        self._write = write
        self._probe: asyncio.Task[object] | None = None
        self._asked_s = 0.0

    async def check(self) -> None:
        """Return where a batch could be stored. Raises ``Refused`` (503)."""
        if self._probe is None or (
            self._probe.done() and time.monotonic() - self._asked_s > FRESH_S
        ):
            self._asked_s = time.monotonic()
            self._probe = asyncio.ensure_future(self._write())
            self._probe.add_done_callback(lambda probe: probe.cancelled() or probe.exception())
        done, _ = await asyncio.wait([self._probe], timeout=PATIENCE_S)
        if not done:
            raise busy("the database stores nothing at present; try again")
        self._probe.result()
