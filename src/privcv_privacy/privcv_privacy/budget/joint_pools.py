# SPDX-License-Identifier: Apache-2.0
"""Joint pools: where somebody under one camera pays, when it counts on its own or for a floor.

A camera counts for itself, or together with others for a floor that has a name of its own. Either
way its people are the same, also after the site was changed, so what they paid under any of these
names counts.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from privcv_privacy.budget.device_time import Moment

Floors = Mapping[str, Collection[str]]
"""Floor -> every camera that ever counted for it."""

_NAME = "floor|"


def paid_together(name: str, floors: Floors) -> frozenset[str]:
    """Names under which people pay who pay under ``name``, a camera or a floor.

    Those of another camera of a floor that ``name`` is a camera of are not among them.
    """
    cameras = {name, *floors.get(name, ())}
    return frozenset(cameras | {floor for floor, under in floors.items() if cameras & set(under)})


def latest(moments: Iterable[Moment | None]) -> Moment | None:
    """Where ledger time stood last; None: nothing was released under any of the names."""
    known = [moment for moment in moments if moment is not None]
    return max(known, key=lambda moment: moment.ledger_ns, default=None)


def read_floors(db: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """The floors that a ledger knows of."""
    rows = db.execute("SELECT name, value FROM meta WHERE name GLOB ?", (f"{_NAME}*",))
    return {name.removeprefix(_NAME): frozenset(json.loads(value)) for name, value in rows}


def store_floor(db: sqlite3.Connection, floor: str, cameras: Collection[str]) -> None:
    """Write down which cameras have counted for a floor."""
    content = json.dumps(sorted(cameras))
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{_NAME}{floor}", content))
