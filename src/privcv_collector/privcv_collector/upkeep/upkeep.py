# SPDX-License-Identifier: Apache-2.0
"""What a collector does for its database between requests: partitions ahead, and retention."""

import asyncio
import logging
from datetime import datetime
from threading import Event

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from privcv_collector.clock import now_utc
from privcv_collector.devices.read_log import end_old_reads
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import one_line, writing
from privcv_collector.storage.partitions import add_months, lock_against_stores, missing_months
from privcv_collector.storage.tables import timed_tables
from privcv_collector.sums.ending import end_reports
from privcv_collector.upkeep.retention import expire

EVERY_S = 6 * 3600.0
_LOCK = 0x70726978  # any constant: one process makes partitions at a time
_log = logging.getLogger(__name__)


async def keep_up(engine: Engine, settings: CollectorSettings) -> None:
    """Look after the database now and every few hours, until cancelled.

    What fails is logged and tried again: reports are stored meanwhile, whatever their month.
    """
    ended = Event()
    try:
        while True:
            await asyncio.to_thread(look_after, engine, settings, now_utc(), ended)
            await asyncio.sleep(EVERY_S)
    finally:
        ended.set()


def look_after(
    engine: Engine, settings: CollectorSettings, now: datetime, ended: Event | None = None
) -> None:
    """Make the partitions of the next months, and end what the settings do not keep."""
    try:
        if engine.dialect.name == "postgresql":
            for table, time in timed_tables():
                _add_months(engine, table.name, time, now)
        with writing(engine).begin() as connection:
            end_old_reads(connection, now)
        end_reports(engine, now)
        if settings.keep_reports_d is not None:
            expire(engine, now, settings.keep_reports_d, ended)
    except SQLAlchemyError as error:
        _log.warning("upkeep of the database failed and comes again: %s", one_line(error))


def _add_months(engine: Engine, table: str, time: str, now: datetime) -> None:
    with writing(engine).begin() as connection:
        if not missing_months(connection, table, now):
            return
        mine = text("SELECT pg_try_advisory_xact_lock(:key)")
        if connection.execute(mine, {"key": _LOCK}).scalar():
            lock_against_stores(connection)
            add_months(connection, table, time, now)
