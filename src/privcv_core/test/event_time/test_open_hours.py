# SPDX-License-Identifier: Apache-2.0
"""Hours on the wall: open exactly while the clock shows one, also where clocks are put on or back.

The oracle asks the standard library what the clock shows, second by second, and knows nothing of
spans.
"""

import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from privcv_core.event_time.open_hours import open_spans
from privcv_core.settings.hours import DAYS, Hours

UTC = timezone.utc

CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),  # midnight itself is skipped
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # by half an hour
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a whole day is skipped
    ("Asia/Kolkata", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("UTC", datetime(2026, 3, 29, 1, tzinfo=UTC)),
]


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip("this machine has no time zones")


def is_shown(hours: list[Hours], zone: ZoneInfo, now: datetime) -> bool:
    """Whether the clock on the wall shows one of ``hours``."""
    shown = now.astimezone(zone).replace(tzinfo=None)
    for item in hours:
        start, end = (int(at[:2]) * 60 + int(at[3:]) for at in (item.start, item.end))
        end += 0 if end > start else 24 * 60
        for days in (0, 1):
            day = datetime(shown.year, shown.month, shown.day) - timedelta(days=days)
            minutes = (shown - day) / timedelta(minutes=1)
            if DAYS[day.weekday()] in item.days and start <= minutes < end:
                return True
    return False


def is_open(hours: list[Hours], zone: str, now: datetime) -> bool:
    return any(start <= now < end for start, end in open_spans(hours, zone, now))


@pytest.mark.parametrize(
    ("start", "end", "open_utc"),
    [
        ("02:10", "02:50", []),  # no clock shows it
        ("02:30", "04:00", [("01:00", "02:00")]),
        ("01:00", "02:30", [("00:00", "01:00")]),
        ("00:00", "24:00", [("23:00", "22:00")]),
    ],
)
def test_an_hour_that_is_skipped_opens_at_no_time(
    start: str, end: str, open_utc: list[tuple[str, str]]
) -> None:
    """Berlin, 29 March 2026: after 01:59 comes 03:00."""
    zone_of("Europe/Berlin")
    hours = [Hours(days=["sun"], start=start, end=end)]
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    spans = [
        (f"{began:%H:%M}", f"{ended:%H:%M}")
        for began, ended in open_spans(hours, "Europe/Berlin", now)
        if began < datetime(2026, 3, 30, tzinfo=UTC)
    ]
    assert spans == open_utc


@pytest.mark.parametrize(
    ("start", "end", "open_utc"),
    [
        ("02:10", "02:50", [("00:10", "00:50"), ("01:10", "01:50")]),
        ("02:30", "04:00", [("00:30", "01:00"), ("01:30", "03:00")]),
        ("01:00", "02:30", [("23:00", "00:30"), ("01:00", "01:30")]),
        ("22:00", "06:00", [("20:00", "05:00")]),
    ],
)
def test_between_two_showings_of_an_hour_it_is_closed(
    start: str, end: str, open_utc: list[tuple[str, str]]
) -> None:
    """Berlin, 25 October 2026: after 02:59 comes 02:00 again."""
    zone_of("Europe/Berlin")
    hours = [Hours(days=["sat" if start == "22:00" else "sun"], start=start, end=end)]
    now = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    spans = [
        (f"{began:%H:%M}", f"{ended:%H:%M}")
        for began, ended in open_spans(hours, "Europe/Berlin", now)
        if began < datetime(2026, 10, 26, tzinfo=UTC)
    ]
    assert spans == open_utc


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_it_is_open_exactly_while_the_clock_shows_an_authorized_hour(
    name: str, change: datetime
) -> None:
    zone = zone_of(name)
    rng = random.Random(name)
    for _ in range(60):
        hours = [
            Hours(
                days=rng.sample(DAYS, rng.randint(1, 7)),
                start=f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}",
                end=rng.choice(["24:00", f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"]),
            )
            for _ in range(rng.randint(1, 3))
        ]
        for _ in range(30):
            near_s = rng.choice((7200, 2 * 86400))
            now = change + timedelta(seconds=rng.randint(-near_s, near_s))
            assert is_open(hours, name, now) == is_shown(hours, zone, now), (hours, now)


@pytest.mark.parametrize(("name", "change"), CHANGES)
def test_until_the_end_of_a_span_the_clock_shows_an_authorized_hour(
    name: str, change: datetime
) -> None:
    """What a gate keeps for every frame until then holds until then."""
    zone = zone_of(name)
    hours = [Hours(start="00:30", end="02:20"), Hours(start="22:15", end="00:10")]
    for start, end in open_spans(hours, name, change - timedelta(days=1)):
        inside = (end - start) / 50
        for step in range(50):
            assert is_shown(hours, zone, start + step * inside)
        assert not is_shown(hours, zone, end)
        assert not is_shown(hours, zone, start - timedelta(seconds=1))
