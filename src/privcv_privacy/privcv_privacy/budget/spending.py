# SPDX-License-Identifier: Apache-2.0
"""What a ledger says was spent: what is left, and what each zone cost."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from privcv_core.protocol.timestamps import from_ns, ns_from_s
from privcv_core.settings.time_zone import day_in
from privcv_privacy.budget.charge import Charge, camera_of
from privcv_privacy.budget.composition import lives, most_paid
from privcv_privacy.budget.entries import all_entries

_COST_ZONES = "cost_time_zones"


@dataclass(frozen=True)
class ZoneCost:
    """What one zone cost on one day of the site's calendar, by event time; see ``cost_zones``."""

    day: str  # such as "2026-01-31"
    camera: str
    zone: str
    epsilon: float  # sum over the reports of the day
    released: int  # reports that the budget paid for
    suppressed: int  # reports that the budget did not pay for


@dataclass(frozen=True)
class ScopeBudget:
    """What one privacy unit of one scope may have paid, at the end of what the ledger knows."""

    scope: str  # "camera|pool", such as "lobby|dwell"; "camera" for all its pools together
    epsilon_spent: float
    epsilon_limit: float
    delta_spent: float
    delta_limit: float
    until_ns: int  # end of the last window that was paid for, event time

    @property
    def epsilon_left(self) -> float:
        """What one unit may still pay."""
        return max(0.0, self.epsilon_limit - self.epsilon_spent)


@dataclass(frozen=True)
class ReleaseCounts:
    """How many releases there are, and how many the uplink does not hold yet."""

    releases: int
    waiting: int


def spent(db: sqlite3.Connection, scope: str, since_ns: int) -> tuple[float, float]:
    """Epsilon and delta paid in ``scope`` by all cohorts that lived after ``since_ns``, summed."""
    epsilon, delta = db.execute(
        "SELECT TOTAL(epsilon), TOTAL(delta) FROM cohorts WHERE scope = ? AND until_ns > ?",
        (scope, since_ns),
    ).fetchone()
    return float(epsilon), float(delta)


def camera_budgets(db: sqlite3.Connection, lifetime_s: float) -> list[ScopeBudget]:
    """For every camera what one unit may have paid in all pools together, under any settings.

    It is what the promise is about. ``lifetime_s``: how long a visit can live.
    """
    return [
        _budget(camera, entries, lifetime_s, whole=True)
        for camera, entries in _grouped(db, lambda entry: camera_of(entry.scope)).items()
    ]


def scope_budgets(db: sqlite3.Connection, lifetime_s: float) -> list[ScopeBudget]:
    """For every pool of every camera what one unit may have paid there; see ``camera_budgets``."""
    return [
        _budget(scope, entries, lifetime_s, whole=False)
        for scope, entries in _grouped(db, lambda entry: entry.scope).items()
    ]


def _grouped(db: sqlite3.Connection, by: Callable[[Charge], str]) -> dict[str, list[Charge]]:
    groups: dict[str, list[Charge]] = {}
    for entry in sorted(all_entries(db), key=lambda entry: entry.scope):
        groups.setdefault(by(entry), []).append(entry)
    return groups


def _budget(
    scope: str, entries: Sequence[Charge], lifetime_s: float, *, whole: bool
) -> ScopeBudget:
    """The worst unit of those that were there in the last window or period that was paid for."""
    last = max(entries, key=lambda entry: entry.until_ns)
    if last.unit == "visit":
        lived_ns = ns_from_s(lifetime_s)
        last_ns = last.until_ns - 1
        where = lives(entries, last_ns - lived_ns, last_ns, lived_ns)
    else:
        times = [
            one.time
            for one in entries
            if one.is_window and one.from_ns < last.until_ns and one.until_ns > last.from_ns
        ]
        where = times or [last.time]
    epsilon, delta = most_paid(entries, last.unit, where)
    limit = (last.limit_epsilon, last.limit_delta)
    if whole:
        limits = {entry.scope: entry for entry in sorted(entries, key=lambda one: one.until_ns)}
        pools = sum(entry.limit_epsilon for entry in limits.values())
        limit = (max(last.promise[0], pools), last.promise[1])
    return ScopeBudget(scope, epsilon, limit[0], delta, limit[1], last.event_time[1])


def zone_costs(db: sqlite3.Connection, day: str | None = None) -> list[ZoneCost]:
    """What each zone cost on ``day``, or on every day, in order of day, camera and zone."""
    rows = db.execute(
        "SELECT day, camera, zone, epsilon, released, suppressed FROM costs"
        " WHERE ?1 IS NULL OR day = ?1 ORDER BY day, camera, zone",
        (day,),
    )
    return [ZoneCost(*row) for row in rows]


def cost_zones(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """From which day on costs are booked on the days of which time zone, in order.

    Until a site named one they were those of UTC.
    """
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_COST_ZONES,)).fetchone()
    return [(str(day), str(zone)) for day, zone in json.loads(row[0])] if row else [("", "UTC")]


def book_costs(
    db: sqlite3.Connection,
    charges: Sequence[Charge],
    costs: Mapping[str, float],
    paid: bool,
    time_zone: str,
) -> None:
    """Add the epsilon of one release to what each zone cost that day; inside its transaction.

    Days are those of ``time_zone``, which is written down where it is another than before.
    """
    if not charges:
        return
    day = day_in(from_ns(charges[0].event_time[1] - 1), time_zone).isoformat()
    camera = camera_of(charges[0].scope)
    zones = cost_zones(db)
    if zones[-1][1] != time_zone:
        changed = json.dumps([*zones, (day, time_zone)])
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_COST_ZONES, changed))
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
