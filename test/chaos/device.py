# SPDX-License-Identifier: Apache-2.0
"""One device's life: faults, then peace, until all that it released has arrived."""

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from destination import Destination, measurement
from processes import FORK, fill, run_uplink, set_disk_full
from schedule import Event, Schedule

from privcv_uplink.delivery import device_keys
from privcv_uplink.uplink import DeliveryStatus

HEAL_S = 180.0
RETRY = {
    "first_s": 0.02,
    "longest_s": 0.2,
    "blocked_s": 0.2,
    "connect_timeout_s": 10.0,
    "request_timeout_s": 20.0,  # a loaded machine is slow; only the proxy's stalls need impatience
}
IMPATIENT = RETRY | {"request_timeout_s": 0.5}


@dataclass
class Result:
    """What came of one schedule; ``wrong`` is empty where each release arrived exactly once."""

    number: int
    releases: int
    wrong: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)


class Device:
    """One uplink, the way to its destination, and the privacy process behind it."""

    def __init__(
        self, destination: Destination, schedule: Schedule, folder: Path, own_disk: bool,
        result: Result,
    ) -> None:  # fmt: skip
        self._destination = destination
        self._schedule = schedule
        self._folder = folder
        self._own_disk = own_disk
        self._result = result
        self._route: Any = None
        self._process: Any = None
        self._pipe: Any = None
        self._status: DeliveryStatus | None = None
        self._accepted_through = 0
        self._made = 0
        self._clock_offset_s = 0.0
        self._key_file = folder.with_name(folder.name + "-key.json")
        self._token_file = folder.with_name(folder.name + "-token")
        self.name = device_keys.new(self._key_file).device

    async def live(self) -> None:
        """The schedule, and then as long as it takes until all has arrived."""
        self._route = await self._destination.route(self._schedule, self._token_file)
        self._settings = self._route.settings | {
            "key_file": str(self._key_file),
            "outbox": {
                "file": str(self._folder / "outbox.db"),
                "batch_releases": self._schedule.batch_releases,
            },
            "retry": RETRY,
        }
        self._made = 1
        await self._peace()  # enrolled, and its first release has arrived
        self._restart(IMPATIENT)
        self._route.storm(self._schedule)
        self._met_before = sum(self._route.faults.values())
        start = time.monotonic()
        events = list(self._schedule.events)
        running: list[asyncio.Task[None]] = []
        while self._faults_go_on(now_s := time.monotonic() - start):
            self._made = 1 + sum(at_s <= now_s for at_s in self._schedule.made_at_s[1:])
            while events and events[0].at_s <= now_s:
                running.append(asyncio.create_task(self._happen(events.pop(0))))
            await self._tend()
        await asyncio.gather(*running)
        self._route.calm()
        self._clock_offset_s = 0.0
        self._restart(RETRY)
        self._made = len(self._schedule.made_at_s)
        await self._peace()

    async def end(self) -> None:
        """Stop everything."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)
        if self._route is not None:
            await self._route.close()
            self._result.happened.update(
                {f"request: {fault}": count for fault, count in self._route.faults.items()}
            )
        self._key_file.unlink()
        self._token_file.unlink(missing_ok=True)

    async def _peace(self) -> None:
        deadline = time.monotonic() + HEAL_S
        while self._status is None or self._status.delivered < self._made or self._status.pending:
            if time.monotonic() > deadline:
                self._result.wrong.append(f"not delivered in {HEAL_S} s of peace: {self._status}")
                return
            await self._tend()

    def _faults_go_on(self, now_s: float) -> bool:
        """For the time that was drawn; longer on a slow machine, until something could go wrong.

        That is: half has got through, or at a proxy, which perhaps lets none through, as many
        requests came as there are releases.
        """
        if now_s < self._schedule.lasts_s:
            return True
        through = self._status.delivered if self._status is not None else 0
        met = sum(self._route.faults.values()) - self._met_before
        is_enough = 2 * through >= self._made and (met >= self._made or not self._route.faults)
        if self._schedule.limit_bytes is not None:
            is_enough = met >= self._made
        return not is_enough and now_s < 3 * self._schedule.lasts_s

    def _restart(self, retry: dict[str, float]) -> None:
        """Ask the uplink to end (SIGTERM); the next one has these waits and the right clock."""
        self._settings["retry"] = retry
        if self._process is not None:
            self._process.terminate()

    async def _tend(self) -> None:
        """What init and the privacy process do: start the uplink again, offer releases again."""
        if self._process is None or not self._process.is_alive():
            self._pipe, theirs = FORK.Pipe()
            self._status = None
            self._process = FORK.Process(
                target=run_uplink, args=(theirs, self._settings, self._clock_offset_s)
            )
            self._process.start()
            theirs.close()
        self._send(
            "offer",
            [
                release(self._schedule.number, sequence)
                for sequence in range(self._accepted_through + 1, self._made + 1)
            ],
        )
        await asyncio.sleep(0.03)
        with contextlib.suppress(EOFError, OSError):
            while self._pipe.poll():
                self._hear(self._pipe.recv())

    def _hear(self, status: DeliveryStatus) -> None:
        if status.accepted_through < self._accepted_through:
            self._result.wrong.append(
                f"{self._accepted_through} releases were safe, now {status.accepted_through}"
            )
        if status.dropped:
            self._result.wrong.append(f"{status.dropped} releases dropped")
        self._accepted_through = status.accepted_through
        self._status = status

    async def _happen(self, event: Event) -> None:
        self._result.happened[event.kind] += 1
        if event.kind == "kill uplink" and self._process is not None:
            self._process.kill()
        elif event.kind == "stop uplink" and self._process is not None:
            self._process.terminate()
        elif event.kind == "uplink disk full":
            await self._fill_disk(event.value)
        elif event.kind == "clock jump":
            self._clock_offset_s = event.value
            self._send("clock", event.value)
        elif event.kind == "rotate key":
            device_keys.rotate(self._key_file)
        else:
            await self._destination.happen(event)

    async def _fill_disk(self, seconds: float) -> None:
        if self._own_disk:
            fill(self._folder)
            await asyncio.sleep(seconds)
            (self._folder / "filler").unlink(missing_ok=True)
        elif self._process is not None:
            pid = self._process.pid
            set_disk_full(pid, True)
            await asyncio.sleep(seconds)
            set_disk_full(pid, False)

    def _send(self, what: str, content: Any) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self._pipe.send((what, content))


def release(number: int, sequence: int) -> dict[str, Any]:
    """A release whose occupancy tells which one it is."""
    value = measurement(number, sequence)
    zone = {
        "kind": "zone",
        "camera": "lobby",
        "zone": "floor",
        "window_start": f"2026-01-31T08:{sequence:02}:00Z",
        "window_s": 60,
        "status": "published",
        "reason": "none",
        "occupancy": value,
        "occupancy_low": value,
        "occupancy_high": value,
        "flow": [value, 0, 0, 0, 0],
        "confidence": 0.9,
        "coverage": 1,
        "epsilon": 0.5,
        "delta": 0,
        "unit": "visit",
        "mechanism": "laplace",
    }
    return {"sequence": sequence, "zones": [zone], "dwell": []}
