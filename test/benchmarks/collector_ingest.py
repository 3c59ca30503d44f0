# SPDX-License-Identifier: Apache-2.0
"""How many batches a collector stores per second, durably: ``python collector_ingest.py --help``.

The client signs all batches first, then sends them over one connection per device, each the next
after the answer to the last, from a process of its own. A batch is one release of ten zones.
"""

import asyncio
import json
import signal
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
import psutil
from report_load import release

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.testing import CollectorProcess, running_collector
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.enrolment import device_id, seal_enrolment
from privcv_core.protocol.envelope import seal
from privcv_core.protocol.signing import SigningKey


@dataclass
class Device:
    """A device and the number of its next batch and release."""

    name: str
    key: SigningKey
    next: int = 1

    def batch(self, zones: int) -> bytes:
        """The next batch, signed."""
        number = self.next
        self.next += 1
        body = {"dropped": 0, "releases": [release(number, zones)]}
        now = datetime.now(timezone.utc)
        return seal(self.key, self.name, number, now, canonical(body))


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a collector that speaks plain HTTP."""
    host, port = url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def post(
    stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, body: bytes
) -> dict[str, Any]:
    """One request over a kept connection; anything but success ends the benchmark."""
    reader, writer = stream
    head = f"POST {path} HTTP/1.1\r\nHost: c\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    content = json.loads(await reader.readexactly(length))
    if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise SystemExit(f"refused: {content}")
    return dict(content)


async def enrol(url: str, db: str, count: int) -> list[Device]:
    """New devices."""
    stream = await connect(url)
    devices = []
    for _ in range(count):
        key = SigningKey.generate()
        device = Device(device_id(key.alg, key.public), key)
        token = issue_enrolment_token(db, "office")
        body = seal_enrolment(key, device.name, token, datetime.now(timezone.utc))
        await post(stream, "/v1/devices", body)
        devices.append(device)
    stream[1].close()
    return devices


async def send(urls: list[str], batches: list[list[bytes]]) -> list[float]:
    """Send the batches of each device in order; seconds that each took."""
    times: list[float] = []

    async def one(index: int, mine: list[bytes]) -> None:
        stream = await connect(urls[index % len(urls)])
        for raw in mine:
            started = time.perf_counter()
            await post(stream, "/v1/batches", raw)
            times.append(time.perf_counter() - started)
        stream[1].close()

    await asyncio.gather(*(one(index, mine) for index, mine in enumerate(batches)))
    return times


def cpu_s(processes: list[CollectorProcess]) -> float:
    """Processor time that the collectors used so far."""
    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return float(sum(item.user + item.system for item in times))


async def measure(
    db: str, collectors: list[CollectorProcess], devices: int, batches: int, zones: int
) -> None:
    urls = [collector.url for collector in collectors]
    known = await enrol(urls[0], db, devices)
    await send(urls, [[device.batch(zones)] for device in known])  # connections, caches, series
    for _ in range(3):
        ready = [[device.batch(zones) for _ in range(batches // devices)] for device in known]
        count = sum(len(mine) for mine in ready)
        before, started = cpu_s(collectors), time.perf_counter()
        times = await send(urls, ready)
        wall = time.perf_counter() - started
        used = cpu_s(collectors) - before
        p99 = statistics.quantiles(times, n=100)[98]
        click.echo(
            f"{count / wall:7.0f} batches/s  {count * zones / wall:8.0f} reports/s  "
            f"median {statistics.median(times) * 1e3:5.1f} ms  p99 {p99 * 1e3:5.1f} ms  "
            f"collector cpu {used / count * 1e3:5.2f} ms per batch"
        )


@click.command()
@click.option("--db", help="postgresql://...; by default SQLite in a temporary folder.")
@click.option("--processes", default=1, show_default=True, help="Collectors on one database.")
@click.option("--devices", default=32, show_default=True)
@click.option("--batches", default=6400, show_default=True, help="In each of three rounds.")
@click.option("--zones", default=10, show_default=True)
def main(db: str | None, processes: int, devices: int, batches: int, zones: int) -> None:
    """Measure ingest on this machine."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its folder is to be removed
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="privcv-ingest-")))
        db = db or f"sqlite:///{folder}/collector.db"
        limits = folder / "limits.yaml"
        limits.write_text("{device_rate_hz: 1000000, peer_rate_hz: 1000000}")
        running = [
            stack.enter_context(running_collector(db, "--limits", str(limits)))
            for _ in range(processes)
        ]
        asyncio.run(measure(db, running, devices, batches, zones))


if __name__ == "__main__":
    main()
