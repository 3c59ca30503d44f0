# SPDX-License-Identifier: Apache-2.0
"""Hours, days and weeks of a place, right to the minute.

The oracle walks along minute by minute, asks the standard library what the clock on the wall shows,
and knows nothing of offsets or of when they change.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_core.event_time.calendar import PERIOD_UNITS, Calendar
from privcv_core.settings.hours import DAYS, Hours, read_hours

MINUTE_S = 60

# A zone, and a day near which its clock is set, in UTC.
PLACES = [
    ("UTC", "2026-03-29"),
    ("Europe/Berlin", "2026-03-29"),  # a day of 23 h
    ("Europe/Berlin", "2026-10-25"),  # of 25 h
    ("America/New_York", "2026-11-01"),
    ("America/Havana", "2026-03-08"),  # midnight itself is skipped
    ("America/Havana", "2026-11-01"),  # midnight is shown twice
    ("America/St_Johns", "2010-11-07"),  # a minute past midnight, back to the day before
    ("America/St_Johns", "2010-03-14"),
    ("Australia/Lord_Howe", "2026-04-04"),  # by half an hour
    ("Australia/Lord_Howe", "2026-10-03"),
    ("Pacific/Apia", "2011-12-30"),  # a date that never was
    ("Asia/Kathmandu", "2026-06-30"),  # +5:45
    ("Asia/Kathmandu", "1985-12-31"),  # +5:30 until then
    ("Asia/Kolkata", "2026-03-29"),
    ("Pacific/Chatham", "2026-04-04"),  # +12:45 and +13:45
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Monrovia", "1972-01-07"),  # by 44 min and 30 s
]


def clock_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no time zones")


def instant(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp())


def shown(at_s: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_s, zone)


def enumerated(zone: ZoneInfo, from_s: int, until_s: int, step_s: int) -> Iterator[tuple]:
    """Each step: its start, and the day, week and hour that the clock says it belongs to."""
    latest = date.min
    for at_s in range(from_s - 3 * 86400, until_s, step_s):
        clock = shown(at_s, zone)
        latest = max(latest, clock.date())
        if at_s >= from_s:
            hour = (latest, clock.date(), clock.hour, clock.utcoffset())
            yield at_s, {"day": latest, "week": latest.isocalendar()[:2], "hour": hour}


def part_of(unit: str, step: tuple) -> object:
    return step[1][unit]


@pytest.mark.parametrize(("name", "around"), PLACES)
def test_periods_are_those_that_the_clock_on_the_wall_shows(name, around):
    zone, calendar = clock_of(name), Calendar(name)
    middle_s = instant(around)
    step_s = 30 if "Monrovia" in name else MINUTE_S
    from_s, until_s = middle_s - 2 * 86400, middle_s + 3 * 86400
    steps = list(enumerated(zone, from_s, until_s, step_s))
    for unit in PERIOD_UNITS:
        groups = [
            [at_s for at_s, _ in group] for _, group in groupby(steps, partial(part_of, unit))
        ]
        for group in groups:
            found = {calendar.period(unit, at_s) for at_s in (group[0], group[-1], group[0] + 7)}
            assert len(found) == 1
            (period,) = found
            if group is not groups[0]:
                assert period.start_s == group[0]
            if group is not groups[-1]:
                assert period.end_s == group[-1] + step_s


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Europe/Berlin", "2026-06-01", 24),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/St_Johns", "2010-11-07", 25),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_a_day_is_as_long_as_the_clock_makes_it(name, day, hours):
    clock_of(name)
    calendar, one = Calendar(name), date.fromisoformat(day)
    ends_s = calendar.day_start_s(one + timedelta(days=1))
    assert ends_s - calendar.day_start_s(one) == hours * 3600


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.integers(-3 * 1440, 3 * 1440),
    st.sampled_from([60, 300, 420, 900, 3600, 7200, 86400]),
    st.booleans(),
)
def test_windows_follow_each_other_and_cross_no_edge(place, minutes, length_s, closes):
    name, around = place
    zone = clock_of(name)
    opening = [Hours(start="08:20", end="18:00")] if closes else []
    calendar = Calendar(name, opening)
    start_s = instant(around) + minutes * MINUTE_S
    end_s = calendar.window_end_s(start_s, length_s)
    assert start_s < end_s
    assert end_s - start_s <= length_s + 86400 // 24 + 3600  # a clock that is put back
    assert calendar.period("day", start_s) == calendar.period("day", end_s - 1)
    assert calendar.period("week", start_s) == calendar.period("week", end_s - 1)
    if 3600 % length_s == 0:
        assert calendar.period("hour", start_s) == calendar.period("hour", end_s - 1)
        assert end_s - start_s <= length_s
    assert calendar.open_s(start_s, end_s) in (0, end_s - start_s)
    clock = shown(end_s, zone)
    ends = (clock.hour * 3600 + clock.minute * 60 + clock.second) % length_s
    hour = calendar.period("hour", end_s)
    edges = {calendar.period("day", end_s).start_s}
    edges |= {hour.start_s} if length_s <= 3600 else set()
    is_set = clock.utcoffset() != shown(end_s - 1, zone).utcoffset()
    is_edge = end_s in edges or calendar.is_open(end_s) != calendar.is_open(end_s - 1) or is_set
    assert ends == 0 or is_edge
    began_s = calendar.window_start_s(start_s, length_s)
    assert began_s <= start_s < calendar.window_end_s(began_s, length_s)
    assert calendar.window_start_s(began_s, length_s) == began_s


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.lists(
        st.builds(
            lambda days, start, end: Hours(days=sorted(days), start=start, end=end),
            st.sets(st.sampled_from(DAYS), min_size=1),
            st.sampled_from(["00:00", "01:30", "08:00", "22:15"]),
            st.sampled_from(["02:15", "12:00", "18:45", "24:00"]),
        ),
        min_size=1,
        max_size=2,
    ),
    st.booleans(),
)
def test_open_time_is_counted_by_the_clock_minute_by_minute(place, hours, holiday):
    name, around = place
    if "Monrovia" in name:
        return  # not on whole minutes
    zone = clock_of(name)
    closed = {date.fromisoformat(around)} if holiday else set()
    calendar = Calendar(name, hours, closed)
    day = calendar.period("day", instant(around) + 3600)
    minutes = range(day.start_s, day.end_s, MINUTE_S)
    expected = sum(MINUTE_S for at_s in minutes if is_shown(hours, closed, shown(at_s, zone)))
    assert calendar.open_s(day.start_s, day.end_s) == expected


def is_shown(hours: list[Hours], closed: set[date], clock: datetime) -> bool:
    """Whether the clock shows one of ``hours`` of a day that is not closed."""
    for item in hours:
        start, end = (int(at[:2]) * 60 + int(at[3:]) for at in (item.start, item.end))
        end += 0 if end > start else 24 * 60
        for days in (0, 1):
            day = clock.date() - timedelta(days=days)
            minutes = 24 * 60 * days + clock.hour * 60 + clock.minute
            if DAYS[day.weekday()] in item.days and day not in closed and start <= minutes < end:
                return True
    return False


def test_without_opening_hours_a_place_is_always_open():
    assert Calendar().open_s(0, 12345) == 12345
    assert Calendar().is_open(7)


@pytest.mark.parametrize("text", ["mon,tue 08:00-20:00", "sun 22:00-02:00", "sat 00:00-24:00"])
def test_hours_are_read_as_they_are_written(text):
    assert str(read_hours(text)) == text


@pytest.mark.parametrize("text", ["", "mon", "mon 8-20", "monday 08:00-20:00", "08:00-20:00"])
def test_hours_that_are_none_say_how_to_write_them(text):
    with pytest.raises(ValueError, match="mon,tue 08:00-20:00"):
        read_hours(text)
