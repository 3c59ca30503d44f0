# SPDX-License-Identifier: Apache-2.0
"""Composition: the rule by which what a unit pays adds up, over pools, cohorts and settings.

A *unit* is what the promise protects: a visit, a person in one window, or an event. A *pool* is the
part of its budget that pays for one statistic. A *cohort* is a set of units whose contribution one
process bounds together in its memory: within a cohort no unit pays more into a pool than the
cohort's ``epsilon`` there, however many releases it is part of. Between cohorts, and between pools,
nothing is remembered of a single unit, so one that may be in both is taken to have paid both (basic
composition; Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014, theorem
3.16).

A unit lives in an interval of time: a window, or any interval as long as a visit may live. It may
have paid into every entry whose time meets its own, under whatever settings. A release is paid for
only if afterwards no unit of any kind that it touches, in whatever interval it lived, has paid more
than the smallest promise made to units of that kind there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Protocol

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.budget.charge import Charge, Interval, merged
from privcv_privacy.identity_lifetime import LONGEST_LIFETIME_S
from privcv_privacy.settings import Unit

ROUNDING = 1e-9  # tolerance of sums of floats against a limit, relative
EPSILON_DUST, DELTA_DUST = 1e-10, 1e-16  # likewise, absolute
LONGEST_LIFETIME_NS = LONGEST_LIFETIME_S * NS_PER_S


class Paid(Protocol):
    """The entries of one camera: of each pool and cohort, what was paid so far."""

    def between(self, after_ns: int, before_ns: int, unit: Unit | None = None) -> list[Charge]:
        """Entries that end after ``after_ns`` and begin before ``before_ns``; of one unit only."""

    def entry(self, scope: str, cohort: str) -> Charge | None:
        """The entry of one cohort in one pool."""


def booked(charges: Sequence[Charge], paid: Paid) -> list[Charge] | None:
    """The entries after the ``charges`` of one release of one camera; None: beyond a promise."""
    if not charges:
        return []
    new: dict[tuple[str, str], Charge] = {}
    for charge in charges:
        name = (charge.scope, charge.cohort)
        new[name] = merged(charge, new.get(name) or paid.entry(*name))
    entries, lifetime_ns = _that_matter(charges, paid)
    after = {(one.scope, one.cohort): one for one in entries} | new
    fits = all(
        _fits_pool(charge, after.values(), lifetime_ns) for charge in charges
    ) and _fits_promises(charges, list(after.values()), lifetime_ns)
    return list(new.values()) if fits else None


def most_paid(
    entries: Iterable[Charge], unit: Unit, intervals: Iterable[Interval]
) -> tuple[float, float]:
    """The most epsilon and delta that one ``unit`` which lived in one of ``intervals`` paid."""
    sums = _Sums(list(entries), unit)
    spent = [sums.over(interval) for interval in intervals]
    return max((one for one, _ in spent), default=0.0), max((two for _, two in spent), default=0.0)


def lives(
    entries: Iterable[Charge], born_ns: int, last_ns: int, lifetime_ns: int
) -> list[Interval]:
    """Intervals of visits born from ``born_ns`` to ``last_ns``: those that meet the most entries.

    What a visit meets can only grow where its end reaches the start of an entry.
    """
    births = {one.from_ns - lifetime_ns for one in entries}
    chosen = [born_ns, *sorted(birth for birth in births if born_ns < birth < last_ns)]
    return [(birth, birth + lifetime_ns + 1) for birth in chosen]


def _that_matter(charges: Sequence[Charge], paid: Paid) -> tuple[list[Charge], int]:
    """Entries that a unit touched by ``charges`` may have paid into; the longest life of a visit.

    A visit of the time when lives were longer may be there still.
    """
    first_ns = min(charge.from_ns for charge in charges)
    last_ns = max(charge.until_ns for charge in charges)
    visits = paid.between(
        first_ns - LONGEST_LIFETIME_NS, last_ns + LONGEST_LIFETIME_NS + 1, "visit"
    )
    lifetime_ns = max(one.lifetime_ns for one in (*charges, *visits))
    born_ns = _born_ns(charges, lifetime_ns)
    reach = (first_ns, last_ns)
    if charges[0].unit == "visit" or any(one.until_ns > born_ns for one in visits):
        reach = (min(born_ns, first_ns), last_ns + lifetime_ns + 1)
    entries = paid.between(*reach)
    windows = [one for one in entries if one.is_window and _meet(one.time, (first_ns, last_ns))]
    whole = (
        min([reach[0], *(one.from_ns for one in windows)]),
        max([reach[1], *(one.until_ns for one in windows)]),
    )
    return (entries if whole == reach else paid.between(*whole)), lifetime_ns


def _born_ns(charges: Sequence[Charge], lifetime_ns: int) -> int:
    """Before this no visit existed that is part of what is charged."""
    return min(max(charge.from_ns - lifetime_ns, charge.renewed_ns) for charge in charges)


def _fits_pool(charge: Charge, entries: Iterable[Charge], lifetime_ns: int) -> bool:
    """Whether the pool's own part of the budget suffices."""
    entries = [one for one in entries if one.scope == charge.scope]
    if charge.unit == "visit":
        born_ns = _born_ns([charge], lifetime_ns)
        where = lives(entries, born_ns, charge.until_ns, lifetime_ns)
    else:
        where = list(charge.windows) or [charge.time]
    limit = (charge.limit_epsilon, charge.limit_delta)
    return _within(most_paid(entries, charge.unit, where), limit)


def _fits_promises(charges: Sequence[Charge], entries: list[Charge], lifetime_ns: int) -> bool:
    """Whether all that was promised to any unit that ``charges`` touch is kept."""
    for unit in {one.unit for one in entries}:
        sums = _Sums(entries, unit)
        promises = _promises([one for one in entries if one.unit == unit])
        for interval in _touched(charges, entries, unit, lifetime_ns):
            spent = sums.over(interval)
            for promise, times in promises:
                if not _within(spent, promise) and times.any_over(interval):
                    return False
    return True


def _touched(
    charges: Sequence[Charge], entries: list[Charge], unit: Unit, lifetime_ns: int
) -> Iterator[Interval]:
    """Where units of a kind live that pay for ``charges``."""
    first_ns = min(charge.from_ns for charge in charges)
    last_ns = max(charge.until_ns for charge in charges)
    if unit == "visit":
        yield from lives(entries, _born_ns(charges, lifetime_ns), last_ns, lifetime_ns)
        return
    for charge in charges:
        if charge.unit == unit and charge.windows:
            yield from charge.windows
        else:
            yield charge.time if charge.unit == unit else (first_ns, last_ns)
    for one in entries:
        if one.unit == unit and one.is_window and _meet(one.time, (first_ns, last_ns)):
            yield one.time


def _promises(entries: list[Charge]) -> list[tuple[tuple[float, float], "_Times"]]:
    """Each promise that was made, and the times of the entries under it."""
    return [
        (promise, _Times([one.time for one in entries if one.promise == promise]))
        for promise in {one.promise for one in entries}
    ]


class _Times:
    """Intervals, and whether any of them meets another."""

    def __init__(self, times: Sequence[Interval]) -> None:
        self._from = sorted(start for start, _ in times)
        self._until = sorted(end for _, end in times)

    def begun_and_ended(self, interval: Interval) -> tuple[int, int]:
        """How many begin before the interval's end, and how many end at or before its start."""
        return bisect_left(self._from, interval[1]), bisect_right(self._until, interval[0])

    def any_over(self, interval: Interval) -> bool:
        """Whether any has a moment in common with ``interval``."""
        begun, ended = self.begun_and_ended(interval)
        return begun > ended


class _Sums:
    """What entries cost one unit of a kind, added up over those that an interval meets."""

    def __init__(self, entries: Sequence[Charge], unit: Unit) -> None:
        self._times = _Times([one.time for one in entries])
        by_start = sorted(entries, key=lambda one: one.from_ns)
        by_end = sorted(entries, key=lambda one: one.until_ns)
        costs = [[one.paid_by(unit) for one in order] for order in (by_start, by_end)]
        self._sums = [
            [[0.0, *accumulate(cost[which] for cost in order)] for order in costs]
            for which in range(2)
        ]

    def over(self, interval: Interval) -> tuple[float, float]:
        """Epsilon and delta of the entries that ``interval`` meets."""
        begun, ended = self._times.begun_and_ended(interval)
        epsilon, delta = (starts[begun] - ends[ended] for starts, ends in self._sums)
        return epsilon, delta


def _meet(one: Interval, other: Interval) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _within(spent: tuple[float, float], limit: tuple[float, float]) -> bool:
    return (
        spent[0] <= limit[0] * (1 + ROUNDING) + EPSILON_DUST
        and spent[1] <= limit[1] * (1 + ROUNDING) + DELTA_DUST
    )
