# SPDX-License-Identifier: Apache-2.0
"""A charge: what one release costs a unit in one pool, and what is kept of a cohort's charges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from privcv_privacy.settings import Unit

COUNTS, DWELL, BIAS = "counts", "dwell", "bias"
PRESENCE, ENTRIES, FOOTFALL = "presence", "entries", "footfall"
PRESENCE_HOUR: Final = "presence_hour"
ENTRIES_HOUR: Final = "entries_hour"
ACROSS: Final = "across"
"""The pools of a unit's budget."""

_OF_PERIODS = (
    DWELL,
    BIAS,
)  # bias: of several windows until 0.1.0; now of one that COUNTS is of too
_COARSENESS = {"event": 0, "person_window": 1, "visit": 2}

Interval = tuple[int, int]
"""From, and until: ns of ledger time; the end is not part of it."""


@dataclass(frozen=True)
class Charge:
    """The spend of one release in one pool of one camera; or of all releases of a cohort so far.

    Times are *ledger time*, ns: see ``device_time.py``.
    """

    scope: str  # where units pay: "camera|pool"
    cohort: str  # who is bounded together
    epsilon: float  # the most any one unit of the cohort has paid, this release included
    delta: float  # likewise
    limit_epsilon: float  # what of a unit's budget is for this pool
    limit_delta: float
    from_ns: int  # start of the time that is paid for
    until_ns: int  # its end
    unit: Unit = "visit"  # who pays
    lifetime_ns: int = 0  # the longest that a visit may live
    renewed_ns: int = 0  # no visit that pays here existed before
    promise_epsilon: float | None = None  # a unit's whole budget; None: the limit of this pool
    promise_delta: float | None = None
    visit_epsilon: float | None = None  # what a whole visit may have paid; None: as one unit
    visit_delta: float | None = None
    # The same time by the clock of its day, event time, ns; None: ledger time is event time.
    event_from_ns: int | None = None
    event_until_ns: int | None = None
    # The windows of the units of a weaker unit's dwell, where they are not the charge's own
    # time: never stored.
    windows: tuple[Interval, ...] = field(default=(), compare=False, repr=False)

    @property
    def promise(self) -> tuple[float, float]:
        """Epsilon and delta that one unit may pay over all pools."""
        epsilon = self.limit_epsilon if self.promise_epsilon is None else self.promise_epsilon
        return epsilon, self.limit_delta if self.promise_delta is None else self.promise_delta

    @property
    def time(self) -> Interval:
        """The time that is paid for."""
        return self.from_ns, self.until_ns

    @property
    def event_time(self) -> Interval:
        """The same in event time."""
        return (
            self.from_ns if self.event_from_ns is None else self.event_from_ns,
            self.until_ns if self.event_until_ns is None else self.event_until_ns,
        )

    @property
    def is_window(self) -> bool:
        """Whether its time is that of one window, in which weaker units live."""
        return self.unit != "visit" and pool_of(self.scope) not in _OF_PERIODS

    def paid_by(self, unit: Unit) -> tuple[float, float]:
        """Epsilon and delta that one ``unit`` may have paid here, were it of the cohort's or not.

        An event lies in a person's window, and that in a visit: who is no coarser than those who
        pay has paid at most as much as one of them, and who is coarser as much as a whole visit.
        """
        if _COARSENESS[unit] <= _COARSENESS[self.unit]:
            return self.epsilon, self.delta
        return (
            self.epsilon if self.visit_epsilon is None else self.visit_epsilon,
            self.delta if self.visit_delta is None else self.visit_delta,
        )


def camera_of(scope: str) -> str:
    """The camera of a scope; its pools are scopes of their own."""
    return scope.split("|", 1)[0]


def by_camera(charges: Sequence[Charge]) -> dict[str, list[Charge]]:
    """The charges of each camera: whoever is under one of them is not under another."""
    found: dict[str, list[Charge]] = {}
    for charge in charges:
        found.setdefault(camera_of(charge.scope), []).append(charge)
    return found


def pool_of(scope: str) -> str:
    """The pool that a scope is for, such as ``dwell``; empty where it names none."""
    return scope.partition("|")[2]


def merged(charge: Charge, before: Charge | None) -> Charge:
    """A cohort's entry after ``charge``: what was paid and its time only grow, promises shrink."""
    if before is None:
        return replace(charge, windows=())
    visit, earlier = charge.paid_by("visit"), before.paid_by("visit")
    promise, promised = charge.promise, before.promise
    event, events = charge.event_time, before.event_time
    return replace(
        charge,
        epsilon=max(charge.epsilon, before.epsilon),
        delta=max(charge.delta, before.delta),
        from_ns=min(charge.from_ns, before.from_ns),
        until_ns=max(charge.until_ns, before.until_ns),
        lifetime_ns=max(charge.lifetime_ns, before.lifetime_ns),
        renewed_ns=min(charge.renewed_ns, before.renewed_ns),
        promise_epsilon=min(promise[0], promised[0]),
        promise_delta=min(promise[1], promised[1]),
        visit_epsilon=max(visit[0], earlier[0]),
        visit_delta=max(visit[1], earlier[1]),
        event_from_ns=min(event[0], events[0]),
        event_until_ns=max(event[1], events[1]),
        windows=(),
    )


_STORED = tuple(one.name for one in fields(Charge) if one.name != "windows")


def facts_of(charge: Charge) -> dict[str, Any]:
    """What the audit chain says of a charge, as JSON values."""
    return {name: getattr(charge, name) for name in _STORED}


def charge_of(facts: Mapping[str, Any]) -> Charge:
    """The inverse of ``facts_of``; also of what version 0.1.0 wrote. Raises ``TypeError``."""
    known = {name: value for name, value in facts.items() if name != "born_ns"}
    if "born_ns" in facts:  # before it no unit that paid existed
        known["from_ns"] = facts["born_ns"]
    return Charge(**known)
