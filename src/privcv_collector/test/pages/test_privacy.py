# SPDX-License-Identifier: Apache-2.0
"""The officer's page: what was spent, what is due by when, what was checked, and who looked."""

from datetime import timedelta

import pytest
from pages_browser import looked_at, running_browser, sign_in
from pages_filled import fill, fill_fleet, tell_health

from privcv_collector.clock import now_utc
from privcv_core.protocol.timestamps import rfc3339_whole


@pytest.fixture(scope="module")
def browser():
    with running_browser() as found:
        yield found


def rows(page, name):
    """Cells of a table, row by row."""
    table = page.get_by_role("table", name=name)
    return [row.locator("th,td").all_inner_texts() for row in table.locator("tbody tr").all()]


def test_the_officer_sees_what_is_due_and_by_when(browser, sqlite_server):
    """Margins of half an hour, so that the test may take its time."""
    device, now = fill(sqlite_server, 0), now_utc()
    within = rfc3339_whole(now + timedelta(hours=10, minutes=30))
    over = (now - timedelta(days=5, hours=12)).date().isoformat()
    tell_health(
        device,
        budget={"epsilon_spent": 0.75, "epsilon_total": 1, "delta_spent": 0, "delta_total": 0,
                "exhausted": True},
        authorizations=[
            {"camera": "lobby", "state": "authorized",
             "ends": rfc3339_whole(now + timedelta(days=20, hours=12))},
            {"camera": "door", "state": "ended", "ends": None},
        ],
        requests={"open": 3, "overdue": 1, "next_deadline": over},
        breaches={"open": 2, "to_tell": 1, "next_deadline": within},
        checked=[{"what": "graph", "at": "2026-03-01T08:00:00Z", "found": True}],
        audit_log="broken",
    )  # fmt: skip
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor", at="#view=privacy")
        page.get_by_role("heading", name="What is due").wait_for()
        said = {what.split(" (")[0]: (state, due) for what, state, due in rows(page, "What is due")}
        assert said["Privacy budget"][0].startswith("ε 0.75 of 1 for one unit; hidden")
        assert said["Authorization of lobby"][0] == "authorized"
        assert "(20 days left)" in said["Authorization of lobby"][1]
        assert said["Authorization of door"] == ("ended", "")
        state, due = said["Requests of data subjects"]
        assert state == "3 open, 1 overdue"
        assert due.startswith(f"{over} (over for ")
        state, due = said["Breaches"]
        assert state == "2 open, 1 to be told"
        assert due.endswith("(10 h left)")
        assert said["Graph of processes"][0] == "something was found"
        assert said["Audit log"][0] == "broken"


def test_the_officer_sees_who_looked(browser, sqlite_server):
    fill(sqlite_server, 0)
    sqlite_server.read("/v1/now?site=office", "viewer")
    sqlite_server.collector.reads.write()
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor", at="#view=privacy")
        page.get_by_role("heading", name="Who read what").wait_for()
        seen = [(role, what, site, times) for _, _, role, what, site, times
                in rows(page, "Who read what") if role == "viewer"]  # fmt: skip
        assert seen == [("viewer", "/v1/now", "office", "1")]


def test_a_viewer_sees_the_promise_and_nothing_of_registers(browser, sqlite_server):
    tell_health(fill(sqlite_server, 0))
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "viewer", at="#view=privacy")
        page.get_by_role("heading", name="What is promised").wait_for()
        said = page.locator("main").inner_text()
        assert "Budgets, devices and refusals are shown to auditors." in said
        assert "Breaches" not in said


def test_of_many_sites_one_is_shown_and_another_can_be_chosen(browser, sqlite_server):
    fill(sqlite_server, 0)
    names = fill_fleet(sqlite_server, number=8)
    with looked_at(browser, sqlite_server) as page:
        sign_in(page, sqlite_server, "auditor", at="#view=privacy")
        page.get_by_role("region", name="office", exact=True).wait_for()
        page.get_by_label("Site").select_option(names[1])
        shown = page.get_by_role("region", name=names[1], exact=True)
        shown.get_by_text("1 open, 1 to be told").wait_for()
        assert page.get_by_role("region", name="office", exact=True).count() == 0
