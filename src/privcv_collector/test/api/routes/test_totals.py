# SPDX-License-Identifier: Apache-2.0
"""Totals as readers get them: pages, filters, exports, and the ends of the calendar."""

import csv
import io

import pytest


@pytest.mark.parametrize("newest_first", ["false", "true"])
def test_pages_together_hold_each_report_once(server, release, newest_first):
    for site in ("office", "depot", "annex"):
        device = server.enrolled(site)
        device.send(*(release(number, ("desk", "floor")) for number in range(1, 6)))
    token = server.token("viewer", "office", "annex")
    seen, after = [], ""
    for _ in range(20):
        path = f"/v1/totals?limit=3&newest_first={newest_first}{after}"
        answer = server.call("GET", path, Authorization=f"Bearer {token}").content
        seen += [(t["site"], t["window_start"], t["zone"]) for t in answer["totals"]]
        if answer["next"] is None:
            break
        after = f"&after={answer['next']}"
    assert len(seen) == len(set(seen)) == 2 * 5 * 2
    by_site = {site: [time for name, time, _ in seen if name == site] for site, _, _ in seen}
    assert set(by_site) == {"office", "annex"}
    for times in by_site.values():
        assert times == sorted(times, reverse=newest_first == "true")


def test_a_reader_can_ask_for_a_camera_a_zone_and_a_time(server, release):
    device = server.enrolled()
    device.send(*(release(number, ("desk", "floor")) for number in range(0 + 1, 6)))
    query = "zone=desk&camera=lobby&since=2026-01-31T08:02:00Z&until=2026-01-31T08:04:00Z"
    seen = server.read(f"/v1/totals?{query}", "viewer")["totals"]
    assert [(total["zone"], total["window_start"]) for total in seen] == [
        ("desk", "2026-01-31T08:02:00Z"),
        ("desk", "2026-01-31T08:03:00Z"),
    ]
    assert server.read("/v1/totals?camera=roof", "viewer")["totals"] == []


def test_an_export_has_no_values_where_a_report_was_suppressed(server, release):
    device = server.enrolled()
    nothing = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    device.send(release(1), release(2, status="suppressed", reason="below_k", **nothing))
    shown, hidden = csv.DictReader(io.StringIO(server.read("/v1/totals.csv", "viewer")))
    assert (shown["occupancy"], shown["flow_standing"], shown["flow_minus_y"]) == ("12", "4", "1")
    assert (hidden["status"], hidden["reason"]) == ("suppressed", "below_k")
    assert {hidden[name] for name in hidden if name.startswith(("occupancy", "flow"))} == {""}


def test_budgets_add_up_what_the_reports_of_a_day_spent(server, release):
    device = server.enrolled()
    nothing = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    device.send(
        release(1, ("desk", "floor")),
        release(2, status="suppressed", reason="below_k", **nothing),
        release(60 * 24),  # the next day
    )
    answer = server.read("/v1/budgets?day=2026-01-31")
    spent = {item["zone"]: item for item in answer["budgets"]}
    assert (spent["floor"]["epsilon"], spent["floor"]["delta"]) == (0.5, 0)
    assert (spent["floor"]["published"], spent["floor"]["suppressed"]) == (1, 1)
    assert spent["desk"]["epsilon"] == 0.25
    assert server.read("/v1/budgets?day=2026-02-02")["budgets"] == []


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_the_ends_of_the_calendar_are_refused_before_anything_is_stored(server, release, year):
    device = server.enrolled()
    refused = device.send(release(1, window_start=f"{year}-12-31T23:59:59Z"))
    assert (refused.status, refused.content["error"]) == (422, "invalid")
    assert device.send(release(1, window_start="9998-12-31T23:59:59Z")).status == 200
    token = {"Authorization": f"Bearer {server.token('auditor')}"}
    assert server.call("GET", "/v1/totals", **token).status == 200
    assert server.call("GET", f"/v1/budgets?day={year}-12-31", **token).status == 422
    assert server.call("GET", "/v1/budgets?day=9998-12-31", **token).status == 200


@pytest.mark.parametrize(
    ("day", "zone", "reports"),
    [
        ("2026-01-31", "UTC", 1),
        ("2026-01-31", "America/New_York", 0),  # 31 January, 03:00 UTC is the evening before there
        ("2026-01-30", "America/New_York", 1),
        ("2026-01-31", "Asia/Tokyo", 1),
        ("2026-02-01", "Pacific/Kiritimati", 0),
    ],
)
def test_a_day_of_budgets_is_one_of_the_calendar_that_was_asked_for(
    sqlite_server, release, day, zone, reports
):
    sqlite_server.enrolled().send(release(1, window_start="2026-01-31T03:00:00Z"))
    answer = sqlite_server.read(f"/v1/budgets?day={day}&time_zone={zone}")
    assert (answer["day"], answer["time_zone"]) == (day, zone)
    assert sum(item["published"] for item in answer["budgets"]) == reports


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../../etc/passwd", "a%00b", "Europe"])
def test_a_time_zone_that_is_none_is_refused(sqlite_server, zone):
    token = {"Authorization": f"Bearer {sqlite_server.token('auditor')}"}
    answer = sqlite_server.call("GET", f"/v1/budgets?time_zone={zone}", **token)
    assert (answer.status, answer.content["error"]) == (422, "invalid")
