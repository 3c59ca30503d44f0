# SPDX-License-Identifier: Apache-2.0
"""Audit of readers: which token of which role read which site when, by hours.

Reads are counted in memory and written every few seconds, so that a reader waits for no write;
what a process counted in its last seconds goes with it where it is killed. Rows end by age, and the
oldest where there are too many.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from privcv_collector.clock import now_utc
from privcv_collector.devices.access import Access
from privcv_collector.storage.database import writing
from privcv_collector.storage.read_tables import reads
from privcv_core.protocol.timestamps import rfc3339_whole

KEPT = timedelta(days=400)
MOST_ROWS = 200_000
MOST_WAITING = 10_000
"""Rows that may wait in memory; beyond them reads count for the site ''."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class _Key(NamedTuple):
    hour: datetime
    actor_id: str
    actor: str
    role: str
    what: str
    site: str
    sites: tuple[str, ...]


class ReadLog:
    """Counts reads of one process, and writes them into the database that all share."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._waiting: Counter[_Key] = Counter()

    def note(self, access: Access, what: str, site: str | None) -> None:
        """``access`` read ``what``, a path, of ``site``; None: of all its sites. Never waits."""
        hour = now_utc().replace(minute=0, second=0, microsecond=0)
        known = site if site and _NAME.fullmatch(site) else ""
        if known and access.sites and known not in access.sites:
            return  # it was told of none
        mine = tuple(sorted(access.sites))
        key = _Key(hour, access.actor.id, access.actor.name, access.role, what[:64], known, mine)
        with self._lock:
            if key not in self._waiting and len(self._waiting) >= MOST_WAITING:
                key = key._replace(site="")
            self._waiting[key] += 1

    def write(self) -> None:
        """Write what waits. Raises ``SQLAlchemyError``, and then it waits on."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return
        try:
            with writing(self._engine).begin() as connection:
                for key in sorted(waiting):
                    _add(connection, key, waiting[key])
        except BaseException:
            with self._lock:
                self._waiting += waiting
            raise


def end_old_reads(connection: Connection, now: datetime) -> None:
    """Delete what is too old, and the oldest of what is too much."""
    connection.execute(delete(reads).where(reads.c.hour < now - KEPT))
    newest = select(reads.c.pk).order_by(reads.c.pk.desc()).offset(MOST_ROWS).limit(1)
    last = connection.execute(newest).scalar()
    if last is not None:
        connection.execute(delete(reads).where(reads.c.pk <= last))


def list_reads(
    connection: Connection, within: frozenset[str], limit: int, before: int | None
) -> list[dict[str, Any]]:
    """The newest reads of sites ``within`` (none: all); of others' sites nothing is told."""
    query = select(reads).order_by(reads.c.pk.desc())
    if before is not None:
        query = query.where(reads.c.pk < before)

    def rows() -> Iterator[dict[str, Any]]:
        for row in connection.execute(query.execution_options(yield_per=500)):
            of = {row.site} if row.site else set(row.sites)
            if within and of and not of & within:
                continue
            yield {
                "number": row.pk,
                "hour": rfc3339_whole(row.hour),
                "reader_id": row.actor_id,
                "reader": row.actor,
                "role": row.role,
                "what": row.what,
                "sites": sorted(of & within if within and of else of),
                "times": row.times,
            }

    return [row for _, row in zip(range(limit), rows(), strict=False)]


def _add(connection: Connection, key: _Key, times: int) -> None:
    column = reads.c
    mine = (
        (column.hour == key.hour)
        & (column.actor_id == key.actor_id)
        & (column.role == key.role)
        & (column.what == key.what)
        & (column.site == key.site)
    )
    more = update(reads).where(mine).values(times=column.times + times)
    if connection.execute(more).rowcount:
        return
    try:
        with connection.begin_nested():
            row = {**key._asdict(), "sites": list(key.sites), "times": times}
            connection.execute(insert(reads).values(row))
    except IntegrityError:  # another process made it at the same moment
        connection.execute(more)
