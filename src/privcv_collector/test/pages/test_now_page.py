# SPDX-License-Identifier: Apache-2.0
"""The view of now says what the API says, whatever state each place is in; also on paper."""

import random
from datetime import timedelta

import pytest
from pages_browser import THEMES, looked_at, running_browser, sign_in, violations
from pages_filled import MIDNIGHT, fill, send_record
from pages_words import in_words
from releases import make_release, statistic_release, statistic_report, suppressed

from privcv_collector.api.routes import now as now_route
from privcv_core.protocol.timestamps import rfc3339_whole

REASONS = ["none", "none", "below_k", "unobserved", "budget", "fault", ""]
NAMES = {
    "presence": "People there on average",
    "visitors": "Visitors in a window",
    "entries": "Entries",
    "exits": "Exits",
}
PLACES = {"left": "Left of the door zone", "right": "right zone", "door": "Main door line"}
START = MIDNIGHT + timedelta(hours=12)


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture
def now(monkeypatch):
    """A minute after the windows."""
    monkeypatch.setattr(now_route, "now_utc", lambda: START + timedelta(seconds=360))


def fill_windows(device, seed):
    """A window of each statistic of each place in a random state, or none."""
    drawn, releases, told = random.Random(seed), [], []
    none = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    for zone in ("left", "right"):
        reason, value = drawn.choice(REASONS), drawn.randint(0, 200)
        held = none if reason != "none" else {"occupancy": value, "occupancy_low": value // 2}
        held |= (
            {} if reason != "none" else {"occupancy_high": value + 9, "flow": [value, 0, 0, 0, 0]}
        )
        if reason:
            about = {"window_start": rfc3339_whole(START), "window_s": 300, "reason": reason}
            about |= {"status": "published" if reason == "none" else "suppressed"}
            about |= {"coverage": 0 if reason == "unobserved" else 1}
            releases.append(make_release(len(releases) + 1, (zone,), **{**about, **held}))
        told += _statistic(drawn, "presence", zone, 1000)
    for statistic in ("entries", "exits"):
        told += _statistic(drawn, statistic, "door", 1)
    releases.append(statistic_release(len(releases) + 1, *told)) if told else None
    assert device.send(*releases).status == 200


def _statistic(drawn, statistic, place, scale):
    reason, value = drawn.choice(REASONS), drawn.randint(0, 200 * scale)
    about = {"statistic": statistic, "place": place, "area_m2": 40 if scale > 1 else 0}
    if not reason:
        return []
    if reason != "none":
        return [statistic_report(START, **about, **suppressed(reason))]
    low, high = max(0, value - 30 * scale), value + drawn.randint(0, 50 * scale)
    return [statistic_report(START, **about, value=value, low=low, high=high)]


@pytest.mark.parametrize("seed", range(6))
def test_every_figure_and_state_of_now_is_the_api_s(browser, sqlite_server, now, seed):
    device = sqlite_server.enrolled()
    send_record(device)
    fill_windows(device, seed)
    (site,) = sqlite_server.read("/v1/now", "viewer")["sites"]
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server)
        for place in site["places"]:
            heading = page.get_by_role("heading", name=PLACES[place["place"]])
            card = page.get_by_role("article").filter(has=heading)
            card.wait_for()
            for one in place["statistics"]:
                term = card.locator("dt", has_text=NAMES[one["statistic"]])
                said = term.locator("xpath=following-sibling::dd[1]").locator(".says")
                low, _, value, words = in_words(one)
                expected = f"{words}, most likely about {value}" if low else words
                assert said.inner_text().strip() == expected, (place["place"], one)


def test_on_paper_there_is_the_table_and_nothing_to_press(browser, sqlite_server):
    fill(sqlite_server, 1)
    with looked_at(browser, sqlite_server) as page:
        view = "#view=history&site=office&date=2026-03-29&place=lobby/door"
        sign_in(page, sqlite_server, at=view)
        table = page.locator("details table")
        assert not table.is_visible()
        page.emulate_media(media="print")
        table.wait_for()
        for pressed in ("button", "select", "input", "a[download]"):
            assert not any(one.is_visible() for one in page.locator(pressed).all()), pressed
        assert page.locator("svg.chart").is_visible()


def test_by_keyboard_alone_one_chooses_what_is_drawn(browser, sqlite_server):
    fill(sqlite_server, 6)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at="#view=history&site=office&date=2026-03-29")
        page.locator("#statistic").wait_for()
        for name, key, found in (
            ("place", "ArrowDown", "place="),
            ("usual", "Space", "usual=0"),
            ("compare", "Space", "compare=0"),
            ("range", "ArrowDown", "range=week"),
        ):
            page.locator("#skip").focus()
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.id") == name:
                    break
            page.keyboard.press(key)
            page.wait_for_url(f"**{found}*")
            page.wait_for_function("name => document.activeElement.id === name", arg=name)


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_nobody_is_shut_out_of_a_plan_with_crowds(browser, sqlite_server, now, theme):
    device = sqlite_server.enrolled()
    send_record(device)
    crowd = {"value": 70_000, "low": 68_000, "high": 72_000}
    told = [statistic_report(START), statistic_report(START, place="right", **crowd)]
    assert device.send(statistic_release(1, *told)).status == 200
    with looked_at(browser, sqlite_server, bypass_csp=True, **THEMES[theme]) as page:
        sign_in(page, sqlite_server)
        page.locator(".plan polygon[class*=heat-4]").first.wait_for()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
