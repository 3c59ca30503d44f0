# SPDX-License-Identifier: Apache-2.0
"""Sums over hours, days and weeks of what windows drew: raw noisy values, before k and the filter.

Each was paid for with its window, so that a sum costs nothing (Dwork and Roth 2014, proposition
2.1). They are kept in the ledger's file, written with the release of their window or not at all: no
window is in a sum twice, and none is missing after a crash. They hold no true count.

A sum is of the windows that were observed and paid for while the place was open, and tells nothing
of the rest: ``observed_s`` says how much that was.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.calendar import Calendar, Period, PeriodUnit
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.errors import LedgerError
from privcv_privacy.settings import PrivacySettings

HOUR_S = 3600
SAME_TIME_S = 1.0


@dataclass(frozen=True)
class Drawn:
    """What one window drew of one kind of release, place by place, before anything was hidden."""

    values: npt.NDArray[np.int64]  # (places,) noisy
    draws: int  # independent ones in each value
    variance: float  # of each value
    moments: int = 0  # of presence: at how many people were looked for


@dataclass(frozen=True)
class PeriodSum:
    """The sum of one kind of release over one period so far."""

    unit: PeriodUnit
    kind: str
    start_s: int
    end_s: int
    era: int
    places: tuple[str, ...]
    values: tuple[int, ...]  # of each place
    draws: int = 0  # in each value
    variance: float = 0.0  # of each value
    moments: int = 0
    observed_s: float = 0.0  # of the windows in it

    def add(self, drawn: Drawn, observed_s: float) -> "PeriodSum":
        """With one more window, of which so much was observed, s."""
        return replace(
            self,
            values=tuple(a + b for a, b in zip(self.values, drawn.values.tolist(), strict=True)),
            draws=self.draws + drawn.draws,
            variance=self.variance + drawn.variance,
            moments=self.moments + drawn.moments,
            observed_s=self.observed_s + observed_s,
        )

    def same_time(self, other: "PeriodSum") -> bool:
        """Whether both are of one period, by one clock."""
        return (self.unit, self.start_s, self.era) == (other.unit, other.start_s, other.era)


Sums = tuple[PeriodSum, ...]


def units_of(settings: PrivacySettings) -> tuple[PeriodUnit, ...]:
    """The periods of ``settings`` that are made of whole windows; an hour may not be."""
    whole_hours = settings.adaptive or HOUR_S % settings.window_s == 0
    return tuple(unit for unit in settings.periods if unit != "hour" or whole_hours)


def with_window(
    sums: Sums,
    units: Sequence[PeriodUnit],
    calendar: Calendar,
    window: tuple[str, Span, int],
    places: Sequence[str],
    drawn: Drawn | None,
) -> Sums:
    """``sums`` after one more window: its kind, span and era.

    ``drawn``: None where it tells nothing, as it was not observed or not paid for. A period whose
    places have changed begins anew.
    """
    kind, span, era = window
    if not calendar.is_open(span.start_s):
        drawn = None
    for unit in units:
        period = calendar.period(unit, span.start_s)
        if calendar.open_s(period.start_s, period.end_s):
            new = empty_sum(period, kind, era, places)
            sums = _with(sums, new, drawn, span.coverage * span.length_s)
    return sums


def with_hour(
    sums: Sums, units: Sequence[PeriodUnit], calendar: Calendar, hour: PeriodSum, drawn: Drawn
) -> Sums:
    """``sums`` after a number that was ``drawn`` for an hour: days and weeks of such ``units``."""
    for unit in units:
        if unit != "hour":
            period = calendar.period(unit, hour.start_s)
            new = empty_sum(period, hour.kind, hour.era, hour.places)
            sums = _with(sums, new, drawn, hour.observed_s)
    return sums


def better(one: PeriodSum | None, other: PeriodSum | None) -> PeriodSum | None:
    """Of two estimates of the same, that of more observed time, else the one of less noise; both
    are known without looking at what was drawn."""
    if one is None or other is None:
        return one or other
    if abs(one.observed_s - other.observed_s) > SAME_TIME_S:
        return max(one, other, key=lambda each: each.observed_s)
    return min(one, other, key=lambda each: each.variance / max(each.moments, 1) ** 2)


def empty_sum(period: Period, kind: str, era: int, places: Sequence[str]) -> PeriodSum:
    """The sum of a period of which nothing was told yet."""
    nothing = tuple(0 for _ in places)
    unit, start_s, end_s = period.unit, period.start_s, period.end_s
    return PeriodSum(unit, kind, start_s, end_s, era, tuple(places), nothing)


def _with(sums: Sums, new: PeriodSum, drawn: Drawn | None, observed_s: float) -> Sums:
    found = [one for one in sums if _key(one) == _key(new) and one.places == new.places]
    current = found[0] if found else new
    added = current if drawn is None else current.add(drawn, observed_s)
    return (*without(sums, new), added)


def due(sums: Sums, kind: str, now_s: int, era: int) -> list[PeriodSum]:
    """The sums of ``kind`` whose period is over at ``now_s``, or whose era is, in order of time."""
    over = [one for one in sums if one.kind == kind and (one.end_s <= now_s or one.era != era)]
    return sorted(over, key=lambda one: (one.era, one.end_s, one.start_s))


def without(sums: Sums, gone: PeriodSum) -> Sums:
    """``sums`` but for one."""
    return tuple(one for one in sums if _key(one) != _key(gone))


def write_sums(sums: Sums) -> str:
    """As the ledger keeps them, JSON."""
    return json.dumps([vars(one) for one in sums])


def read_sums(text: str | None) -> Sums:
    """The inverse of ``write_sums``; None: there are none yet. Raises ``LedgerError``."""
    try:
        return tuple(
            PeriodSum(**{**row, "places": tuple(row["places"]), "values": tuple(row["values"])})
            for row in json.loads(text or "[]")
        )
    except (ValueError, TypeError, KeyError) as error:
        raise LedgerError(
            f"the sums of hours, days and weeks in the ledger cannot be read: {error}; restore the "
            "latest copy",
            lasting=True,
        ) from error


def _key(one: PeriodSum) -> tuple[str, str, int, int]:
    return one.unit, one.kind, one.start_s, one.era
