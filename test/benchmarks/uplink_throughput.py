# SPDX-License-Identifier: Apache-2.0
"""How fast the uplink empties its outbox, beside a bare aiohttp POST loop on the same machine.

Both send the same reports over TLS 1.3, one request after the other, to the same small server in a
process of its own that reads a body and says yes. The bare loop holds ready-made bodies in memory;
the uplink reads its outbox, checks digests, signs and records deliveries durably. Rounds alternate;
the median of their ratios counts. On a machine that others use, processor time tells more than the
clock: who waits for the disk is put at the end of the queue.

    python test/benchmarks/uplink_throughput.py
    python test/benchmarks/uplink_throughput.py --backlog      # 7 days: 10,080 releases of 10 zones
"""

import asyncio
import json
import multiprocessing
import shutil
import signal
import ssl
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
import click
import psutil
from aiohttp import web
from report_load import release

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.demo_certificates import DemoCertificates, demo_certificates
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.delivery import Delivery
from privcv_uplink.outbox.outbox import Outbox
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.https import HttpsTransport

ZONES = 10


def serve(pipe: Connection, certificate: Path, key: Path) -> None:
    """Read a body, say that it was taken."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"accepted": 1, "duplicate": False, "next_sequence": 1})

    async def run() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(certificate, key)
        application = web.Application(client_max_size=2**24)
        application.router.add_post("/v1/batches", take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def server(tls: DemoCertificates) -> Iterator[int]:
    """Port of a server that runs in another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, tls.certificate, tls.key), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


async def bare(port: int, tls: DemoCertificates, bodies: list[bytes]) -> float:
    """Seconds that a POST loop needs for ``bodies``."""
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        start = time.perf_counter()
        for body in bodies:
            async with session.post(f"https://localhost:{port}/v1/batches", data=body) as response:
                assert response.status == 200
                await response.json()
        return time.perf_counter() - start


async def drain(settings: UplinkSettings, memory: list[float] | None = None) -> float:
    """Seconds that the uplink needs to empty its outbox; ``memory`` collects RSS in MB."""
    outbox = Outbox(settings.outbox.file)
    transport = HttpsTransport(settings)
    delivery = Delivery(settings, outbox, transport)
    process = psutil.Process()

    async def watch(memory: list[float]) -> None:
        while True:
            memory.append(process.memory_info().rss / 1e6)
            await asyncio.sleep(0.02)

    watching = None if memory is None else asyncio.create_task(watch(memory))
    delivery.stop()  # that is, return when nothing waits any more
    start = time.perf_counter()
    await delivery.run()
    elapsed_s = time.perf_counter() - start
    if watching is not None:
        watching.cancel()
    assert outbox.contents().pending == 0
    await transport.close()
    outbox.close()
    return elapsed_s


def prepare(folder: Path, port: int, tls: DemoCertificates, size: int) -> UplinkSettings:
    """Settings with a new key and an empty outbox."""
    folder.mkdir()
    device_keys.new(folder / "key.json")
    return UplinkSettings.model_validate(
        {
            "url": f"https://localhost:{port}",
            "pins": list(tls.pins),
            "ca_file": tls.ca_file,
            "key_file": folder / "key.json",
            "outbox": {"file": folder / "outbox.db", "batch_releases": size},
        }
    )


def compare(size: int, requests: int, rounds: int) -> dict[str, float]:
    """Reports per second of both with ``size`` releases in a request."""
    ratios, cpu_ratios, uplink_hz, bare_hz = [], [], [], []
    releases = size * requests
    contents = [release(number, ZONES) for number in range(1, releases + 1)]
    texts = [json.dumps(content, separators=(",", ":")) for content in contents]
    bodies = [
        f'{{"releases":[{",".join(texts[first : first + size])}]}}'.encode()
        for first in range(0, releases, size)
    ]
    with tempfile.TemporaryDirectory(prefix="privcv-throughput-") as name:
        tls = demo_certificates(Path(name) / "tls")
        with server(tls) as port:
            settings = prepare(Path(name) / "device", port, tls, size)
            full = Path(name) / "full.db"
            outbox = Outbox(full)
            for content in contents:
                assert outbox.accept(content["sequence"], canonical(content))
            outbox.close()
            for number in range(rounds + 1):
                shutil.copy(full, settings.outbox.file)
                started_s = time.process_time()
                peer_s = asyncio.run(bare(port, tls, bodies))
                between_s = time.process_time()
                ours_s = asyncio.run(drain(settings))
                ours_cpu_s = time.process_time() - between_s
                if number == 0:  # both warm up
                    continue
                ratios.append(peer_s / ours_s)
                cpu_ratios.append((between_s - started_s) / ours_cpu_s)
                uplink_hz.append(releases * ZONES / ours_s)
                bare_hz.append(releases * ZONES / peer_s)
    return {
        "releases_in_a_request": size,
        "uplink_reports_hz": round(statistics.median(uplink_hz)),
        "bare_reports_hz": round(statistics.median(bare_hz)),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_of_processor_time": round(statistics.median(cpu_ratios), 2),
        "ratio_lowest": round(min(ratios), 2),
        "ratio_highest": round(max(ratios), 2),
    }


def backlog(days: float) -> dict[str, float]:
    """Fill the outbox for ``days`` of one-minute windows, empty it, and watch the memory."""
    releases = round(days * 24 * 60)
    with tempfile.TemporaryDirectory(prefix="privcv-throughput-") as name:
        tls = demo_certificates(Path(name) / "tls")
        with server(tls) as port:
            settings = prepare(Path(name) / "device", port, tls, 60)
            outbox = Outbox(settings.outbox.file)
            start = time.perf_counter()
            for number in range(1, releases + 1):
                assert outbox.accept(number, canonical(release(number, ZONES)))
            fill_s = time.perf_counter() - start
            outbox.close()
            file_mb = settings.outbox.file.stat().st_size / 1e6
            memory: list[float] = []
            drain_s = asyncio.run(drain(settings, memory))
    tenth = max(1, len(memory) // 10)
    return {
        "releases": releases,
        "file_mb": round(file_mb, 1),
        "accept_ms": round(1000 * fill_s / releases, 2),
        "drain_s": round(drain_s, 1),
        "rss_mb_first_tenth": round(statistics.median(memory[:tenth]), 1),
        "rss_mb_last_tenth": round(statistics.median(memory[-tenth:]), 1),
        "rss_mb_most": round(max(memory), 1),
    }


@click.command()
@click.option("--rounds", default=9, show_default=True)
@click.option("--requests", default=100, show_default=True, help="Requests in a round.")
@click.option("--backlog", "only_backlog", is_flag=True, help="Empty an outbox of --days instead.")
@click.option("--days", default=7.0, show_default=True)
def main(rounds: int, requests: int, only_backlog: bool, days: float) -> None:
    """Print one JSON line per measurement."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its folder is to be removed
    if only_backlog:
        click.echo(json.dumps(backlog(days)))
        return
    for size in (60, 10, 1):
        click.echo(json.dumps(compare(size, requests, rounds)))


if __name__ == "__main__":
    main()
