# SPDX-License-Identifier: Apache-2.0
"""Collector processes on one database: some that are killed and started again, one that is not."""

import asyncio
import contextlib
import os
import signal
import socket
from typing import Any

from certificates import LiveCertificate
from processes import FORK, run_collector


class Collectors:
    """``number`` processes on ports of their own; the last is never killed."""

    def __init__(self, db: str, tls: LiveCertificate, number: int) -> None:
        self._db = db
        self._tls = tls
        self._offset_s = FORK.Value("d", 0.0)
        with contextlib.ExitStack() as stack:
            free = [stack.enter_context(_free()) for _ in range(number)]
            self._ports = [one.getsockname()[1] for one in free]
        self.urls = [f"https://localhost:{port}" for port in self._ports]
        self._processes: list[Any] = [None] * number
        self._ending = False

    async def __aenter__(self) -> "Collectors":
        self._keepers = [asyncio.create_task(self._keep(index)) for index in range(len(self.urls))]
        for port in self._ports:
            await _listens(port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending = True
        for process in self._processes:
            process.kill()
        await asyncio.gather(*self._keepers)

    @property
    def watched(self) -> int:
        """The process that is never killed."""
        return int(self._processes[-1].pid)

    def kill(self, index: int) -> None:
        """As a power cut does; not the last."""
        self._processes[index % (len(self.urls) - 1)].kill()

    def renewed(self) -> None:
        """Tell all that their certificate was renewed."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGHUP)

    def step_clock(self, offset_s: float) -> None:
        """Let the clocks of all be off."""
        self._offset_s.value = offset_s

    async def _keep(self, index: int) -> None:
        while not self._ending:
            files = (self._tls.certificate, self._tls.key)
            self._processes[index] = FORK.Process(
                target=run_collector, args=(self._db, self._ports[index], *files, self._offset_s)
            )
            self._processes[index].start()
            await asyncio.to_thread(self._processes[index].join)
            await asyncio.sleep(0.2)


def _free() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


async def _listens(port: int) -> None:
    for _ in range(2400):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("a collector does not start")
