# SPDX-License-Identifier: Apache-2.0
"""What is usual, opening hours, where people headed and how long they stayed, as pages say it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pages_browser import looked_at, running_browser, sign_in
from pages_filled import send_record
from releases import make_release, statistic_release, statistic_report, suppressed

from privcv_core.protocol.timestamps import rfc3339_whole

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 5, 4, tzinfo=BERLIN)
VALUES = {8: [20, 30, 40, 50], 9: [None, None, None, 90], 10: [70, 80], 11: ["unobserved"] * 8}
DAY = "#view=history&site=office&date=2026-05-04"
WORDS = {
    8: "Usually about 30 (median of 4 such hours, 20 to 50).",
    9: "Usually few (fewer than about 5) (most of 4 such hours).",
    10: "",
    11: "",
}


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture
def device(sqlite_server):
    """Hours of a Monday and of the Mondays before, by ``VALUES``."""
    device = sqlite_server.enrolled()
    send_record(device, holidays=["2026-05-04"])
    told = [_entries(MONDAY.replace(hour=hour), 60) for hour in VALUES]
    for hour, values in VALUES.items():
        for weeks, value in enumerate(values, 1):
            told.append(_entries(MONDAY.replace(hour=hour) - timedelta(weeks=weeks), value))
    assert device.send(statistic_release(1, *told)).status == 200
    return device


def _entries(start, value):
    about = {"statistic": "entries", "place": "door", "area_m2": 0, "period": "hour"}
    about |= {"length_s": 3600}
    start = start.astimezone(ZoneInfo("UTC"))
    if isinstance(value, int):
        return statistic_report(start, **about, value=value, low=value - 5, high=value + 5)
    return statistic_report(start, **about, **suppressed(value or "below_k"))


def test_what_is_usual_is_said_with_of_how_many_and_hidden_on_demand(
    browser, sqlite_server, device
):
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at=f"{DAY}&place=lobby/door&statistic=entries")
        slider = page.get_by_label("Read a period")
        for hour, words in WORDS.items():
            slider.fill(str(hour))
            said = slider.get_attribute("aria-valuetext")
            assert words in said
            assert ("Usually" in said) == bool(words)
        assert page.locator("path.mark.usual").count() == 2  # the chart's, and the legend's
        page.get_by_label("Show what is usual").uncheck()
        page.locator("path.mark.usual").first.wait_for(state="detached")
        assert "Usually" not in page.locator("main").inner_text()


def test_opening_hours_and_holidays_are_shown(browser, sqlite_server, device):
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at=f"{DAY}&place=lobby/door&statistic=entries")
        page.get_by_text("Open Mon–Tue 08:00–18:00.").wait_for()
        slider = page.get_by_label("Read a period")
        slider.fill("9")
        assert ", closed." in slider.get_attribute("aria-valuetext")  # a holiday
        page.goto(f"{sqlite_server.url}/#view=history&site=office&date=2026-04-27&place=lobby/door")
        page.get_by_role("heading", name="27 April 2026").wait_for()
        for hour, closed in ((7, True), (8, False), (17, False), (18, True)):
            slider.fill(str(hour))
            assert ("closed" in slider.get_attribute("aria-valuetext")) == closed, hour


def test_where_people_headed_and_how_long_they_stayed(browser, sqlite_server, device):
    start = rfc3339_whole(MONDAY.replace(hour=9).astimezone(ZoneInfo("UTC")))
    release = make_release(2, ("left",), window_start=start, window_s=300)
    about = {name: release["zones"][0][name] for name in
             ("camera", "zone", "status", "reason", "confidence", "coverage", "epsilon", "delta",
              "unit", "mechanism")}  # fmt: skip
    stay = {**about, "kind": "dwell", "period_start": start, "period_s": 3600}
    stay |= {"visits": [11, 22, 33], "visits_low": [9, 18, 27], "visits_high": [13, 26, 39]}
    hidden = {**stay, "zone": "right", "status": "suppressed", "reason": "budget"}
    hidden |= {name: [0] * 3 for name in ("visits", "visits_low", "visits_high")}
    release["dwell"] = [stay, hidden]
    assert device.send(release).status == 200
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at=f"{DAY}&range=windows&place=lobby/left&statistic=visitors")
        said = page.get_by_label("Read a period")
        heading = "heading: 4 standing, on the plan 3 right, 2 up, 2 left, 1 down"
        assert heading in said.get_attribute("aria-valuetext")
        words = {"short": "9 to 13", "middle": "18 to 26", "long": "27 to 39"}
        for name, interval in words.items():
            page.locator("#statistic").select_option(f"stay_{name}")
            page.locator("output", has_text=interval).wait_for()
        page.locator("#place").select_option("lobby/right")
        page.locator("output", has_text="hidden: the privacy budget is spent").wait_for()
