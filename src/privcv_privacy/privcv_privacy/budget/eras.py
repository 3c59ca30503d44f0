# SPDX-License-Identifier: Apache-2.0
"""Eras in the ledger's file: where the ledger time of each camera stood at the last commit."""

import json
import sqlite3
from dataclasses import asdict, replace
from typing import Any

from privcv_core.event_time.running_time import Running
from privcv_privacy.budget.device_time import DeviceTime, Era, Moment


def read_moment(db: sqlite3.Connection, camera: str) -> Moment | None:
    """Where ledger time stood; None: nothing was released for ``camera`` yet.

    Of a ledger of version 0.1.0, which did not say, only the end of what was paid for is known.
    """
    (paid_ns,) = db.execute(
        "SELECT MAX(until_ns) FROM cohorts WHERE camera = ?", (camera,)
    ).fetchone()
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_name(camera),)).fetchone()
    if row is None:
        return None if paid_ns is None else Moment(Era(), int(paid_ns), Running("", 0))
    facts = json.loads(row[0])
    moment = Moment(
        Era(**facts["era"]),
        int(facts["ledger_ns"]),
        Running(**facts["running"]),
        int(facts["lag_ns"]),
        int(facts["ahead_ns"]),
    )
    return replace(moment, ledger_ns=max(moment.ledger_ns, paid_ns or 0))


def store_moment(db: sqlite3.Connection, camera: str, time: DeviceTime | None) -> None:
    """Write where ledger time stands, inside the transaction of a release; nothing in a replay."""
    if time is not None and time.moment is not None:
        db.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            (_name(camera), json.dumps(asdict(time.moment))),
        )


def has_eras(db: sqlite3.Connection, camera: str) -> bool:
    """Whether the clock of a live camera was ever set."""
    moment = read_moment(db, camera)
    return moment is not None and moment.era.number > 0


def released_in_another_era(db: sqlite3.Connection, key: str) -> Any:
    """Number, bytes and whether it was paid, of the newest release of the same event time."""
    return db.execute(
        "SELECT sequence, payload, affordable FROM releases WHERE key > ? AND key < ?"
        " ORDER BY sequence DESC LIMIT 1",
        (f"{key}|era ", f"{key}|era!"),
    ).fetchone()


def _name(camera: str) -> str:
    return f"time|{camera}"
