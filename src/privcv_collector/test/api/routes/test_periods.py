# SPDX-License-Identifier: Apache-2.0
"""Hours, days and weeks on the site's clock; what devices made, and no sum of anything."""

import csv
import io
from datetime import datetime, timedelta, timezone

import pytest
from releases import statistic_release, statistic_report, suppressed
from site_records import make_site_record

UTC = timezone.utc
BERLIN_SPRING = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight of the day that has 23 hours


def send_record(device, **changes):
    content = make_site_record(**changes).content()
    raw = device.sealed({"site_record": {"content": content, "version": 1}}, 0)
    assert device.post(raw, "/v1/site-records").status == 200


def hours(start, count, **values):
    return [
        statistic_report(
            start + timedelta(hours=hour), period="hour", length_s=3600,
            **{"value": hour * 1000, "low": 0, "high": 90_000, **values},
        )
        for hour in range(count)
    ]  # fmt: skip


@pytest.fixture
def filled(server):
    """The hours of three days around a change of clocks in Berlin, of two zones and a line."""
    return fill(server)


@pytest.fixture
def filled_sqlite(sqlite_server):
    """The same where the kind of database does not matter."""
    return fill(sqlite_server)


def fill(server):
    device = server.enrolled()
    send_record(device)
    start = BERLIN_SPRING - timedelta(hours=24)
    reports = hours(start, 71)
    reports += hours(start, 71, place="right", statistic="people_windows")
    reports += hours(start, 71, place="door", statistic="entries", area_m2=0)
    for number in range(0, len(reports), 71):
        answer = device.send(statistic_release(number // 71 + 1, *reports[number : number + 71]))
        assert answer.status == 200, answer.content
    return server


def read(server, query, role="viewer"):
    return server.read(f"/v1/periods?site=office&{query}", role)


def test_hours_are_told_on_the_clock_of_the_site(filled_sqlite):
    answer = read(filled_sqlite, "unit=hour&zone=left")
    assert answer["time_zone"] == "Europe/Berlin"
    found = answer["periods"]
    assert len(found) == 71
    assert [one["value"] for one in found] == list(range(71))
    local = [one["start_local"] for one in found]
    assert local[0] == "2026-03-28T00:00:00+01:00"
    assert local[24:27] == [
        "2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00",
    ]  # fmt: skip
    assert local[47] == "2026-03-30T00:00:00+02:00"
    assert {one["label"] for one in found} == {"Left of the door"}
    assert found[40]["density_per_m2"] == 1.0
    assert answer["next"] is None


FILTERS = {
    "": 3 * 71,
    "&zone=left&zone=door": 2 * 71,
    "&statistic=entries": 71,
    "&statistic=entries&statistic=presence": 2 * 71,
    "&camera=lobby&zone=nowhere": 0,
    "&zone=left&weekday=sun": 23,
    "&zone=left&weekday=sat&weekday=mon": 48,
    "&zone=left&hour_from=2&hour_to=3": 2,  # Sunday has no such hour
    "&zone=left&weekday=sun&hour_from=8&hour_to=18": 10,
    "&zone=left&since=2026-03-28T23:00:00Z&until=2026-03-29T22:00:00Z": 23,
}


def test_filters_are_those_of_the_site(filled):
    found = {query: len(read(filled, f"unit=hour{query}")["periods"]) for query in FILTERS}
    assert found == FILTERS


def test_a_period_told_several_times_counts_once_and_the_longest(server):
    device = server.enrolled()
    send_record(device)
    day = {"statistic": "footfall", "place": "floor", "period": "day", "area_m2": 0, "low": 0}
    for number, (length_s, value) in enumerate([(3600, 10), (86_400, 90), (7200, 20)], 1):
        report = statistic_report(BERLIN_SPRING, length_s=length_s, value=value, **day)
        device.send(statistic_release(number, report))
    (one,) = read(server, "unit=day")["periods"]
    assert (one["value"], one["length_s"], one["start_local"][:10]) == (90, 86_400, "2026-03-29")
    assert read(server, "unit=week")["periods"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_an_hour_told_twice_counts_once_and_the_longest_on_every_page(server, limit):
    device = server.enrolled()
    send_record(device)
    for number, length_s in enumerate([1800, 3600, 900], 1):
        told = [{**one, "length_s": length_s} for one in hours(BERLIN_SPRING, 3)]
        device.send(statistic_release(number, *told))
    seen, since = [], ""
    while since is not None:
        page = read(server, f"unit=hour&limit={limit}{since and '&since=' + since}")
        seen += [(one["start"], one["length_s"]) for one in page["periods"]]
        since = page["next"]
    starts = [BERLIN_SPRING + timedelta(hours=hour) for hour in range(3)]
    assert seen == [(f"{start:%Y-%m-%dT%H:%M:%SZ}", 3600) for start in starts]


def test_pages_hold_each_period_once(filled):
    until = "until=2026-03-28T05:00:00Z"  # six hours of three places
    whole = read(filled, f"unit=hour&{until}")["periods"]
    assert len(whole) == 18
    for limit in (1, 7, 17):
        found, since = [], ""
        while since is not None:
            suffix = f"&since={since}" if since else ""
            answer = read(filled, f"unit=hour&{until}&limit={limit}{suffix}")
            found += answer["periods"]
            since = answer["next"]
        assert found == whole


def test_a_filter_that_lets_little_through_is_followed_to_the_end(filled_sqlite):
    found, since = [], ""
    while since is not None:
        suffix = f"&since={since}" if since else ""
        answer = read(filled_sqlite, f"unit=hour&weekday=mon&limit=3{suffix}")
        found += answer["periods"]
        since = answer["next"]
    assert len(found) == 3 * 24


def test_csv_has_every_period_and_no_value_where_none_was_published(filled_sqlite):
    device = filled_sqlite.enrolled("depot")
    report = statistic_report(BERLIN_SPRING, period="hour", length_s=3600, **suppressed("below_k"))
    device.send(statistic_release(1, report))
    rows = list(csv.DictReader(io.StringIO(read_csv(filled_sqlite, "office"))))
    assert len(rows) == 3 * 71
    assert [row["value"] for row in rows if row["statistic"] == "entries"][:3] == [
        "0",
        "1000",
        "2000",
    ]
    (row,) = csv.DictReader(io.StringIO(read_csv(filled_sqlite, "depot")))
    assert (row["value"], row["low"], row["reason"]) == ("", "", "below_k")


def read_csv(server, site):
    return server.read(f"/v1/periods.csv?site={site}&unit=hour", "viewer")


def test_a_site_is_named_and_seen_by_its_readers_only(filled_sqlite):
    bearer = f"Bearer {filled_sqlite.token('viewer', 'depot')}"
    for path in ("/v1/periods?site=office&unit=day", "/v1/periods.csv?site=office&unit=day"):
        answer = filled_sqlite.call("GET", path, Authorization=bearer)
        assert (answer.status, answer.content["error"]) == (404, "not_found")
    assert filled_sqlite.call("GET", "/v1/periods?unit=day", Authorization=bearer).status == 422
    assert (
        filled_sqlite.call("GET", "/v1/periods?site=a&unit=year", Authorization=bearer).status
        == 422
    )


def test_a_zone_of_time_that_nobody_knows_here_is_utc(sqlite_server):
    device = sqlite_server.enrolled()
    send_record(device, time_zone="Mars/Olympus_Mons")
    device.send(statistic_release(1, *hours(BERLIN_SPRING, 1)))
    answer = read(sqlite_server, "unit=hour")
    assert answer["time_zone"] == "UTC"
    assert answer["periods"][0]["start_local"] == "2026-03-28T23:00:00+00:00"


def test_statistics_are_kept_as_they_were_signed(server):
    device = server.enrolled()
    sent = [
        statistic_report(BERLIN_SPRING),
        statistic_report(BERLIN_SPRING, statistic="queue"),
        statistic_report(BERLIN_SPRING, camera="", place="hall", period="day", length_s=82_800),
        statistic_report(BERLIN_SPRING, place="right", **suppressed("fault")),
    ]
    assert device.send(statistic_release(1, *sent)).content["accepted"] == 1
    found = server.read("/v1/statistics", "viewer")
    state_of = {"none": "published", "fault": "not_observed"}
    told = sorted(found["statistics"], key=lambda one: (one["place"], one["statistic"]))
    assert [{"kind": "statistic", **one} for one in told] == sorted(
        ({**one, "site": "office", "state": state_of[one["reason"]]} for one in sent),
        key=lambda one: (one["place"], one["statistic"]),
    )
    assert found["next"] is None
    pages, after = [], ""
    while after is not None:
        page = server.read(f"/v1/statistics?limit=1{after}", "viewer")
        pages += page["statistics"]
        after = page["next"] and f"&after={page['next']}"
    assert pages == found["statistics"]
    assert len(server.read("/v1/statistics?period=day", "viewer")["statistics"]) == 1
    assert len(server.read("/v1/statistics?statistic=queue&zone=left", "viewer")["statistics"]) == 1
    rows = list(csv.DictReader(io.StringIO(server.read("/v1/statistics.csv", "viewer"))))
    assert sorted(row["value"] for row in rows) == ["", "12345", "12345", "12345"]
    spent = server.read("/v1/budgets?day=2026-03-28")["budgets"]
    assert {(one["kind"], one["zone"], one["epsilon"]) for one in spent} == {
        ("statistic", "left", 0.2), ("statistic", "hall", 0.1), ("statistic", "right", 0.1),
    }  # fmt: skip
