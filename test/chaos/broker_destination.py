# SPDX-License-Identifier: Apache-2.0
"""A Mosquitto that forgets and takes small packets only for a while, and who subscribes to it.

A subscriber sees a release at least once and tells copies apart by the device and the release's
own number, as docs/uplink.md says: what it counts is each content under each number.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from destination import Destination, Route
from mosquitto_broker import ACCESS, MOSQUITTO, Broker, Reader
from schedule import Event, Schedule

from privcv_core.protocol.envelope import parse

LIMITED_S = 0.6


class BrokerDestination(Destination):
    """One broker without a memory, and one subscriber to all its topics."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._restarting = asyncio.Lock()

    async def __aenter__(self) -> "BrokerDestination":
        self._broker = await asyncio.to_thread(Broker, self._folder)
        self._reader = await asyncio.to_thread(Reader, self._broker, 0.05)
        self._settings = self._broker.settings(self._folder)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._reader.close)
        await asyncio.to_thread(self._broker.kill)

    async def route(self, schedule: Schedule, token_file: Path) -> Route:
        mqtt = self._settings["mqtt"] | {"client_id": f"chaos{schedule.number}"}
        return Route(self._settings | {"mqtt": mqtt})

    async def happen(self, event: Event) -> None:
        if event.kind == "broker forgets":
            async with self._restarting:
                await self._restart()
        elif event.kind == "broker packet limit":
            async with self._restarting:
                await self._restart(f"max_packet_size {event.value:.0f}")
                await asyncio.sleep(LIMITED_S)
                await self._restart()

    async def values(self, device: str) -> Iterable[tuple[int, int]]:
        found = set()
        for raw in self._reader.payloads(f"{device}/batches"):
            for release in parse(raw).body["releases"]:
                found.add((release["sequence"], release["zones"][0]["occupancy"]))
        return found

    async def _restart(self, *settings: str) -> None:
        await asyncio.to_thread(restart, self._broker, self._reader, *settings)


def restart(broker: Broker, reader: Reader, *settings: str) -> None:
    """Let a broker forget all, once its subscriber has read what it acknowledged to devices."""
    reader.read_all(broker)
    broker.kill()
    broker.allow(ACCESS)
    broker.start(*settings)


def has_broker() -> bool:
    """Whether Mosquitto is installed here."""
    return MOSQUITTO is not None
