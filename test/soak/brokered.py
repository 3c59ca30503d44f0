# SPDX-License-Identifier: Apache-2.0
"""Real uplinks, in processes of their own, that deliver to a broker without a memory."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from broker_destination import restart
from destination import measurement
from device import RETRY, release
from mosquitto_broker import Broker, Reader
from processes import FORK, run_uplink

from privcv_core.protocol.envelope import parse
from privcv_uplink.delivery import device_keys

MOST = 59
"""Releases of each uplink: one minute each of an hour."""


class BrokeredUplinks:
    """``number`` uplinks and one subscriber, who tells copies apart by device and release."""

    def __init__(self, folder: Path, number: int) -> None:
        folder.mkdir()
        self._folder = folder
        self._uplinks: list[Any] = []
        self._number = number
        self._offered = 0

    async def __aenter__(self) -> "BrokeredUplinks":
        self._broker = await asyncio.to_thread(Broker, self._folder)
        self._reader = await asyncio.to_thread(Reader, self._broker, 0.05)
        for number in range(1, self._number + 1):
            self._uplinks.append(_BrokeredUplink(self._folder, self._broker, number))
        return self

    async def __aexit__(self, *_: object) -> None:
        for uplink in self._uplinks:
            uplink.process.kill()
        await asyncio.to_thread(self._reader.close)
        await asyncio.to_thread(self._broker.kill)

    @property
    def watched(self) -> int:
        """One of the processes; none is ever killed."""
        return int(self._uplinks[0].process.pid)

    def offer(self, through: int) -> None:
        """Let the uplinks have releases up to a number, of which there are ``MOST``."""
        through = min(MOST, through)
        if through > self._offered:
            for uplink in self._uplinks:
                uplink.offer(range(self._offered + 1, through + 1))
            self._offered = through

    async def forget(self) -> None:
        """Kill the broker and start it again."""
        await asyncio.to_thread(restart, self._broker, self._reader)

    async def delivered(self) -> None:
        """Return once all that was offered has arrived."""
        for uplink in self._uplinks:
            while uplink.delivered() < self._offered:
                await asyncio.sleep(0.05)

    def wrong(self) -> list[str]:
        """What the subscriber lacks, or has with other content."""
        wrong = []
        for uplink in self._uplinks:
            found = {
                (item["sequence"], item["zones"][0]["occupancy"])
                for raw in self._reader.payloads(f"{uplink.name}/batches")
                for item in parse(raw).body["releases"]
            }
            made = {
                (sequence, measurement(uplink.number, sequence))
                for sequence in range(1, self._offered + 1)
            }
            wrong += [f"uplink {uplink.number}: {item}" for item in found ^ made]
        return wrong


class _BrokeredUplink:
    def __init__(self, folder: Path, broker: Broker, number: int) -> None:
        key_file = folder / f"key-{number}.json"
        self.number = number
        self.name = device_keys.new(key_file).device
        settings = broker.settings(folder, client_id=f"soak{number}") | {
            "key_file": str(key_file),
            "outbox": {"file": str(folder / f"outbox-{number}.db")},
            "retry": RETRY,
        }
        self._pipe, theirs = FORK.Pipe()
        self._delivered = 0
        self.process = FORK.Process(target=run_uplink, args=(theirs, settings, 0.0))
        self.process.start()
        theirs.close()

    def offer(self, numbers: range) -> None:
        """Give it releases."""
        self._pipe.send(("offer", [release(self.number, number) for number in numbers]))

    def delivered(self) -> int:
        """How many its status says it has delivered."""
        with contextlib.suppress(EOFError, OSError):
            while self._pipe.poll():
                self._delivered = self._pipe.recv().delivered
        if not self.process.is_alive():
            raise RuntimeError(f"uplink {self.number} ended by itself")
        return self._delivered
