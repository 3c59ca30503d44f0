# SPDX-License-Identifier: Apache-2.0
"""Opening hours, or authorized ones, on the wall clock of a site, as spans of time.

It is open exactly while the clock on the wall shows one of them. Where clocks are put forward, an
hour that they skip is at no time; where they are put back, an hour that they show twice is at two
times, and what lies between the two is closed unless it is named too.
"""

import functools
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta, timezone

from privcv_core.event_time.utc_offsets import offset_at, offset_changes
from privcv_core.settings.hours import DAYS, Hours
from privcv_core.settings.time_zone import time_zone

_DAYS_BEFORE, _DAYS_AFTER = 2, 10
_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
"""From, and to (not included)."""


def open_spans(
    hours: Sequence[Hours], zone: str, now: datetime, closed: Collection[date] = ()
) -> list[Span]:
    """Open spans in order, in UTC, from those of yesterday to eight days ahead.

    Spans that touch are one. ``zone`` is an IANA time zone. ``closed``: days on which none begins.
    """
    today = now.astimezone(time_zone(zone)).date()
    spans = []
    for began, ended, offset in _offsets(zone, today):
        for start, end in _on_the_wall(hours, today, closed):
            span = max(began, start - offset), min(ended, end - offset)
            if span[0] < span[1]:
                spans.append(span)
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _on_the_wall(hours: Sequence[Hours], today: date, closed: Collection[date]) -> list[Span]:
    """The hours as clocks show them: in UTC, as if the zone had no offset from it."""
    spans = []
    for days in range(-1, _DAYS_AFTER - 1):
        day = today + timedelta(days=days)
        if day in closed:
            continue
        midnight = datetime.combine(day, time(), timezone.utc)
        for item in hours:
            if DAYS[day.weekday()] in item.days:
                start, end = (midnight + _since_midnight(at) for at in (item.start, item.end))
                spans.append((start, end if end > start else end + _DAY))
    return spans


@functools.lru_cache(maxsize=64)  # a closed gate is asked for every frame
def _offsets(zone: str, today: date) -> list[tuple[datetime, datetime, timedelta]]:
    """The zone's offsets from UTC around ``today``: from, to (in UTC), and the offset."""
    midnight = datetime.combine(today, time(), timezone.utc)
    from_s, until_s = (
        int((midnight + days * _DAY).timestamp()) for days in (-_DAYS_BEFORE, _DAYS_AFTER)
    )
    changes = offset_changes(zone, from_s, until_s)
    starts = [(from_s, offset_at(zone, from_s)), *changes]
    ends = [at_s for at_s, _ in changes] + [until_s]
    return [
        (
            datetime.fromtimestamp(at_s, timezone.utc),
            datetime.fromtimestamp(end_s, timezone.utc),
            timedelta(seconds=offset_s),
        )
        for (at_s, offset_s), end_s in zip(starts, ends, strict=True)
    ]


def _since_midnight(clock: str) -> timedelta:
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
