# SPDX-License-Identifier: Apache-2.0
"""Events of the collector with many who listen: ``python pages_events.py [--streams N]``.

Two questions, answered in one run over a collector in a process of its own, with N streams of five
tokens that a second process reads. How long after a batch was answered is it seen: by N streams,
and in a page of a real Chromium. And what do the streams cost ingest: rounds of batches of one
site, with and without streams in turn; the ratio of rates and of processor time per batch.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
from collector_ingest import Device, connect, cpu_s, enrol, post, send

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test/support"), str(ROOT / "src/privcv_collector/test/support")]

from pages_browser import running_browser  # noqa: E402
from releases import statistic_release, statistic_report  # noqa: E402

from privcv_collector.devices.administration import issue_access_token  # noqa: E402
from privcv_collector.testing import CollectorProcess, running_collector  # noqa: E402
from privcv_core.protocol.canonical_json import canonical  # noqa: E402
from privcv_core.protocol.envelope import seal  # noqa: E402

TOKENS = 5
SEEN = """() => {
globalThis.seenAt = {};
new MutationObserver(() => {
  const said = document.querySelector("main").textContent;
  for (const [, low] of said.matchAll(/(\\d+) to/g)) seenAt[low] ??= Date.now();
}).observe(document.querySelector("main"), {childList: true, subtree: true});
}"""


async def hold(url: str, tokens: list[str], count: int, pipe: Connection) -> None:
    """Hold ``count`` streams, and send the time at which each event came, until told to end."""
    loop, ready, tasks = asyncio.get_running_loop(), [], []

    async def one(token: str, opened: asyncio.Event) -> None:
        reader, writer = await connect(url)
        writer.write(
            f"GET /v1/events HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        try:
            while line := await reader.readline():
                if line.startswith(b"event: now"):
                    pipe.send(time.time())
                elif line.startswith(b"event: reload"):
                    opened.set()
        finally:
            writer.close()

    for number in range(count):
        opened = asyncio.Event()
        ready.append(opened)
        tasks.append(asyncio.create_task(one(tokens[number % len(tokens)], opened)))
    for opened in ready:
        await opened.wait()
    pipe.send("open")
    await loop.run_in_executor(None, pipe.recv)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _hold(url: str, tokens: list[str], count: int, pipe: Connection) -> None:
    asyncio.run(hold(url, tokens, count, pipe))


@contextmanager
def held(url: str, tokens: list[str], count: int) -> Iterator[Connection]:
    """``count`` open streams in a process of their own; what they hear comes by the pipe."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_hold, args=(url, tokens, count, theirs))
    process.start()
    assert ours.recv() == "open"
    try:
        yield ours
    finally:
        ours.send("end")
        process.join(30)


def window(device: Device, people: int) -> bytes:
    """A batch of one presence window that nobody else has: ``people`` and more."""
    start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(seconds=300)
    start += timedelta(milliseconds=people)
    report = statistic_report(
        start, low=people * 1000, value=people * 1000 + 2000, high=people * 1000 + 4000
    )
    number, device.next = device.next, device.next + 1
    body = {"dropped": 0, "releases": [statistic_release(number, report)]}
    return seal(device.key, device.name, number, datetime.now(timezone.utc), canonical(body))


async def told_ms(url: str, device: Device, pipe: Connection, streams: int, times: int) -> Any:
    """How long after each answer each stream was told, ms; and when each was answered."""
    stream, found, answered = await connect(url), [], {}
    for number in range(times):
        await asyncio.sleep(1.2 + 0.037 * number % 0.5)
        people = 100 + 7 * number
        await post(stream, "/v1/batches", window(device, people))
        answered[people] = time.time()
        for _ in range(streams):
            assert pipe.poll(30)
            found.append(1000 * (pipe.recv() - answered[people]))
    stream[1].close()
    return found, answered


async def first(url: str, device: Device) -> None:
    """A first window, so that there is something to look at."""
    stream = await connect(url)
    await post(stream, "/v1/batches", window(device, 1))
    stream[1].close()


def say(what: str, found: list[float]) -> None:
    ordered = sorted(found)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    click.echo(
        f"{what}: median {statistics.median(ordered):.0f} ms, p99 {p99:.0f} ms, "
        f"most {ordered[-1]:.0f} ms of {len(ordered)}"
    )


def visible(
    collector: CollectorProcess, tokens: list[str], device: Device, counts: tuple[int, int]
) -> None:
    """How long until streams are told and a page shows it; numbers of streams and commits."""
    streams, commits = counts
    with held(collector.url, tokens, streams) as pipe, running_browser() as browser:
        page = browser.new_page()
        page.goto(collector.url)
        page.get_by_label("Access token").fill(tokens[0])
        page.get_by_label("Access token").press("Enter")
        page.get_by_role("article").first.wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(SEEN)
        with ThreadPoolExecutor(1) as pool:
            work = told_ms(collector.url, device, pipe, streams, commits)
            told, answered = pool.submit(asyncio.run, work).result()
        page.wait_for_timeout(2000)
        seen = {int(low): at for low, at in page.evaluate("seenAt").items()}
    say(f"commit to told, {streams} streams", told)
    say("commit to visible in a page", [seen[low] - 1000 * at for low, at in answered.items()])


async def _round(url: str, devices: list[Device], batches: int) -> float:
    ready = [[device.batch(10) for _ in range(batches // len(devices))] for device in devices]
    began = time.perf_counter()
    await send([url], ready)
    return sum(map(len, ready)) / (time.perf_counter() - began)


def cost(
    collector: CollectorProcess,
    tokens: list[str],
    devices: list[Device],
    streams: int,
    counts: tuple[int, int],
) -> None:
    """Rates with and without streams, in turn; numbers of pairs and of batches in a round."""
    rounds, batches = counts
    rates: dict[bool, list[float]] = {False: [], True: []}
    used: dict[bool, list[float]] = {False: [], True: []}

    def one(with_streams: bool) -> None:
        before = cpu_s([collector])
        rates[with_streams].append(asyncio.run(_round(collector.url, devices, batches)))
        used[with_streams].append((cpu_s([collector]) - before) / batches * 1000)

    asyncio.run(_round(collector.url, devices, 320))
    for _ in range(rounds):
        one(False)
        with held(collector.url, tokens, streams):
            one(True)
    for name, found in (("batches/s", rates), ("processor ms per batch", used)):
        without, with_them = (statistics.median(found[which]) for which in (False, True))
        ratios = [b / a for a, b in zip(found[False], found[True], strict=True)]
        click.echo(
            f"{name}: {without:.2f} without streams, {with_them:.2f} with {streams}; of pairs "
            f"median {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        )


@click.command()
@click.option("--streams", default=200, show_default=True)
@click.option("--commits", default=20, show_default=True, help="Until they are seen; 0: none.")
@click.option("--rounds", default=9, show_default=True, help="Pairs of rounds; 0: none.")
@click.option("--batches", default=1600, show_default=True, help="In each round.")
def main(streams: int, commits: int, rounds: int, batches: int) -> None:
    """Measure events on this machine."""
    with tempfile.TemporaryDirectory(prefix="privcv-events-") as folder:
        db, limits = f"sqlite:///{folder}/c.db", Path(folder) / "limits.yaml"
        limits.write_text("{device_rate_hz: 1000000, peer_rate_hz: 1000000}")
        with running_collector(db, "--limits", str(limits)) as collector:
            tokens = [issue_access_token(db, f"reader{at}", "viewer") for at in range(TOKENS)]
            devices = asyncio.run(enrol(collector.url, db, 32))
            asyncio.run(first(collector.url, devices[0]))
            if commits:
                visible(collector, tokens, devices[0], (streams, commits))
            if rounds:
                cost(collector, tokens, devices, streams, (rounds, batches))


if __name__ == "__main__":
    main()
