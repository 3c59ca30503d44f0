# SPDX-License-Identifier: Apache-2.0
"""Calendar of a site: hours, days and weeks on the clock of its wall, its opening hours, holidays.

Times are event time, whole s since the Unix epoch. What follows an edge belongs to the later part.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal, get_args

from privcv_core.event_time.open_hours import open_spans
from privcv_core.event_time.utc_offsets import HOUR_S, offset_at, offset_changes
from privcv_core.settings.hours import Hours
from privcv_core.settings.time_zone import time_zone

PeriodUnit = Literal["hour", "day", "week"]

PERIOD_UNITS: tuple[PeriodUnit, ...] = get_args(PeriodUnit)

DAY_S = 24 * HOUR_S
_NEXT = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """An hour, a day or a week of a calendar."""

    unit: PeriodUnit
    start_s: int
    end_s: int


@dataclass(frozen=True)
class Calendar:
    """The calendar of one place. Periods of a unit follow each other without a gap.

    A *day* begins when the clock on the wall first shows its date: at midnight, or when the clock
    skips it; a day whose date is never shown does not exist. A *week* begins with its Monday (ISO
    8601). An *hour* ends when the clock shows the next full one, and wherever the clock is set: an
    hour that is shown twice is two, and one that is skipped in part is shorter.

    ``opening``: when the place is open, by its clock; empty: always. ``holidays``: days on which
    nothing opens.
    """

    zone: str = "UTC"
    opening: Sequence[Hours] = ()
    holidays: Collection[date] = frozenset()

    def period(self, unit: PeriodUnit, at_s: int) -> Period:
        """The period of ``unit`` that holds ``at_s``."""
        if unit == "hour":
            return Period(unit, *self._hour(at_s))
        if unit == "week":
            day = self._day_of(at_s)
            monday = day - timedelta(days=day.weekday())
            return Period(unit, self.day_start_s(monday), self.day_start_s(monday + _WEEK))
        return Period(unit, *self._day(at_s))

    def day_start_s(self, day: date) -> int:
        """When the clock first shows ``day``, or a later one."""
        return _day_start(self.zone, day)

    def window_end_s(self, start_s: int, length_s: int) -> int:
        """When a window that begins at ``start_s`` ends: at the next multiple of ``length_s`` that
        the clock shows, at the end of the day, and where the place opens or closes.

        A window of at most an hour also ends where an hour does.
        """
        end_s = self._next_multiple(start_s, length_s)
        end_s = min(end_s, self._day(start_s)[1])
        if length_s <= HOUR_S:
            end_s = min(end_s, self._hour(start_s)[1])
        return min([end_s, *(edge for edge in self._edges(start_s) if start_s < edge)])

    def window_start_s(self, at_s: int, length_s: int) -> int:
        """When the window of ``length_s`` began that holds ``at_s``."""
        start_s = (self._hour(at_s) if length_s <= HOUR_S else self._day(at_s))[0]
        while (end_s := self.window_end_s(start_s, length_s)) <= at_s:
            start_s = end_s
        return start_s

    def is_open(self, at_s: int) -> bool:
        """Whether the place is open at ``at_s``."""
        return self.open_s(at_s, at_s + 1) > 0

    def open_s(self, start_s: int, end_s: int) -> int:
        """For how long the place is open from ``start_s`` to ``end_s``, at most nine days, s."""
        if not self.opening:
            return end_s - start_s
        return sum(
            max(0, min(end_s, closes_s) - max(start_s, opens_s))
            for opens_s, closes_s in self._spans(start_s)
        )

    def _day(self, at_s: int) -> tuple[int, int]:
        day = self._day_of(at_s)
        return self.day_start_s(day), self.day_start_s(day + _NEXT)

    def _hour(self, at_s: int) -> tuple[int, int]:
        shown = (at_s + offset_at(self.zone, at_s)) % HOUR_S
        start_s, end_s = at_s - shown, at_s - shown + HOUR_S
        cuts = [change for change, _ in offset_changes(self.zone, start_s, end_s)]
        return (
            max([start_s, *(cut for cut in cuts if cut <= at_s)]),
            min([end_s, *(cut for cut in cuts if cut > at_s)]),
        )

    def _next_multiple(self, start_s: int, length_s: int) -> int:
        offset_s = offset_at(self.zone, start_s)
        end_s = start_s + length_s - (start_s + offset_s) % DAY_S % length_s
        for change_s, offset_s in offset_changes(self.zone, start_s, end_s):
            # From here on the clock shows something else.
            shown = (change_s + offset_s) % DAY_S % length_s
            return change_s + (length_s - shown if shown else 0)
        return end_s

    def _day_of(self, at_s: int) -> date:
        """The latest date that the clock has shown."""
        day = datetime.fromtimestamp(at_s, time_zone(self.zone)).date()
        return day + _NEXT if self.day_start_s(day + _NEXT) <= at_s else day

    def _edges(self, at_s: int) -> list[int]:
        """When the place opens and closes, from the day before ``at_s`` to eight days after."""
        return [edge for span in self._spans(at_s) for edge in span] if self.opening else []

    def _spans(self, at_s: int) -> list[tuple[int, int]]:
        now = datetime.fromtimestamp(at_s, timezone.utc)
        spans = open_spans(self.opening, self.zone, now, self.holidays)
        return [(int(opens.timestamp()), int(closes.timestamp())) for opens, closes in spans]


ALWAYS_UTC = Calendar()


@lru_cache(maxsize=256)
def _day_start(zone: str, day: date) -> int:
    # The first time that shows midnight, or would, had the clock not been put forward over it.
    midnight = datetime(day.year, day.month, day.day, tzinfo=time_zone(zone))
    start_s = int(midnight.timestamp())
    for change_s, offset_s in offset_changes(zone, start_s - 2 * DAY_S, start_s + 1):
        # In UTC as if the zone had no offset: what the clock shows.
        shown = datetime.fromtimestamp(change_s + offset_s, timezone.utc).date()
        if shown >= day:
            return change_s
    return start_s
