# SPDX-License-Identifier: Apache-2.0
"""Totals over sites on the pages: what the API has, for who may see every site."""

import pytest
from collector_client import Server
from pages_browser import THEMES, looked_at, running_browser, sign_in, violations
from sqlalchemy import insert
from sum_sites import FIRST, make_keys, make_task, settings_of

from privcv_across.messages.closing import encode_ids
from privcv_collector.clock import now_utc
from privcv_collector.storage.sum_tables import sum_totals, window_closes


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


@pytest.fixture
def leader(running, tmp_path):
    """A leader with one total, one of which a cell is below 0, and a window of too few."""
    keys = make_keys(tmp_path / "leader", 1), make_keys(tmp_path / "helper", 2)
    make_task(*keys, 7)
    with running(f"sqlite:///{tmp_path}/c.db", sums=settings_of(keys[0], "leader")) as server:
        close(server, FIRST, "closed", 6, [41, -3, 1200])
        close(server, FIRST + 1, "too_few", 2, None)
        yield server


def close(server: Server, time: int, state: str, sites: int, counts: list[int] | None) -> None:
    ids = tuple(bytes([number]) * 16 for number in range(sites))
    with server.collector.engine.begin() as connection:
        connection.execute(
            insert(window_closes).values(
                task_pk=1, time=time, state=state, proposed=bytes(32), report_ids=encode_ids(ids),
                noisy_share=None, at=now_utc(), late=1,
            )
        )  # fmt: skip
        if counts:
            connection.execute(
                insert(sum_totals).values(
                    task_pk=1, time=time, sites=sites, counts=counts, half_width=9,
                    confidence=0.9, at=now_utc(),
                )
            )  # fmt: skip


def test_totals_over_sites_are_a_kind_of_their_own(browser, leader):
    with looked_at(browser, leader) as page:
        sign_in(page, leader, "auditor", at="#view=sums")
        page.get_by_role("heading", name="7 sites, by Operator one and Operator two").wait_for()
        rows = [
            row.locator("th,td").all_inner_texts()[1:] for row in page.locator("tbody tr").all()
        ]
        assert rows == [
            ["2", "too few sites", "too few sites", "too few sites", "1"],
            ["6", "41 ± 9", "-3 ± 9", "1,200 ± 9", "1"],
        ]
        assert "a number below 0 is noise" in page.locator("main").inner_text()
        page.get_by_label("Language").select_option("de")
        page.get_by_role("heading", name="Über Standorte").wait_for()


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_nobody_is_shut_out_of_totals_over_sites(browser, leader, theme):
    with looked_at(browser, leader, bypass_csp=True, **THEMES[theme]) as page:
        sign_in(page, leader, "auditor", at="#view=sums")
        page.locator("main h2").first.wait_for()
        assert violations(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "sideways scroll"


def test_who_may_see_some_sites_has_no_such_view(browser, leader, sqlite_server):
    from privcv_collector.devices.administration import issue_enrolment_token

    issue_enrolment_token(leader.collector.engine, "office")
    for server, sites in ((leader, ("office",)), (sqlite_server, ())):
        with looked_at(browser, server) as page:
            page.goto(server.url)
            page.get_by_label("Access token").fill(server.token("viewer", *sites))
            page.get_by_role("button", name="Sign in").click()
            page.locator("nav a").first.wait_for()
            assert page.locator("nav a").count() == 5
