# SPDX-License-Identifier: Apache-2.0
"""The audit of refusals: no flood fills it, and no flood of one kind hides another kind.

Each kind of error has a rate of its own. What exceeds it is counted on the next row of its kind,
except where it names an enrolled device: each of these has a small reserve for each kind. The
newest rows of each kind are kept; older ones become one row that says how many they were.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from privcv_collector.limits.rate import RateLimit
from privcv_collector.refused import Refused
from privcv_collector.storage.tables import devices, refusals

KIND_HZ, KIND_BURST = 5.0, 1000.0
DEVICE_HZ, DEVICE_BURST = 1 / 60, 20.0
MOST_ROWS = 20_000
"""Rows kept of each kind of error, of which there are some twenty."""

_ROWS_BETWEEN_TRIMS = 2_000


@dataclass(frozen=True)
class Refusal:
    """One row of the audit: who was refused what, and why."""

    at: datetime
    error: str
    message: str
    path: str
    device: str | None
    peer: str | None
    times: int = 1


class RefusalLog:
    """Appends refusals to the audit; used by one thread only."""

    def __init__(self) -> None:
        self._kinds = RateLimit(KIND_HZ, KIND_BURST)
        self._devices = RateLimit(DEVICE_HZ, DEVICE_BURST)
        self._uncounted: Counter[str] = Counter()
        self._untrimmed = _ROWS_BETWEEN_TRIMS  # what is there at start was counted by nobody

    def append(self, connection: Connection, refused: Sequence[Refusal]) -> None:
        """Append ``refused``, as far as their rates allow, inside the caller's transaction."""
        beyond = {id(item) for item in refused if self._kinds.wait_s(item.error) > 0}
        reserved = _enrolled(connection, [item for item in refused if id(item) in beyond])
        kept = []
        for item in refused:
            if id(item) in beyond and not (
                item.device in reserved and self._devices.wait_s(f"{item.error}:{item.device}") == 0
            ):
                self._uncounted[item.error] += 1
                continue
            kept.append({**vars(item), "times": item.times + self._uncounted.pop(item.error, 0)})
        if not kept:
            return
        connection.execute(insert(refusals), kept)
        self._untrimmed += len(kept)
        if self._untrimmed >= _ROWS_BETWEEN_TRIMS:
            self._untrimmed = 0
            trim(connection, MOST_ROWS)


def refusal(refused: Refused, at: datetime, path: str, peer: str | None) -> Refusal:
    """The audit's row of a refused request."""
    message = refused.message.encode("ascii", "replace").decode()
    return Refusal(
        at,
        refused.error,
        _printable(message)[:256],
        _printable(path)[:64],
        refused.device,
        None if peer is None else _printable(peer),
    )


def trim(connection: Connection, most: int) -> None:
    """Keep the newest ``most`` rows of each kind; one more row counts those that are gone."""
    columns = refusals.c
    kinds = select(columns.error).group_by(columns.error).having(func.count() > most)
    for error in connection.execute(kinds).scalars().all():
        of_kind = columns.error == error
        newest = select(columns.pk).where(of_kind).order_by(columns.pk.desc())
        last = connection.execute(newest.offset(most).limit(1)).scalar_one()
        old = delete(refusals).where(of_kind, columns.pk <= last)
        gone = connection.execute(old.returning(columns.at, columns.times)).all()
        if not gone:
            continue  # another process removed them meanwhile
        row = {
            "at": max(at for at, _ in gone),
            "error": error,
            "message": "older refusals of this kind, of which only the count was kept",
            "path": "",
            "times": sum(times for _, times in gone),
        }
        connection.execute(insert(refusals).values(row))


def _enrolled(connection: Connection, refused: Sequence[Refusal]) -> set[str]:
    named = {item.device for item in refused if item.device is not None}
    if not named:
        return set()
    query = select(devices.c.device).where(devices.c.device.in_(named))
    return set(connection.execute(query).scalars())


def _printable(words: str) -> str:
    """Without the characters that PostgreSQL refuses (NUL) or that play tricks on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in words)
