# SPDX-License-Identifier: Apache-2.0
"""Runs schedules against their destinations and counts, at the end, what arrived."""

import shutil
from contextlib import AsyncExitStack
from pathlib import Path

from broker_destination import BrokerDestination, has_broker
from collector_destination import CollectorDestination
from databases import PooledDatabase, SqliteDatabase, can_pool
from destination import Destination, wrong_of
from device import Device, Result
from processes import disk
from schedule import WAYS, Schedule


class World:
    """A destination for each way to deliver, for all schedules of a run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self._destinations: dict[str, Destination] = {}
        self.missing: list[str] = []

    async def __aenter__(self) -> "World":
        """Start all for which there are programs here; ``missing`` names the ways without."""
        self._stack = AsyncExitStack()
        folder = self._folder
        made: dict[str, Destination] = {
            "file": CollectorDestination(folder / "file", self._seed, SqliteDatabase(folder))
        }
        if can_pool():
            pooled = PooledDatabase(folder)
            made["pooler"] = CollectorDestination(folder / "pooler", self._seed, pooled)
        if has_broker():
            made["broker"] = BrokerDestination(folder / "broker")
        for way, destination in made.items():
            self._destinations[way] = await self._stack.enter_async_context(destination)
        self.missing = [way for way in WAYS if way not in made]
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def run(self, schedule: Schedule) -> Result:
        """One device's life; its count."""
        folder = self._folder / f"device-{schedule.number}"
        result = Result(schedule.number, len(schedule.made_at_s))
        destination = self._destinations.get(schedule.way, self._destinations["file"])
        with disk(folder, 2048) as own_disk:
            device = Device(destination, schedule, folder, own_disk, result)
            try:
                await device.live()
            finally:
                await device.end()
        shutil.rmtree(folder, ignore_errors=True)
        result.wrong += wrong_of(await destination.values(device.name), schedule)
        return result
