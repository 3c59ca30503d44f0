# SPDX-License-Identifier: Apache-2.0
"""The table ``cohorts`` of a ledger: for each pool and cohort, what was paid so far."""

import re
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.budget.charge import Charge, camera_of
from privcv_privacy.settings import Unit

ENTRIES = """
CREATE TABLE IF NOT EXISTS cohorts (
    scope TEXT NOT NULL,           -- "camera|pool"
    cohort TEXT NOT NULL,
    epsilon REAL NOT NULL,
    delta REAL NOT NULL,
    limit_epsilon REAL NOT NULL,   -- of the pool
    limit_delta REAL NOT NULL,
    until_ns INTEGER NOT NULL,     -- this and all times: ledger time
    camera TEXT NOT NULL,
    unit TEXT NOT NULL,
    from_ns INTEGER NOT NULL,
    lifetime_ns INTEGER NOT NULL,  -- of a visit, when it was paid
    promise_epsilon REAL NOT NULL, -- over all pools
    promise_delta REAL NOT NULL,
    visit_epsilon REAL NOT NULL,   -- what a whole visit may have paid
    visit_delta REAL NOT NULL,
    event_from_ns INTEGER NOT NULL,
    event_until_ns INTEGER NOT NULL,
    PRIMARY KEY (scope, cohort)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cohorts_by_unit ON cohorts (camera, unit, until_ns);
CREATE INDEX IF NOT EXISTS cohorts_by_time ON cohorts (camera, until_ns);
"""

_COLUMNS = (
    "scope, cohort, epsilon, delta, limit_epsilon, limit_delta, from_ns, until_ns, unit,"
    " lifetime_ns, promise_epsilon, promise_delta, visit_epsilon, visit_delta, event_from_ns,"
    " event_until_ns"
)
_OF_A_WINDOW = re.compile(r"(\d+)\|(\d+)")
_LONGEST_BIAS_PERIOD_NS = 86_400 * NS_PER_S


class Entries:
    """The entries of some cameras, for ``composition.Paid``; inside the ledger's transaction.

    ``replays``: a recording is played, whose time is event time; whoever paid in a later era is met
    in either time.
    """

    def __init__(
        self, db: sqlite3.Connection, cameras: Collection[str], *, replays: bool = False
    ) -> None:
        self._db, self._cameras, self._replays = db, sorted(cameras), replays
        self._where = f"camera IN ({', '.join('?' * len(self._cameras))})"

    def between(self, after_ns: int, before_ns: int, unit: Unit | None = None) -> list[Charge]:
        """See ``composition.Paid``."""
        if self._replays:
            every = [_in_both_times(one) for one in _select(self._db, self._where, self._cameras)]
            return [
                one
                for one in every
                if one.until_ns > after_ns and one.from_ns < before_ns and unit in (None, one.unit)
            ]
        where = f"{self._where} AND until_ns > ? AND from_ns < ?"
        values = (*self._cameras, after_ns, before_ns)
        if unit is None:
            return _select(self._db, where, values)
        return _select(self._db, f"{where} AND unit = ?", (*values, unit))

    def entry(self, scope: str, cohort: str) -> Charge | None:
        """See ``composition.Paid``."""
        found = _select(self._db, "scope = ? AND cohort = ?", (scope, cohort))
        return found[0] if found else None

    def store(self, entry: Charge) -> None:
        """Replace what is known of a cohort in a pool."""
        self._db.execute(
            f"INSERT OR REPLACE INTO cohorts ({_COLUMNS}, camera) VALUES ({', '.join('?' * 17)})",
            (
                entry.scope,
                entry.cohort,
                entry.epsilon,
                entry.delta,
                entry.limit_epsilon,
                entry.limit_delta,
                *entry.time,
                entry.unit,
                entry.lifetime_ns,
                *entry.promise,
                *entry.paid_by("visit"),
                *entry.event_time,
                camera_of(entry.scope),
            ),
        )


def all_entries(db: sqlite3.Connection) -> list[Charge]:
    """Every entry, also of a ledger that version 0.1.0 wrote and nobody brought up to date."""
    if db.execute("PRAGMA user_version").fetchone()[0] == 1:
        return _of_0_1_0(db)
    return _select(db, "TRUE")


def forgotten(db: sqlite3.Connection, due: Charge) -> bool:
    """Whether the table knows less than ``due``, which the audit chain says was booked."""
    found = _select(db, "scope = ? AND cohort = ?", (due.scope, due.cohort))
    if not found:
        return True
    (stored,) = found
    pairs = [
        (stored.epsilon, due.epsilon),
        (stored.delta, due.delta),
        (stored.until_ns, due.until_ns),
    ]
    if due.promise_epsilon is not None:  # not of 0.1.0, which knew no more
        pairs += [
            (due.from_ns, stored.from_ns),
            (stored.lifetime_ns, due.lifetime_ns),
            (stored.unit == due.unit, True),
            *zip(due.promise, stored.promise, strict=True),
            *zip(stored.paid_by("visit"), due.paid_by("visit"), strict=True),
        ]
    return any(stored_ < due_ for stored_, due_ in pairs)


def upgrade_entries(db: sqlite3.Connection) -> None:
    """Bring the table of 0.1.0 up to date, inside a transaction: what it did not say is taken as
    the worst that it may have been."""
    entries = _of_0_1_0(db)
    db.execute("DROP TABLE cohorts")
    for statement in ENTRIES.split(";"):
        db.execute(statement)
    for entry in entries:
        Entries(db, [camera_of(entry.scope)]).store(entry)


def _of_0_1_0(db: sqlite3.Connection) -> list[Charge]:
    """Entries of a ledger of format 1.

    It knew no whole promise, so that of one pool stands for it: those who paid pay no more. A
    cohort of a window was one of persons or of events, who knows which; a person may have paid for
    an event in every zone.
    """
    zones = dict(db.execute("SELECT camera, COUNT(DISTINCT zone) FROM costs GROUP BY camera"))
    rows = db.execute(
        "SELECT scope, cohort, epsilon, delta, limit_epsilon, limit_delta, until_ns FROM cohorts"
    )
    entries = []
    for scope, cohort, epsilon, delta, limit_epsilon, limit_delta, until_ns in rows:
        window = _OF_A_WINDOW.fullmatch(cohort)
        start_ns = int(window[1]) * NS_PER_S if window else 0
        if window and scope.endswith("|bias"):
            start_ns = until_ns - _LONGEST_BIAS_PERIOD_NS
        people = max(zones.get(camera_of(scope), 1), 1) if window else 1
        entries.append(
            Charge(
                scope, cohort, epsilon, delta, limit_epsilon, limit_delta, start_ns, until_ns,
                unit="event" if window else "visit",
                visit_epsilon=epsilon * people,
                visit_delta=delta * people,
            )
        )  # fmt: skip
    return entries


def _in_both_times(entry: Charge) -> Charge:
    start_ns, end_ns = entry.event_time
    return replace(
        entry, from_ns=min(entry.from_ns, start_ns), until_ns=max(entry.until_ns, end_ns)
    )


def _select(db: sqlite3.Connection, where: str, values: Sequence[Any] = ()) -> list[Charge]:
    # The conditions are those written above; values never become part of a statement.
    rows = db.execute(f"SELECT {_COLUMNS} FROM cohorts WHERE {where}", values)
    return [
        Charge(
            scope, cohort, epsilon, delta, limit_epsilon, limit_delta, from_ns, until_ns,
            unit=unit,
            lifetime_ns=lifetime_ns,
            promise_epsilon=promise_epsilon,
            promise_delta=promise_delta,
            visit_epsilon=visit_epsilon,
            visit_delta=visit_delta,
            event_from_ns=event_from_ns,
            event_until_ns=event_until_ns,
        )
        for scope, cohort, epsilon, delta, limit_epsilon, limit_delta, from_ns, until_ns, unit,
        lifetime_ns, promise_epsilon, promise_delta, visit_epsilon, visit_delta, event_from_ns,
        event_until_ns in rows
    ]  # fmt: skip
