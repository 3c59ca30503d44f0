# SPDX-License-Identifier: Apache-2.0
"""Runs schedules against one collector and counts, in its database, what arrived."""

import asyncio
import contextlib
import random
import shutil
import socket
import sqlite3
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import FORK, disk, fill, run_collector, run_uplink, set_disk_full
from proxy import Proxy
from schedule import Event, Schedule

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_uplink.delivery import device_keys
from privcv_uplink.uplink import DeliveryStatus

HEAL_S = 60.0
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


class World:
    """One collector, its database and its certificate, for all schedules of a run."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._seed = seed
        self._database = folder / "collector.db"
        self._tls = demo_certificates(folder / "tls")
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_tls.load_cert_chain(self._tls.certificate, self._tls.key)
        self._client_tls = ssl.create_default_context(cafile=self._tls.ca_file)
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._port: int = free.getsockname()[1]
        self._collector: Any = None
        self._ending = False

    async def __aenter__(self) -> "World":
        """Start the collector, and keep it running whatever kills it."""
        self._keeper = asyncio.create_task(self._keep_collector())
        await self._collector_answers()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ending = True
        if self._collector is not None:
            self._collector.kill()
        await self._keeper

    async def run(self, schedule: Schedule) -> Result:
        """One device's life: faults, then peace, then the count."""
        folder = self._folder / f"device-{schedule.number}"
        result = Result(schedule.number, len(schedule.made_at_s))
        with disk(folder, 2048) as own_disk:
            device = _Device(self, schedule, folder, own_disk, result)
            try:
                await device.live()
            finally:
                await device.end()
        shutil.rmtree(folder, ignore_errors=True)
        result.wrong += self._count(device.name, schedule)
        return result

    def kill_collector(self) -> None:
        """As a power cut does."""
        if self._collector is not None:
            self._collector.kill()

    async def fill_collector_disk(self, seconds: float) -> None:
        """Let the collector's writes fail for a while."""
        pid = self._collector.pid
        set_disk_full(pid, True)
        await asyncio.sleep(seconds)
        set_disk_full(pid, False)

    async def token(self) -> str:
        """A token to enrol with."""
        for _ in range(200):
            with contextlib.suppress(Exception):
                return await asyncio.to_thread(
                    issue_enrolment_token, f"sqlite:///{self._database}", "chaos"
                )
            await asyncio.sleep(0.05)
        raise RuntimeError("the collector's database cannot be written")

    def _count(self, name: str, schedule: Schedule) -> list[str]:
        """Compare the database with what was made, by value: each exactly once, no other."""
        with contextlib.closing(sqlite3.connect(self._database, timeout=30.0)) as database:
            rows = database.execute(
                "SELECT occupancy FROM zone_reports JOIN series ON series.pk = series_pk"
                " JOIN devices ON devices.pk = device_pk WHERE device = ?",
                (name,),
            ).fetchall()
        expected = [measurement(schedule.number, n + 1) for n in range(len(schedule.made_at_s))]
        counts = Counter(value for (value,) in rows)
        wrong = [
            f"release {n + 1} is there {counts[value]} times"
            for n, value in enumerate(expected)
            if counts[value] != 1
        ]
        wrong += [f"nobody made {value}" for value in counts if value not in expected]
        return wrong

    def tools(self, schedule: Schedule) -> tuple[Proxy, dict[str, Any]]:
        """A proxy to the collector, and settings that lead through it."""
        rng = random.Random(f"{self._seed}:{schedule.number}:proxy")
        proxy = Proxy(rng, self._server_tls, self._client_tls, schedule.fault_share)
        return proxy, {"pins": list(self._tls.pins), "ca_file": str(self._tls.ca_file)}

    @property
    def port(self) -> int:
        """Where the collector listens, also after it was started again."""
        return self._port

    async def _keep_collector(self) -> None:
        while not self._ending:
            self._collector = FORK.Process(
                target=run_collector,
                args=(
                    f"sqlite:///{self._database}",
                    self._port,
                    self._tls.certificate,
                    self._tls.key,
                ),
            )
            self._collector.start()
            await asyncio.to_thread(self._collector.join)

    async def _collector_answers(self) -> None:
        for _ in range(1200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise RuntimeError("the collector does not start")


class _Device:
    """One uplink, the proxy before it, and the privacy process behind it."""

    def __init__(
        self, world: World, schedule: Schedule, folder: Path, own_disk: bool, result: Result
    ) -> None:
        self._world = world
        self._schedule = schedule
        self._folder = folder
        self._own_disk = own_disk
        self._result = result
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
        self._token_file.touch(0o600)
        self._token_file.write_text(await self._world.token())
        self._proxy, settings = self._world.tools(self._schedule)
        self._proxy.share = 0.0
        await self._proxy.start(self._world.port)
        self._settings = settings | {
            "url": f"https://localhost:{self._proxy.port}",
            "key_file": str(self._key_file),
            "enrolment_token_file": str(self._token_file),
            "outbox": {
                "file": str(self._folder / "outbox.db"),
                "batch_releases": self._schedule.batch_releases,
            },
            "retry": RETRY,
        }
        self._made = 1
        await self._peace()  # enrolled, and its first release has arrived
        self._restart(IMPATIENT)
        self._proxy.share = self._schedule.fault_share
        self._proxy.limit_bytes = self._schedule.limit_bytes
        start = time.monotonic()
        events = list(self._schedule.events)
        running: list[asyncio.Task[None]] = []
        while self._faults_go_on(now_s := time.monotonic() - start):
            self._made = 1 + sum(at_s <= now_s for at_s in self._schedule.made_at_s[1:])
            while events and events[0].at_s <= now_s:
                running.append(asyncio.create_task(self._happen(events.pop(0))))
            await self._tend()
        await asyncio.gather(*running)
        self._proxy.share, self._proxy.limit_bytes = 0.0, None
        self._clock_offset_s = 0.0
        self._restart(RETRY)
        self._made = len(self._schedule.made_at_s)
        await self._peace()

    async def end(self) -> None:
        """Stop everything."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)
        await self._proxy.stop()
        self._result.happened.update(
            {f"request: {fault}": count for fault, count in self._proxy.faults.items()}
        )
        self._key_file.unlink()
        self._token_file.unlink()

    async def _peace(self) -> None:
        deadline = time.monotonic() + HEAL_S
        while self._status is None or self._status.delivered < self._made or self._status.pending:
            if time.monotonic() > deadline:
                self._result.wrong.append(f"not delivered in {HEAL_S} s of peace: {self._status}")
                return
            await self._tend()

    def _faults_go_on(self, now_s: float) -> bool:
        """For the time that was drawn; longer on a slow machine, until half has got through."""
        if now_s < self._schedule.lasts_s:
            return True
        if self._schedule.limit_bytes is not None:
            return False  # perhaps nothing gets through as long as there is a limit
        through = self._status.delivered if self._status is not None else 0
        return 2 * through < self._made and now_s < 3 * self._schedule.lasts_s

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
        elif event.kind == "kill collector":
            self._world.kill_collector()
        elif event.kind == "uplink disk full":
            await self._fill_disk(event.value)
        elif event.kind == "collector disk full":
            await self._world.fill_collector_disk(event.value)
        elif event.kind == "clock jump":
            self._clock_offset_s = event.value
            self._send("clock", event.value)
        elif event.kind == "rotate key":
            device_keys.rotate(self._key_file)

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


def measurement(number: int, sequence: int) -> int:
    """A value that no other release of the run has."""
    return number * 100 + sequence


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
