# SPDX-License-Identifier: Apache-2.0
"""Soak: a fleet that runs on and on while everything under it fails, and nothing creeps upwards.

Simulated devices send, over TLS, to three collectors on a pair of PostgreSQL servers: first the
windows of 24 hours as fast as they are taken, then in real time. Meanwhile two of the collectors
are killed, the database fails over, the certificate is renewed, the collectors' clocks are stepped,
and a broker without a memory, to which two real uplinks deliver, is restarted. At the end each
release must be there exactly once, and memory and descriptors of the collector and the uplink that
nobody killed must not grow.

    make soak
    python test/soak/soak.py --devices 200 --window-s 900 --real-s 180 --every-s 6
"""

import argparse
import asyncio
import random
import secrets
import ssl
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path += [  # what tests share
    str(ROOT / folder)
    for folder in (
        "test/support", "test/chaos", "src/privcv_collector/test/support",
        "src/privcv_uplink/test/support",
    )
]  # fmt: skip

import aiohttp  # noqa: E402
from brokered import BrokeredUplinks  # noqa: E402
from certificates import LiveCertificate  # noqa: E402
from collectors import Collectors  # noqa: E402
from failover import FailoverPair  # noqa: E402
from flatness import Samples, Watched  # noqa: E402
from fleet import Figures, SimulatedDevice, value_of  # noqa: E402
from sqlalchemy import text  # noqa: E402

from privcv_collector.devices.administration import issue_enrolment_token  # noqa: E402
from privcv_collector.storage.database import open_database  # noqa: E402

DAY_S = 86_400
STEPS_S = (-86_400.0, -3600.0, -30.0, 30.0, 3600.0, 86_400.0)
FAULTS = {
    "kill a collector": 5, "renew the certificate": 2, "step the clocks": 2,
    "broker forgets": 2, "database fails over": 1,
}  # fmt: skip
MOST_MB, MOST_DESCRIPTORS = (20.0, 4.0), (60.0, 20.0)
"""What a slope's lower end may be, an hour and over the run: what grows by more for sure is a leak.

A few minutes are too short for the first: a process still takes what it takes once.
"""


class Soak:
    """One run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._rng = random.Random(options.seed)
        self._tls = LiveCertificate(folder / "tls")
        self._pair = FailoverPair()
        self._folder = folder
        self._day = Figures()
        self._real = Figures()
        self._happening: asyncio.Task[None] | None = None
        self.happened: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def run(self) -> None:
        """All of it."""
        options = self._options
        trusted = ssl.create_default_context(cafile=self._tls.ca_file)
        try:
            async with (
                Collectors(self._pair.url, self._tls, 3) as self._collectors,
                BrokeredUplinks(self._folder / "broker", 2) as self._brokered,
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=20),
                    # Else the descriptors of a collector are those of devices that keep connected.
                    connector=aiohttp.TCPConnector(force_close=True, limit=0),
                ) as session,
            ):
                devices = [
                    SimulatedDevice(number, options.window_s, trusted, self._day)
                    for number in range(1, options.devices + 1)
                ]
                await self._enrol(session, devices)
                await self._phase(self._deliver_a_day(session, devices), "24 hours of windows")
                for device in devices:
                    device._figures = self._real
                watched = {
                    "collector": Watched(self._collectors.watched),
                    "uplink": Watched(self._brokered.watched),
                }
                sampling = asyncio.create_task(_sample(watched))
                await self._phase(self._deliver_in_real_time(session, devices), "real time")
                sampling.cancel()
                self._count(devices)
                self.wrong += self._brokered.wrong()
            for name, process in watched.items():
                self._report(f"{name}: memory, MB", process.memory_mb, MOST_MB)
                self._report(f"{name}: descriptors", process.descriptors, MOST_DESCRIPTORS)
        finally:
            await asyncio.to_thread(self._pair.stop)

    async def _enrol(self, session: Any, devices: list[SimulatedDevice]) -> None:
        engine = await asyncio.to_thread(open_database, self._pair.url)
        for device in devices:
            token = await asyncio.to_thread(issue_enrolment_token, engine, f"s{device.number % 20}")
            await device.enrol(session, self._collectors.urls, token)
        engine.dispose()

    async def _deliver_a_day(self, session: Any, devices: list[SimulatedDevice]) -> None:
        windows = DAY_S // self._options.window_s
        self._brokered.offer(windows)
        urls = self._collectors.urls
        await asyncio.gather(*(device.deliver(session, urls, windows) for device in devices))

    async def _deliver_in_real_time(self, session: Any, devices: list[SimulatedDevice]) -> None:
        """One release of each device in ``--release-s``, each at a time of its own."""
        ends = time.monotonic() + self._options.real_s
        every_s = self._options.release_s

        async def live(device: SimulatedDevice) -> None:
            await asyncio.sleep(every_s * device.number / len(devices))
            while time.monotonic() < ends:
                begun = time.monotonic()
                await device.deliver(session, self._collectors.urls, device.stored + 1)
                self._brokered.offer(device.stored)
                await asyncio.sleep(max(0.0, begun + every_s - time.monotonic()))

        await asyncio.gather(*(live(device) for device in devices))

    async def _phase(self, delivering: Any, name: str) -> None:
        """Deliver while faults happen; then wait until the broker's uplinks have, too."""
        started = time.monotonic()
        failing = asyncio.create_task(self._fail())
        await delivering
        failing.cancel()
        await asyncio.gather(failing, return_exceptions=True)
        if self._happening is not None:
            await self._happening  # a failover is not left half done
        self._collectors.step_clock(0.0)
        await self._brokered.delivered()
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)

    async def _fail(self) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(0.5, 1.5) * self._options.every_s)
            (what,) = self._rng.choices(list(FAULTS), list(FAULTS.values()))
            self._happening = asyncio.create_task(self._happen(what))
            await asyncio.shield(self._happening)
            self.happened[what] += 1

    async def _happen(self, what: str) -> None:
        if what == "kill a collector":
            self._collectors.kill(self._rng.randrange(2))
        elif what == "renew the certificate":
            self._tls.renew(self._rng)
            self._collectors.renewed()
        elif what == "step the clocks":
            self._collectors.step_clock(self._rng.choice(STEPS_S))
            await asyncio.sleep(1.0)
            self._collectors.step_clock(0.0)
        elif what == "broker forgets":
            await self._brokered.forget()
        else:
            await asyncio.to_thread(self._pair.fail_over)

    def _count(self, devices: list[SimulatedDevice]) -> None:
        """Compare the database with what was made, by value."""
        engine = open_database(self._pair.url)
        with engine.connect() as connection:
            found = Counter(
                (row[0], row[1], row[2])
                for row in connection.execute(
                    text(
                        "SELECT d.device, z.release, z.occupancy FROM zone_reports AS z"
                        " JOIN series AS s ON s.pk = z.series_pk"
                        " JOIN devices AS d ON d.pk = s.device_pk"
                    )
                )
            )
        engine.dispose()
        made = {
            (device.name, number, value_of(device.number, number))
            for device in devices
            for number in range(1, device.stored + 1)
        }
        self.wrong += [f"{key} is there {found[key]} times" for key in made if found[key] != 1]
        self.wrong += [f"nobody made {key}" for key in found if key not in made]
        print(f"{len(made)} releases of {len(devices)} devices in the database")

    def _report(self, name: str, samples: Samples, most: tuple[float, float]) -> None:
        slope = samples.slope()
        hours = (samples.at_s[-1] - samples.at_s[0]) / 3600.0
        print(f"{name}: {slope}, over {60 * hours:.0f} minutes")
        if slope.low > most[0] and slope.low * hours > most[1]:
            self.wrong.append(f"{name} grows: {slope}")

    def report(self) -> None:
        """What happened, and how long requests took."""
        for what, count in sorted(self.happened.items()):
            print(f"{count:7} {what}")
        print(f"{self._pair.failovers} failovers of the database")
        for name, figures in (("24 hours of windows", self._day), ("real time", self._real)):
            print(
                f"{name}: {len(figures.took_s)} requests stored something, median"
                f" {figures.quantile_ms(0.5):.0f} ms, p99 {figures.quantile_ms(0.99):.0f} ms;"
                f" answers {dict(figures.answers)}"
            )


async def _sample(watched: dict[str, Watched]) -> None:
    while True:
        for process in watched.values():
            process.sample(time.monotonic())
        await asyncio.sleep(1.0)


def main() -> int:
    """Exit status 0 only if each release was there exactly once and nothing grew."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--window-s", type=int, default=60, help="length of a window")
    parser.add_argument("--real-s", type=float, default=3600.0, help="time of the second part")
    parser.add_argument("--release-s", type=float, default=15.0, help="between releases then")
    parser.add_argument("--every-s", type=float, default=20.0, help="between two faults, about")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one")
    options = parser.parse_args()
    options.seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="privcv-soak-", dir="/tmp") as folder:
        soak = Soak(options, Path(folder))
        asyncio.run(soak.run())
    soak.report()
    for wrong in soak.wrong[:20]:
        print(wrong)
    print(
        f"{len(soak.wrong)} releases lost or doubled, or figures that grew;"
        f" {time.monotonic() - started:.0f} s, seed {options.seed}"
    )
    return 0 if not soak.wrong else 1


if __name__ == "__main__":
    sys.exit(main())
