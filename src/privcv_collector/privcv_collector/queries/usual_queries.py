# SPDX-License-Identifier: Apache-2.0
"""What is usual for an hour: the median of the same hours of the weeks before.

Of hours as the device released them: nothing is averaged, and the median is one of them. An hour
of few is among them, below every value: who left it out would call a quiet place busy.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Literal

from sqlalchemy import Connection

from privcv_collector.queries.period_queries import Period, PeriodFilter, page
from privcv_collector.queries.report_states import STATES

WEEKS = 8
FEWEST = 3
"""Hours of which a median is told: fewer are no habit."""

_PAGE = 10_000


@dataclass(frozen=True)
class Usual:
    """What is usual for one statistic of one place in the hour from ``start`` on, as spelled."""

    camera: str
    place: str
    statistic: str
    start: datetime
    state: Literal["published", "few"]
    value: int | None  # None where most hours are few
    lowest: int | None  # of those that were published
    highest: int | None
    published: int
    few: int


def usual_hours(
    connection: Connection, asked: PeriodFilter, zone: tzinfo, closed: Collection[date]
) -> list[Usual]:
    """Of each hour in [since, until) of ``asked``, at the same time on the wall of ``zone``.

    Days that were ``closed`` tell nothing of others.
    """
    hours: dict[tuple[datetime, str, str, str], list[int | None]] = defaultdict(list)
    for weeks in range(1, WEEKS + 1):
        for row in _weeks_before(connection, asked, zone, weeks):
            state, wall = STATES[row.reason], _wall(row.start, zone)
            start = _instant(wall + timedelta(weeks=weeks), zone)
            if state not in ("published", "few") or wall.date() in closed:
                continue
            if start is not None:  # else clocks are put forward over it
                key = (start, row.camera, row.zone, row.statistic)
                hours[key].append(row.value if state == "published" else None)
    return [_median(key, values) for key, values in sorted(hours.items()) if len(values) >= FEWEST]


def _median(key: tuple[datetime, str, str, str], values: list[int | None]) -> Usual:
    start, camera, place, statistic = key
    told = sorted(value for value in values if value is not None)
    few = len(values) - len(told)
    at = (len(values) - 1) // 2 - few  # few come first
    return Usual(
        camera, place, statistic, start, "few" if at < 0 else "published",
        None if at < 0 else told[at], min(told, default=None), max(told, default=None),
        len(told), few,
    )  # fmt: skip


def _weeks_before(
    connection: Connection, asked: PeriodFilter, zone: tzinfo, weeks: int
) -> Iterator[Period]:
    if asked.since is None or asked.until is None:
        raise ValueError("usual_hours needs both ends")
    back = timedelta(weeks=weeks)
    since, until = (_wall(one, zone) - back for one in (asked.since, asked.until))
    ends = [one.replace(tzinfo=zone).astimezone(timezone.utc) for one in (since, until)]
    then: PeriodFilter = replace(asked, since=ends[0], until=ends[1])
    following: datetime | None = ends[0]
    while following is not None:
        rows, following = page(connection, then, following, _PAGE)
        yield from rows


def _wall(moment: datetime, zone: tzinfo) -> datetime:
    """What the clock on the wall shows, without a zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _instant(wall: datetime, zone: tzinfo) -> datetime | None:
    """When the clock shows ``wall`` first; ``None`` where it never does."""
    found = wall.replace(tzinfo=zone).astimezone(timezone.utc)
    return found if _wall(found, zone) == wall else None
