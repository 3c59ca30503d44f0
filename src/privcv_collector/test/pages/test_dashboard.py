# SPDX-License-Identifier: Apache-2.0
"""The pages in a real browser: what they show is what the API says, in words and marks alike."""

import math
from datetime import timedelta

import pytest
from pages_browser import looked_at, running_browser, sign_in
from pages_filled import MIDNIGHT, fill, fill_now
from pages_words import in_words
from releases import statistic_release, statistic_report

from privcv_collector.api.routes import now as now_route

SUNDAY = "#view=history&site=office&date=2026-03-29"


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture
def now(monkeypatch):
    """A minute after the windows of ``fill_now``."""
    start = MIDNIGHT + timedelta(hours=12)
    monkeypatch.setattr(now_route, "now_utc", lambda: start + timedelta(seconds=360))
    return start


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("place", "statistic"), [("door", "entries"), ("left", "presence")])
def test_every_figure_and_state_is_the_api_s(browser, sqlite_server, seed, place, statistic):
    fill(sqlite_server, seed)
    since = MIDNIGHT.isoformat().replace("+00:00", "Z")
    found = sqlite_server.read(
        f"/v1/periods?site=office&unit=hour&zone={place}&statistic={statistic}&since={since}",
        "viewer",
    )["periods"]
    by_start = {one["start_local"][:13]: one for one in found}
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at=f"{SUNDAY}&place=lobby/{place}&statistic={statistic}")
        page.get_by_text("The same as a table").click()
        rows = [row.locator("th,td").all_inner_texts() for row in page.locator("tbody tr").all()]
        assert len(rows) == 23  # clocks were put forward on that day
        hours = [hour for hour in range(24) if hour != 2]
        for hour, (name, *cells) in zip(hours, rows, strict=True):
            assert f"29 Mar, {hour:02}:00" in name
            report = by_start.get(f"2026-03-29T{hour:02}")
            assert cells[:4] == in_words(report), (hour, report)
            seen = f"{math.floor(report['coverage'] * 100)} %" if report else ""
            assert cells[4] == seen
        slider = page.get_by_label("Read a period")
        for at, (_, _, _, _, state, *_) in enumerate(rows):
            slider.fill(str(at))
            text = slider.get_attribute("aria-valuetext")
            assert state in text
            assert page.locator("output").inner_text() == text


def test_who_is_signed_in_stays_so_and_no_script_can_reach_the_token(browser, sqlite_server):
    fill(sqlite_server, 0)
    with looked_at(browser, sqlite_server) as page:
        token = sign_in(page, sqlite_server, at=SUNDAY)
        page.reload()
        page.get_by_role("heading", name="History").wait_for()
        held = page.evaluate(
            "JSON.stringify([document.cookie, location.href, {...localStorage}, "
            "{...sessionStorage}, document.documentElement.outerHTML])"
        )
        assert token not in held
        assert "__Host-privcv" not in held
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["sameSite"]) == ("__Host-privcv", "Strict")
        assert cookie["httpOnly"]
        assert cookie["secure"]
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Access token").wait_for()
        page.reload()
        page.get_by_label("Access token").wait_for()
        assert not page.context.cookies()


def test_a_token_that_is_not_known_is_said_so(browser, sqlite_server):
    with looked_at(browser, sqlite_server, expected="status of 401") as page:
        page.goto(sqlite_server.url)
        page.get_by_label("Access token").fill("x" * 40)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").filter(has_text="not known").wait_for()


def test_five_states_of_now_are_told_apart_in_words(browser, sqlite_server, now):
    fill_now(fill(sqlite_server, 1), now, 20)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server)
        left = page.get_by_role("article").filter(has_text="Left of the door")
        said = left.inner_text()
        assert "31 to 55, most likely about 42" in said
        assert "Surely more than the room is for (30)." in said
        assert "9 to 15, most likely about 12" in said
        of_right = page.get_by_role("heading", name="right zone")
        right = page.get_by_role("article").filter(has=of_right).inner_text()
        assert "few (fewer than about 5)" in right
        assert "not observed" in right
        door = page.get_by_role("article").filter(has_text="Main door").inner_text()
        assert "hidden: the privacy budget is spent" in door
        assert "no report arrived" in door
        plan = page.get_by_role("img", name="Plan of Entrance hall")
        assert "31 to 55" in plan.text_content()


HOSTILE = '<img src=x onerror="document.title=1">'
HOSTILE_LABELS = [HOSTILE, "javascript:document.title=1", "</option></select><script>1</script>"]


@pytest.mark.parametrize("label", HOSTILE_LABELS)
def test_a_label_is_text_wherever_it_is_shown(browser, sqlite_server, now, label):
    record = {"label": label}
    fill_now(fill(sqlite_server, 2, **record), now, 20)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor")
        for view in ("now", "history", "privacy"):
            page.goto(f"{sqlite_server.url}/#view={view}")
            page.get_by_text(label).first.wait_for(state="attached")
            assert page.title() == "privcv"
            assert page.locator("main img, main script").count() == 0


def test_a_week_before_is_said_to_differ_only_where_the_interval_excludes_0(browser, sqlite_server):
    fill(sqlite_server, 3)
    query = "/v1/periods?site=office&unit=hour&statistic=entries"
    found = {one["start_local"][:13]: one for one in sqlite_server.read(query, "viewer")["periods"]}
    expected = []
    for hour in (hour for hour in range(24) if hour != 2):
        one, before = (found.get(f"2026-03-{day}T{hour:02}") for day in (29, 22))
        if before is None:
            expected.append("")
        elif one is None or one["state"] != "published" or before["state"] != "published":
            expected.append("Cannot be compared")
        else:
            half = math.hypot(
                *(max(it["value"] - it["low"], it["high"] - it["value"]) for it in (one, before))
            )
            far = one["value"] - before["value"]
            words = "More than" if far > 0 else "Less than"
            expected.append(words if abs(far) > half else "No difference")
    assert {"", "Cannot be compared", "More than", "Less than", "No difference"} >= set(expected)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at=f"{SUNDAY}&place=lobby/door&statistic=entries")
        slider = page.get_by_label("Read a period")
        for at, words in enumerate(expected):
            slider.fill(str(at))
            text = slider.get_attribute("aria-valuetext")
            assert words in text if words else "week before" not in text, text


def test_an_auditor_sees_what_was_spent_and_a_viewer_does_not(browser, sqlite_server):
    fill(sqlite_server, 4)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor", at="#view=privacy")
        page.get_by_role("heading", name="What was refused").wait_for()
        assert "a whole visit of a person" in page.locator("main").inner_text()
        assert page.get_by_role("region", name="Devices").count() == 1
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at="#view=privacy")
        page.get_by_text("are shown to auditors").wait_for()
        assert page.get_by_role("region", name="Devices").count() == 0


def test_the_pages_speak_german(browser, sqlite_server):
    fill(sqlite_server, 5)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, at=SUNDAY)
        page.get_by_label("Language").select_option("de")
        page.get_by_role("heading", name="Verlauf").wait_for()
        assert page.evaluate("document.documentElement.lang") == "de"
        assert "Sonntag, 29. März 2026" in page.locator("h2").inner_text()


def test_by_keyboard_alone_one_signs_in_picks_a_day_and_reads_an_hour(browser, sqlite_server):
    fill(sqlite_server, 6)
    with looked_at(browser, sqlite_server) as page:
        page.goto(f"{sqlite_server.url}/{SUNDAY}")
        tab_to(page, "token")
        page.keyboard.type(sqlite_server.token("viewer"))
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="History").wait_for()
        tab_to(page, "earlier")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="28 March 2026").wait_for()
        assert page.evaluate("document.activeElement.id") == "earlier"  # and stays there
        tab_to(page, "cursor")
        page.keyboard.press("Home")
        assert "00:00" in page.locator("output").inner_text()
        page.keyboard.press("ArrowRight")
        assert "01:00" in page.locator("output").inner_text()


def tab_to(page, name):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    pytest.fail(f"no way to {name} by keyboard")


@pytest.mark.parametrize(
    ("low", "high", "colours"), [(38, 46, 4), (28, 50, 2), (31, 55, 2), (5, 79, 1)]
)
def test_a_wide_interval_gets_fewer_colours_on_the_plan(
    browser, sqlite_server, now, low, high, colours
):
    device = fill(sqlite_server, 1)
    presence = {"value": 42_000, "low": low * 1000, "high": high * 1000}
    crowded = {"place": "right", "value": 79_000, "low": 78_000, "high": 80_000}
    for number, report in enumerate((presence, crowded), 20):  # of 40 m²: up to 2 people per m²
        device.send(statistic_release(number, statistic_report(now, **report)))
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server)
        zones = page.locator(".plan polygon")
        zones.first.wait_for()
        kinds = [one.get_attribute("class") for one in zones.all()]
        level = math.floor(42 / 80 * colours)
        assert kinds == [f"mark heat-{colours}-{level}", "mark heat-4-3"]
        legend = page.get_by_role("list", name="People per m² on average")
        assert "0.5 to 1\n" in legend.inner_text() + "\n"
