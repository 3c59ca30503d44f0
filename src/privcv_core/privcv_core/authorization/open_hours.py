# SPDX-License-Identifier: Apache-2.0
"""Authorized hours on the wall clock of a site, as spans of time.

A camera is open exactly while the clock on the wall shows an authorized hour. Where clocks are put
forward, an hour that they skip is at no time; where they are put back, an hour that they show twice
is at two times, and what lies between the two is not authorized unless it is named too.
"""

import functools
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from privcv_core.authorization.record import DAYS, Hours
from privcv_core.settings.time_zone import time_zone

_DAYS_BEFORE, _DAYS_AFTER = 2, 10
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)

Span = tuple[datetime, datetime]
"""From, and to (not included)."""


def open_spans(hours: Sequence[Hours], zone: str, now: datetime) -> list[Span]:
    """Authorized spans in order, in UTC, from those of yesterday to eight days ahead.

    Spans that touch are one. ``zone`` is an IANA time zone.
    """
    today = now.astimezone(time_zone(zone)).date()
    spans = []
    for began, ended, offset in _offsets(zone, today):
        for start, end in _on_the_wall(hours, today):
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


def _on_the_wall(hours: Sequence[Hours], today: date) -> list[Span]:
    """The hours as clocks show them: in UTC, as if the zone had no offset from it."""
    spans = []
    for days in range(-1, _DAYS_AFTER - 1):
        day = today + timedelta(days=days)
        midnight = datetime.combine(day, time(), timezone.utc)
        for item in hours:
            if DAYS[day.weekday()] in item.days:
                start, end = (midnight + _since_midnight(at) for at in (item.start, item.end))
                spans.append((start, end if end > start else end + _DAY))
    return spans


@functools.lru_cache(maxsize=64)  # a closed gate is asked for every frame
def _offsets(zone: str, today: date) -> list[tuple[datetime, datetime, timedelta]]:
    """The zone's offsets from UTC around ``today``: from, to (in UTC), and the offset."""
    at = time_zone(zone)
    began = datetime.combine(today, time(), timezone.utc) - _DAYS_BEFORE * _DAY
    last = began + (_DAYS_BEFORE + _DAYS_AFTER) * _DAY
    offsets = []
    now = began
    while now < last:
        if _offset(at, now + _HOUR) != _offset(at, now):
            change = _change(at, now, now + _HOUR)
            offsets.append((began, change, _offset(at, now)))
            began = change
        now += _HOUR
    return [*offsets, (began, last, _offset(at, began))]


def _change(at: tzinfo, before: datetime, after: datetime) -> datetime:
    """The second between ``before`` and ``after`` from which on the later offset holds."""
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(at, middle) == _offset(at, before):
            before = middle
        else:
            after = middle
    return after


def _offset(at: tzinfo, now: datetime) -> timedelta:
    offset = now.astimezone(at).utcoffset()
    assert offset is not None
    return offset


def _since_midnight(clock: str) -> timedelta:
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
