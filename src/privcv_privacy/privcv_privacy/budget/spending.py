# SPDX-License-Identifier: Apache-2.0
"""What a ledger says was spent: what is left, and what each zone cost."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from privcv_core.protocol.timestamps import from_ns, ns_from_s
from privcv_privacy.budget.accounting import Charge


@dataclass(frozen=True)
class ZoneCost:
    """What one zone cost on one day (UTC, by event time)."""

    day: str  # such as "2026-01-31"
    camera: str
    zone: str
    epsilon: float  # sum over the reports of the day
    released: int  # reports that the budget paid for
    suppressed: int  # reports that the budget did not pay for


@dataclass(frozen=True)
class ScopeBudget:
    """What one privacy unit of one scope may have paid, at the end of what the ledger knows."""

    scope: str  # "camera|share", such as "lobby|dwell"
    epsilon_spent: float
    epsilon_limit: float
    delta_spent: float
    delta_limit: float
    until_ns: int  # end of the last window that was paid for

    @property
    def epsilon_left(self) -> float:
        """What one unit may still pay."""
        return max(0.0, self.epsilon_limit - self.epsilon_spent)


@dataclass(frozen=True)
class ReleaseCounts:
    """How many releases there are, and how many the uplink does not hold yet."""

    releases: int
    waiting: int


def camera_of(scope: str) -> str:
    """The camera of a scope; its shares of the budget are scopes of their own."""
    return scope.split("|", 1)[0]


def share_of(scope: str) -> str:
    """The share of the budget that a scope is for, such as ``dwell``; empty where it names none."""
    return scope.partition("|")[2]


def spent(db: sqlite3.Connection, scope: str, since_ns: int) -> tuple[float, float]:
    """Epsilon and delta that one unit may have paid to cohorts that lived after ``since_ns``."""
    epsilon, delta = db.execute(
        "SELECT TOTAL(epsilon), TOTAL(delta) FROM cohorts WHERE scope = ? AND until_ns > ?",
        (scope, since_ns),
    ).fetchone()
    return float(epsilon), float(delta)


def scope_budgets(db: sqlite3.Connection, lifetime_s: float) -> list[ScopeBudget]:
    """Every scope at the end of its last window; ``lifetime_s``: how long one visit can last.

    A cohort of one window (the weaker units) is named by it, ``start|length``, and none of its
    units outlives it.
    """
    rows = db.execute(
        "SELECT scope, limit_epsilon, limit_delta, MAX(until_ns) FROM cohorts GROUP BY scope"
    ).fetchall()
    budgets = []
    for scope, limit_epsilon, limit_delta, until_ns in rows:
        (of_windows,) = db.execute(
            "SELECT COUNT(*) FROM cohorts WHERE scope = ? AND until_ns = ? AND cohort LIKE '%|%'",
            (scope, until_ns),
        ).fetchone()
        lived_ns = 0 if of_windows else ns_from_s(lifetime_s)
        epsilon, delta = spent(db, scope, until_ns - lived_ns - 1)
        budgets.append(
            ScopeBudget(scope, epsilon, float(limit_epsilon), delta, float(limit_delta), until_ns)
        )
    return budgets


def zone_costs(db: sqlite3.Connection, day: str | None = None) -> list[ZoneCost]:
    """What each zone cost on ``day``, or on every day, in order of day, camera and zone."""
    rows = db.execute(
        "SELECT day, camera, zone, epsilon, released, suppressed FROM costs"
        " WHERE ?1 IS NULL OR day = ?1 ORDER BY day, camera, zone",
        (day,),
    )
    return [ZoneCost(*row) for row in rows]


def book_costs(
    db: sqlite3.Connection, charges: Sequence[Charge], costs: Mapping[str, float], paid: bool
) -> None:
    """Add the epsilon of one release to what each zone cost that day; inside its transaction."""
    if not charges:
        return
    day, camera = _day(charges[0].until_ns - 1), camera_of(charges[0].scope)
    db.executemany(
        "INSERT INTO costs VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (day, camera, zone) DO UPDATE SET epsilon = epsilon + excluded.epsilon,"
        " released = released + excluded.released,"
        " suppressed = suppressed + excluded.suppressed",
        [
            (day, camera, zone, cost * paid, int(paid), int(not paid))
            for zone, cost in costs.items()
        ],
    )


def release_counts(db: sqlite3.Connection) -> ReleaseCounts:
    """Releases in all, and those after the last that was acknowledged."""
    head, accepted = db.execute(
        "SELECT (SELECT COALESCE(MAX(sequence), 0) FROM releases),"
        " (SELECT value FROM meta WHERE name = 'accepted_through')"
    ).fetchone()
    return ReleaseCounts(int(head), int(head) - int(accepted))


def _day(time_ns: int) -> str:
    return from_ns(time_ns).date().isoformat()
