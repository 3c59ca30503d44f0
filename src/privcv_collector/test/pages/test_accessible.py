# SPDX-License-Identifier: Apache-2.0
"""The pages by WCAG 2.2 A and AA (axe), at every theme and at 320 px; and by their weight."""

import gzip

import pytest
from pages_browser import THEMES, looked_at, running_browser, sign_in, violations
from pages_filled import fill, fill_fleet

from privcv_collector.api.pages.dashboard import LANGUAGES, page_files

SUNDAY = "#view=history&site=office&date=2026-03-29"
VIEWS = ["#view=now", SUNDAY, "#view=fleet&site=office", "#view=alerts", "#view=privacy"]


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_nobody_is_shut_out(browser, sqlite_server, theme):
    fill_fleet(sqlite_server, fill(sqlite_server, 0))
    with looked_at(browser, sqlite_server, bypass_csp=True, **THEMES[theme]) as page:
        page.goto(sqlite_server.url)
        page.get_by_label("Access token").wait_for()
        assert violations(page) == []
        sign_in(page, sqlite_server, "auditor")
        for view in VIEWS:
            page.goto(f"{sqlite_server.url}/{view}")
            page.locator(f'nav a[aria-current][href="{view.split("&")[0]}"]').wait_for()
            page.locator("main h2").first.wait_for()
            if view == SUNDAY:
                page.get_by_text("The same as a table").click()
            assert violations(page) == [], view
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, "sideways scroll"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_weigh_little(language):
    files = page_files(language).values()
    assert sum(len(one.content) for one in files) <= 100_000
    assert sum(len(gzip.compress(one.content)) for one in files) <= 30_000
