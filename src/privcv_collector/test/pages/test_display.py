# SPDX-License-Identifier: Apache-2.0
"""The screen on a wall and at a door in a real browser: how it is now, large, and nothing else."""

from datetime import timedelta

import pytest
from pages_browser import THEMES, looked_at, running_browser, violations
from pages_filled import MIDNIGHT, fill, fill_now

from privcv_collector.api.routes import now as now_route
from privcv_collector.devices.administration import issue_access_token


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture
def filled(sqlite_server, monkeypatch):
    """A minute after the windows of ``fill_now``."""
    start = MIDNIGHT + timedelta(hours=12)
    monkeypatch.setattr(now_route, "now_utc", lambda: start + timedelta(seconds=360))
    fill_now(fill(sqlite_server, 1), start, 20)
    return sqlite_server


def open_screen(page, server, *places):
    token = issue_access_token(
        server.collector.engine, f"screen{len(places)}", "display", ["office"], places=[*places]
    )
    page.goto(server.url)
    page.get_by_label("Access token").fill(token)
    page.get_by_label("Access token").press("Enter")
    page.locator(".display article").first.wait_for()


def test_a_door_shows_its_room_as_a_light_with_a_shape_and_a_word(browser, filled):
    with looked_at(browser, filled) as page:
        open_screen(page, filled, "lobby/left")
        (said,) = page.locator(".display article").all_inner_texts()
        assert "Left of the door" in said
        assert "Surely full" in said  # 31 to 55 where 30 may be
        assert "31 to 55" in said
        assert page.locator(".light path.stop").count() == 1
        assert page.locator("nav a").count() == 0
        # Neither does the address lead anywhere else.
        for view in ("history", "privacy", "now"):
            page.goto(f"{filled.url}/#view={view}")
            page.reload()
            page.locator(".display article").wait_for()
            assert page.locator("svg.chart, table, .plan").count() == 0


def test_a_wall_shows_every_place_and_what_is_not_known_has_no_light_of_its_own(browser, filled):
    with looked_at(browser, filled) as page:
        open_screen(page, filled)
        right = page.locator(".display article").filter(has_text="right")
        assert "not observed" in right.inner_text()
        door = page.locator(".display article").filter(has_text="Main door")
        assert "hidden: the privacy budget is spent" in door.inner_text()
        assert page.locator(".light path.go").count() == 0


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_nobody_is_shut_out(browser, filled, theme):
    with looked_at(browser, filled, bypass_csp=True, **THEMES[theme]) as page:
        open_screen(page, filled)
        assert violations(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "sideways scroll"
