# SPDX-License-Identifier: Apache-2.0
"""What the collector's pages weigh, and how long they take: ``python pages.py [--runs N]``.

A real Chromium signs in to a real collector over a year of hours of a door and a zone and opens the
history of a day N times, each in a browser of its own: first paint, largest paint, until the chart
is there, layout shift, heap. Beside that a query for a year of hours, and the page of 500 sites,
each with a device that told its health and its record (``--fleet``: that alone). Medians; nothing
is throttled. It needs what ``tools/setup_workspace.py --pages`` installs.
"""

import argparse
import gzip
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test/support"), str(ROOT / "src/privcv_collector/test/support")]

from collector_client import Device, Server, running_in_thread  # noqa: E402
from pages_browser import running_browser, sign_in  # noqa: E402
from pages_filled import MIDNIGHT, fill_fleet, send_record  # noqa: E402
from releases import statistic_release, statistic_report  # noqa: E402

from privcv_collector.api.pages.dashboard import page_files  # noqa: E402

DAY = "#view=history&date=2026-03-29&place=lobby/door&statistic=entries"
OBSERVED = """
globalThis.seen = {shift: 0, largest: 0};
const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
  .observe({type, buffered: true});
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("largest-contentful-paint", (entry) => { seen.largest = entry.startTime; });
new MutationObserver(() => {
  if (!seen.chart && document.querySelector("svg.chart")) seen.chart = performance.now();
}).observe(document, {childList: true, subtree: true});
"""
SITES = 500
FLEET_SEEN = """
new MutationObserver(() => {
  if (!globalThis.fleetAt && document.querySelector("main tbody tr")) fleetAt = performance.now();
}).observe(document, {childList: true, subtree: true});
"""
TOLD = """() => ({...seen, heap: performance.memory.usedJSHeapSize,
  first: performance.getEntriesByName("first-contentful-paint")[0].startTime})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--fleet", action="store_true", help="only the page of sites")
    options = parser.parse_args()
    runs = options.runs
    files = page_files().values()
    packed = sum(len(gzip.compress(one.content)) for one in files)
    print(f"files: {len(files)}, {sum(len(one.content) for one in files)} B, {packed} B gzip")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_in_thread(f"sqlite:///{folder}/c.db") as server,
        running_browser() as browser,
    ):
        device = server.enrolled()
        send_record(device)
        fill_fleet(server, device, number=SITES, recorded=True)
        for name, took_ms in fleet_ms(browser, server, runs).items():
            print(f"fleet of {SITES + 1} sites, {name}: {took_ms:.0f} ms")
        if options.fleet:
            return
        fill_year(device)
        token = server.token("viewer")
        wall, used = year_ms(server, token, runs)
        print(f"query of a year of hours, one door: {wall:.0f} ms, of the processor {used:.0f} ms")
        found = [opened(browser, server) for _ in range(runs)]
    for name, unit, scale in (
        ("first", "ms", 1), ("largest", "ms", 1), ("chart", "ms", 1), ("shift", "", 1),
        ("heap", "MB", 1e-6),
    ):  # fmt: skip
        values = sorted(one[name] * scale for one in found)
        print(f"{name}: median {statistics.median(values):.3g} {unit}, most {values[-1]:.3g}")


def fleet_ms(browser: Any, server: Server, runs: int) -> dict[str, float]:
    """Medians of the query for the fleet and of an opening until its table is there, ms.

    Wall time, and time of the processor: of this process, which serves and asks, and of the page's
    main thread.
    """
    token = server.token("auditor")
    found: dict[str, list[float]] = {
        name: [] for name in ("query", "query_cpu", "page", "page_cpu")
    }
    for _ in range(runs):
        began, cpu = time.perf_counter(), time.process_time()
        content = server.call("GET", "/v1/fleet", Authorization=f"Bearer {token}").content
        found["query_cpu"].append(time.process_time() - cpu)
        found["query"].append(time.perf_counter() - began)
        assert len(content["sites"]) > SITES
    for _ in range(runs):
        context = browser.new_context(locale="en-GB", viewport={"width": 1100, "height": 900})
        page = context.new_page()
        page.add_init_script(FLEET_SEEN)
        sign_in(page, server, "auditor")
        page.goto("about:blank")
        ticks = context.new_cdp_session(page)
        ticks.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(f"{server.url}/#view=fleet")
        page.locator("main tbody tr").first.wait_for()
        metrics = {
            one["name"]: one["value"] for one in ticks.send("Performance.getMetrics")["metrics"]
        }
        found["page"].append(page.evaluate("fleetAt") / 1000)
        found["page_cpu"].append(metrics["TaskDuration"])
        context.close()
    return {name: 1000 * statistics.median(values) for name, values in found.items()}


def fill_year(device: Device) -> None:
    """A year of hours up to the Sunday that is opened."""
    begin = MIDNIGHT + timedelta(hours=24) - timedelta(days=365)
    line = {"statistic": "entries", "place": "door", "area_m2": 0}
    for number in range(365):
        reports = []
        for hour in range(24):
            start = begin + timedelta(days=number, hours=hour)
            common: dict[str, Any] = {"period": "hour", "length_s": 3600}
            reports.append(statistic_report(start, value=hour, low=0, high=40, **line, **common))
            reports.append(statistic_report(start, **common))
        answer = device.send(statistic_release(number + 1, *reports))
        assert answer.status == 200, answer.content


def year_ms(server: Server, token: str, runs: int) -> tuple[float, float]:
    """Medians of the time in which all pages of a year of hours arrive, and of the processor's.

    Both have in them that this process, in which the collector runs, reads the JSON.
    """
    took: list[tuple[float, float]] = []
    for _ in range(runs):
        began, rows = (time.perf_counter(), time.process_time()), 0
        since: str | None = ""
        while since is not None:
            after = f"&since={since}" if since else ""
            path = f"/v1/periods?site=office&unit=hour&statistic=entries&limit=10000{after}"
            content = server.call("GET", path, Authorization=f"Bearer {token}").content
            rows, since = rows + len(content["periods"]), content["next"]
        assert rows == 365 * 24
        ended = (time.perf_counter(), time.process_time())
        took.append((1000 * (ended[0] - began[0]), 1000 * (ended[1] - began[1])))
    wall, used = (statistics.median(one) for one in zip(*took, strict=True))
    return wall, used


def opened(browser: Any, server: Server) -> dict[str, float]:
    """Figures of one opening of a day, by somebody who is signed in."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.add_init_script(OBSERVED)
    sign_in(page, server)
    page.goto("about:blank")
    page.goto(f"{server.url}/{DAY}")
    page.locator("svg.chart").wait_for()
    page.wait_for_timeout(500)
    told: dict[str, float] = page.evaluate(TOLD)
    context.close()
    return told


if __name__ == "__main__":
    main()
