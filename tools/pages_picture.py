#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw the pictures of the collector's pages in the documents: docs/pages.png and three beside it.

Their data are made up: entries of six Saturdays at the door of a library, with the noise of epsilon
1 at eight crossings a visit, one hour that was not observed, and few at night; and how it is there
now. They need Chromium and what ``tools/setup_workspace.py --pages`` installs.
"""

import math
import random
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test/support"), str(ROOT / "src/privcv_collector/test/support")]

from collector_client import Server, running_in_thread  # noqa: E402
from pages_browser import running_browser, sign_in  # noqa: E402
from pages_filled import fill, fill_fleet, send_record  # noqa: E402
from releases import (  # noqa: E402
    make_release,
    statistic_release,
    statistic_report,
    suppressed,
)

from privcv_collector.clock import now_utc  # noqa: E402
from privcv_collector.devices.administration import issue_access_token  # noqa: E402
from privcv_core.protocol.timestamps import rfc3339_whole  # noqa: E402

MIDNIGHT = datetime(2026, 11, 20, 23, tzinfo=timezone.utc)  # of Saturday, 21 November, in Berlin
SCALE = 8.0  # of the noise, crossings
HALF = SCALE * math.log(10)  # of an interval of 90 %
K = 5


def main() -> None:
    drawn = random.Random(20261121)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_in_thread(f"sqlite:///{folder}/c.db") as server,
        running_browser() as browser,
    ):
        device = server.enrolled()
        every_day = {"days": ["mon", "tue", "wed", "thu", "fri", "sat"]}
        hours = [{**every_day, "start": "08:00", "end": "20:00"}]
        send_record(device, label="City library", opening_hours=hours)
        for number, weeks in enumerate((5, 4, 3, 2, 1, 0), start=1):
            begin = MIDNIGHT - timedelta(weeks=weeks)
            reports = [_hour(begin, hour, weeks == 0, drawn) for hour in range(24)]
            device.send(statistic_release(number, *reports))
        context = browser.new_context(locale="en-GB", viewport={"width": 1100, "height": 800})
        page = context.new_page()
        view = "#view=history&date=2026-11-21&place=lobby/door&statistic=entries"
        _draw(page, server, view, "pages.png", "15")
        device.send(*_windows(now_utc().replace(microsecond=0) - timedelta(seconds=330)))
        _draw(page, server, "#view=now", "pages_now.png")
        token = issue_access_token(
            server.collector.engine, "door", "display", ["office"], places=["lobby/left"]
        )
        screen = browser.new_context(locale="en-GB", viewport={"width": 720, "height": 620})
        page = screen.new_page()
        page.goto(server.url)
        page.get_by_label("Access token").fill(token)
        page.get_by_label("Access token").press("Enter")
        page.locator(".display article").wait_for()
        page.screenshot(path=ROOT / "docs" / "pages_door.png")
    _draw_sites()


def _draw_sites() -> None:
    """Eight sites, most of which need somebody."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_in_thread(f"sqlite:///{folder}/c.db") as server,
        running_browser() as browser,
    ):
        fill_fleet(server, fill(server, 0), number=7)
        page = browser.new_page(locale="en-GB", viewport={"width": 1100, "height": 640})
        sign_in(page, server, "auditor", at="#view=fleet")
        page.get_by_text("sites need somebody").wait_for()
        page.screenshot(path=ROOT / "docs" / "sites.png")


def _windows(start: datetime) -> list[Any]:
    """How it is now: two zones, one of them over its capacity, and a line in other states."""
    window = {"window_start": rfc3339_whole(start), "window_s": 300}
    visitors = {"left": (58, 46, 70, [20, 22, 6, 6, 4]), "right": (21, 9, 33, [12, 3, 2, 3, 1])}
    names = ("occupancy", "occupancy_low", "occupancy_high", "flow")
    found = [
        make_release(number, (zone,), **window, **dict(zip(names, values, strict=True)))
        for number, (zone, values) in enumerate(visitors.items(), start=7)
    ]
    line = {"place": "door", "area_m2": 0}
    told = [
        statistic_report(start, value=42_000, low=31_200, high=53_000),
        statistic_report(start, place="right", value=14_000, low=3_000, high=25_000),
        statistic_report(start, statistic="entries", **line, **suppressed("below_k")),
        statistic_report(start, statistic="exits", **line, **suppressed("unobserved")),
    ]
    return [*found, statistic_release(9, *told)]


def _draw(page: Any, server: Server, view: str, name: str, hour: str = "") -> None:
    page.goto("about:blank")
    if not page.context.cookies():
        sign_in(page, server, at=view)
    else:
        page.goto(f"{server.url}/{view}")
    page.locator("main h1").wait_for()
    if hour:
        page.get_by_label("Read a period").fill(hour)
    page.wait_for_timeout(2500)  # the first event has been drawn
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=ROOT / "docs" / name, full_page=not hour)


def _hour(begin: datetime, hour: int, is_last: bool, drawn: random.Random) -> dict[str, object]:
    start = begin + timedelta(hours=hour)
    busy = max(0.0, math.sin((hour - 8) / 12 * math.pi)) if 8 <= hour < 20 else 0.0
    true = round(busy * (150 if is_last else 105))
    noise = drawn.choice((-1, 1)) * drawn.expovariate(1 / SCALE)
    value = max(0, round(true + noise))
    about = {"statistic": "entries", "place": "door", "area_m2": 0, "period": "hour"}
    about |= {"length_s": 3600}
    if is_last and hour == 12:
        return statistic_report(start, **about, **suppressed("unobserved"), coverage=0)
    if value < K:
        return statistic_report(start, **about, **suppressed("below_k"))
    low, high = max(0, round(value - HALF)), round(value + HALF)
    coverage = 0.8 if is_last and hour == 13 else 1
    return statistic_report(start, **about, value=value, low=low, high=high, coverage=coverage)


if __name__ == "__main__":
    main()
