# SPDX-License-Identifier: Apache-2.0
"""Retention by age: reports end with their month, and whoever reads the audit sees it.

Months of which nothing is to be kept go as whole partitions on PostgreSQL, as chunks on
TimescaleDB, and row by row on SQLite. Which releases were stored is not forgotten, so that none is
stored again; of batches only what a device can still ask about is kept.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, exists, select, text, tuple_

from privcv_collector.devices.actions import RETENTION, record_action
from privcv_collector.storage.database import writing
from privcv_collector.storage.partitions import (
    is_hypertable,
    lock_against_stores,
    month_of,
    partitions,
)
from privcv_collector.storage.tables import batches, devices, sites, timed_tables
from privcv_core.protocol.timestamps import rfc3339_whole

_ROWS_AT_ONCE = 5_000
"""Rows in one transaction, so that devices need not wait long for it."""


def expire(engine: Engine, now: datetime, keep_d: float, ended: Event | None = None) -> None:
    """End the reports of months that were over ``keep_d`` days before ``now``, and old batches.

    Each table from which anything goes leaves a row in the audit, written in the same transaction.
    It leaves off where ``ended`` is set. Raises ``SQLAlchemyError``: what went before that is gone.
    """
    ended = ended or Event()
    cut = month_of(now - timedelta(days=keep_d))
    for table, time in timed_tables():
        note = _Note(f"{table.name} before {rfc3339_whole(cut)}")
        if engine.dialect.name == "postgresql":
            with writing(engine).begin() as connection:
                note.done(connection, _drop(connection, table.name, cut))
        of_site = (table.c.site_pk == sites.c.pk) & (table.c[time] < cut)
        for pk in _pks(engine, select(sites.c.pk).where(exists().where(of_site))):
            _delete(engine, note, ended, partial(_reports, table, time, pk, cut))
    note = _Note(f"batches before {rfc3339_whole(cut)}")
    oldest = (
        select(batches.c.received_at)
        .where(batches.c.device_pk == devices.c.pk)
        .order_by(batches.c.batch)
        .limit(1)
    )
    for pk in _pks(engine, select(devices.c.pk).where(oldest.scalar_subquery() < cut)):
        _delete(engine, note, ended, partial(_batches, pk, cut))


def _pks(engine: Engine, query: Any) -> list[int]:
    """Whose rows are old, found in one query for all: a probe of the primary key for each."""
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


class _Note:
    """The row in the audit for one table: once, with the first that goes."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._made = False

    def done(self, connection: Connection, number: int) -> None:
        if number and not self._made:
            record_action(connection, RETENTION, "reports.expired", self._target, ())
            self._made = True


def _drop(connection: Connection, table: str, cut: datetime) -> int:
    """Drop the partitions, or chunks, that end by ``cut``; how many held anything."""
    if is_hypertable(connection, table):
        chunks = text("SELECT drop_chunks(CAST(:table AS regclass), older_than => :cut)")
        return len(connection.execute(chunks, {"table": table, "cut": cut}).all())
    if not _over(connection, table, cut):
        return 0
    lock_against_stores(connection)
    # As readers do: the table first, and then what it refers to.
    connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
    over = _over(connection, table, cut)  # another process may have been quicker
    held = 0
    for name in over:
        held += int(connection.execute(text(f"SELECT EXISTS (SELECT FROM {name})")).scalar_one())
        connection.execute(text(f"DROP TABLE {name}"))
    return held


def _over(connection: Connection, table: str, cut: datetime) -> list[str]:
    return [part.name for part in partitions(connection, table) if part.end and part.end <= cut]


def _delete(engine: Engine, note: _Note, ended: Event, some: Callable[[Connection], int]) -> None:
    while not ended.is_set():
        with writing(engine).begin() as connection:
            number = some(connection)
            note.done(connection, number)
        if number < _ROWS_AT_ONCE:
            return


def _reports(table: Table, time: str, site_pk: int, cut: datetime, connection: Connection) -> int:
    """Delete some old rows of a site, of what lies in no month of its own; how many."""
    columns = list(table.primary_key.columns)
    old = select(*columns).where(table.c.site_pk == site_pk, table.c[time] < cut)
    some = tuple_(*columns).in_(old.limit(_ROWS_AT_ONCE))
    return connection.execute(delete(table).where(some)).rowcount


def _batches(device_pk: int, cut: datetime, connection: Connection) -> int:
    """Delete the oldest batches of a device as far as they are older than ``cut``; how many."""
    mine = batches.c.device_pk == device_pk
    oldest = select(batches.c.batch, batches.c.received_at).where(mine).order_by(batches.c.batch)
    last = 0
    number = 0
    for row in connection.execute(oldest.limit(_ROWS_AT_ONCE)):
        if row.received_at >= cut:
            break
        last, number = row.batch, number + 1
    if number:
        connection.execute(delete(batches).where(mine, batches.c.batch <= last))
    return number
