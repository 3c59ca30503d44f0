#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw the picture of the collector's pages in the documents: docs/pages.png.

Its data are made up: entries of two Saturdays at the door of a library, with the noise of epsilon 1
at eight crossings a visit, one hour that was not observed, and few at night. It needs Chromium and
what ``tools/setup_workspace.py --pages`` installs.
"""

import math
import random
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test/support"), str(ROOT / "src/privcv_collector/test/support")]

from collector_client import running_in_thread  # noqa: E402
from pages_browser import running_browser, sign_in  # noqa: E402
from pages_filled import send_record  # noqa: E402
from releases import statistic_release, statistic_report, suppressed  # noqa: E402

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
        send_record(device, label="City library")
        for number, begin in enumerate((MIDNIGHT - timedelta(days=7), MIDNIGHT), start=1):
            reports = [_hour(begin, hour, number, drawn) for hour in range(24)]
            device.send(statistic_release(number, *reports))
        context = browser.new_context(locale="en-GB", viewport={"width": 1100, "height": 740})
        page = context.new_page()
        sign_in(page, server, at="#view=history&date=2026-11-21&place=lobby/door&statistic=entries")
        page.get_by_label("Read a period").fill("15")
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=ROOT / "docs" / "pages.png")


def _hour(begin: datetime, hour: int, number: int, drawn: random.Random) -> dict[str, object]:
    start = begin + timedelta(hours=hour)
    busy = max(0.0, math.sin((hour - 8) / 12 * math.pi)) if 8 <= hour < 20 else 0.0
    true = round(busy * (150 if number == 2 else 105))
    noise = drawn.choice((-1, 1)) * drawn.expovariate(1 / SCALE)
    value = max(0, round(true + noise))
    about = {"statistic": "entries", "place": "door", "area_m2": 0, "period": "hour"}
    about |= {"length_s": 3600}
    if number == 2 and hour == 12:
        return statistic_report(start, **about, **suppressed("unobserved"), coverage=0)
    if value < K:
        return statistic_report(start, **about, **suppressed("below_k"))
    low, high = max(0, round(value - HALF)), round(value + HALF)
    coverage = 0.8 if number == 2 and hour == 13 else 1
    return statistic_report(start, **about, value=value, low=low, high=high, coverage=coverage)


if __name__ == "__main__":
    main()
