# SPDX-License-Identifier: Apache-2.0
"""What a release costs, who pays, and the rule by which payments add up.

A *unit* is what the promise protects: a visit, a person in one window, or an event. A *cohort* is a
set of units whose contribution one process bounds together in its memory: within a cohort no unit
pays more than the cohort's ``epsilon``, however many releases it is part of. Between cohorts
nothing is remembered, so a unit that may be in both is taken to have paid both (basic composition;
Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014, theorem 3.16).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from privcv_core.protocol import release as schema

ROUNDING = 1e-9  # relative tolerance of sums of floats against a limit

Render = Callable[[int, bool], bytes]
"""``render(sequence, affordable)`` makes the payload; the only place where noise is drawn."""


@dataclass(frozen=True)
class Charge:
    """The spend of one release in one scope."""

    scope: str  # where units pay: a camera's name
    cohort: str  # who is bounded together
    epsilon: float  # the most any one unit of the cohort has paid, this release included
    delta: float  # likewise
    limit_epsilon: float  # budget of a unit
    limit_delta: float
    born_ns: int  # event time before which no unit that pays here existed
    until_ns: int  # event time at which the window that is paid for ends


@dataclass(frozen=True)
class Release:
    """What the ledger holds under one key, for ever."""

    sequence: int  # from 1, without gaps
    payload: bytes  # canonical JSON: the bytes that leave the device; empty once pruned
    fresh: bool  # False: it was released before and these are the bytes of that time
    affordable: bool  # False: the budget did not allow it and the payload says so
    # What the payload was made of, where it was made in this process and was not read from a file.
    content: schema.Release | None = field(default=None, compare=False, repr=False)

    def read(self) -> schema.Release:
        """What it says; its payload is parsed only where it was made by an earlier process.

        Raises ``ReleaseError``.
        """
        return schema.read_release(self.payload) if self.content is None else self.content


class LedgerProtocol(Protocol):
    """What the aggregation needs from a ledger."""

    def release(
        self,
        key: str,
        charges: Sequence[Charge],
        render: Render,
        costs: Mapping[str, float] = {},
    ) -> Release:
        """Commit the release ``key``: once, paid for, and never drawn again.

        A known key returns its stored bytes without calling ``render``. ``costs`` is epsilon by
        zone, booked for display only. Raises ``LedgerError`` when nothing could be committed.
        """


def affordable(charge: Charge, cohorts: Mapping[str, Charge]) -> bool:
    """Whether ``charge`` fits beside what the cohorts of its scope have paid.

    A unit that pays now was born at ``born_ns`` or later. It may also be in any other cohort that
    still paid after that, so their payments add up; in its own cohort the largest counts.
    """
    epsilon, delta = charge.epsilon, charge.delta
    for name, other in cohorts.items():
        if name == charge.cohort:
            epsilon, delta = max(epsilon, other.epsilon), max(delta, other.delta)
    for name, other in cohorts.items():
        if name != charge.cohort and other.until_ns > charge.born_ns:
            epsilon, delta = epsilon + other.epsilon, delta + other.delta
    return epsilon <= charge.limit_epsilon * (1 + ROUNDING) and delta <= charge.limit_delta * (
        1 + ROUNDING
    )


def merged(charge: Charge, before: Charge | None) -> Charge:
    """The cohort's entry after ``charge``: payments and end only ever grow."""
    if before is None:
        return charge
    return replace(
        charge,
        epsilon=max(charge.epsilon, before.epsilon),
        delta=max(charge.delta, before.delta),
        until_ns=max(charge.until_ns, before.until_ns),
    )


class MemoryLedger:
    """A ledger that forgets when its process ends: for measurements and tests, never for a site."""

    def __init__(self) -> None:
        self.releases: dict[str, Release] = {}
        self.cohorts: dict[str, dict[str, Charge]] = {}

    def release(
        self,
        key: str,
        charges: Sequence[Charge],
        render: Render,
        costs: Mapping[str, float] = {},
    ) -> Release:
        """See ``LedgerProtocol``."""
        stored = self.releases.get(key)
        if stored is not None:
            return replace(stored, fresh=False)
        fits = all(affordable(charge, self.cohorts.get(charge.scope, {})) for charge in charges)
        sequence = len(self.releases) + 1
        payload = render(sequence, fits)
        if fits:
            for charge in charges:
                cohorts = self.cohorts.setdefault(charge.scope, {})
                cohorts[charge.cohort] = merged(charge, cohorts.get(charge.cohort))
        release = Release(sequence, payload, True, fits)
        self.releases[key] = release
        return release
