# SPDX-License-Identifier: Apache-2.0
"""What is usual for an hour: the median of the same hours before, none of them averaged."""

import random
import statistics
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from releases import statistic_release, statistic_report, suppressed
from site_records import make_site_record

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = datetime(2026, 4, 7, 15, tzinfo=BERLIN)  # clocks were put forward nine days before


def send_record(device, **changes):
    content = make_site_record(**changes).content()
    raw = device.sealed({"site_record": {"content": content, "version": 1}}, 0)
    assert device.post(raw, "/v1/site-records").status == 200


def on_the_wall(moment, weeks):
    """The same time on the wall so many weeks before."""
    return (moment.replace(tzinfo=None) - timedelta(weeks=weeks)).replace(tzinfo=BERLIN)


def hour(moment, **values):
    utc = moment.astimezone(ZoneInfo("UTC"))
    return statistic_report(utc, period="hour", length_s=3600, **values)


def entries(moment, value):
    """Crossings of an hour; ``value`` None: few, a reason: as it says."""
    line = {"statistic": "entries", "place": "door", "area_m2": 0}
    if isinstance(value, int):
        return hour(moment, value=value, low=0, high=1000, **line)
    return hour(moment, **line, **suppressed(value or "below_k"))


def usual(server, since=TUESDAY, hours=1, **others):
    ends = [since, since + timedelta(hours=hours)]
    since, until = (one.astimezone(ZoneInfo("UTC")).isoformat()[:19] + "Z" for one in ends)
    query = "".join(f"&{name}={value}" for name, value in others.items())
    path = f"/v1/usual?site=office&since={since}&until={until}{query}"
    return server.read(path, "viewer", "office")["hours"]


def fill(server, values, **record):
    """The Tuesdays before, the last first; and hours beside them that are not asked for."""
    device = server.enrolled()
    send_record(device, **record)
    told = []
    for weeks, value in enumerate(values, 1):
        at = on_the_wall(TUESDAY, weeks)
        told += [entries(at - timedelta(hours=1), 900), entries(at + timedelta(hours=1), 900)]
        told += [entries(at, value)] if value != "" else []
    assert device.send(statistic_release(1, *told)).status == 200
    return device


@pytest.mark.parametrize("seed", range(6))
def test_the_median_is_of_the_same_hours_on_the_wall(sqlite_server, seed):
    drawn = random.Random(seed)
    values = [drawn.randint(5, 400) for _ in range(drawn.randint(3, 8))]
    fill(sqlite_server, [*values, *[""] * (8 - len(values)), 999])  # the ninth is too long ago
    (found,) = usual(sqlite_server)
    assert found["value"] == statistics.median_low(values)  # one that was released
    assert (found["lowest"], found["highest"]) == (min(values), max(values))
    assert (found["of"], found["few"], found["state"]) == (len(values), 0, "published")
    assert found["start"] == "2026-04-07T13:00:00Z"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, None, 40, 50, 60], (40, "published", 5, 2)),
        ([None, None, None, 50, 60], (None, "few", 5, 3)),
        (["unobserved", "budget", "fault", 10, 20, 30], (20, "published", 3, 0)),
    ],
)
def test_few_lie_below_and_what_nobody_saw_counts_for_nothing(server, values, expected):
    fill(server, values)
    (found,) = usual(server)
    assert (found["value"], found["state"], found["of"], found["few"]) == expected


def test_two_hours_are_no_habit(sqlite_server):
    fill(sqlite_server, [10, 20, "unobserved"])
    assert usual(sqlite_server) == []


def test_days_that_were_closed_tell_nothing(sqlite_server):
    closed = on_the_wall(TUESDAY, 1).date()
    fill(sqlite_server, [0, 20, 30, 40], holidays=[closed, date(2026, 12, 25)])
    (found,) = usual(sqlite_server)
    assert (found["value"], found["of"]) == (30, 3)


def test_presence_is_told_in_people_and_places_are_kept_apart(sqlite_server):
    device = fill(sqlite_server, [10, 20, 30])
    told = [
        hour(on_the_wall(TUESDAY, weeks), place=place, value=1000 * weeks + extra)
        for weeks in (1, 2, 3)
        for place, extra in (("left", 500), ("right", 0))
    ]
    device.send(statistic_release(2, *told))
    found = {(one["place"], one["statistic"]): one["value"] for one in usual(sqlite_server)}
    assert found == {("door", "entries"): 20, ("left", "presence"): 2.5, ("right", "presence"): 2}
    (left,) = usual(sqlite_server, zone="left", statistic="presence")
    assert left["value"] == 2.5


def test_an_hour_that_clocks_skip_has_no_usual(sqlite_server):
    device = sqlite_server.enrolled()
    send_record(device)
    skipped = datetime(2026, 3, 29, 2, tzinfo=BERLIN)  # 02:00 to 03:00 is not on the clock
    device.send(
        statistic_release(
            1, *(entries(on_the_wall(skipped, weeks), 7 * weeks) for weeks in range(1, 9))
        )
    )
    assert usual(sqlite_server, skipped - timedelta(hours=3), hours=6) == []


def test_other_sites_and_long_ranges_are_refused(sqlite_server):
    fill(sqlite_server, [1, 2, 3])
    bearer = f"Bearer {sqlite_server.token('viewer', 'depot')}"
    ends = "since=2026-04-07T13:00:00Z&until=2026-04-07T14:00:00Z"
    call = sqlite_server.call
    assert call("GET", f"/v1/usual?site=office&{ends}", Authorization=bearer).status == 404
    bearer = f"Bearer {sqlite_server.token('viewer')}"
    for until in ("2026-04-07T13:00:00Z", "2026-05-10T13:00:00Z"):
        path = f"/v1/usual?site=office&since=2026-04-07T13:00:00Z&until={until}"
        assert call("GET", path, Authorization=bearer).status == 422
