# SPDX-License-Identifier: Apache-2.0
"""Tells channels what changed: by one process at a time, a bounded number of times.

A process claims what is due by putting its next time off; if it dies meanwhile another sends it
then. So a channel is told at least once, and by the message's ``id`` knows what it had already.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import SQLAlchemyError

from privcv_collector.alerts.channels import Channel, send
from privcv_collector.alerts.message import Message, message_of
from privcv_collector.alerts.settings import AlertSettings
from privcv_collector.errors import CollectorError
from privcv_collector.storage.alert_tables import (
    alert_channels,
    alert_deliveries,
    alert_events,
    alert_rules,
)
from privcv_collector.storage.database import one_line, writing
from privcv_collector.storage.tables import sites

MOST_ATTEMPTS = 8
FIRST_S, LEASE_S = 30.0, 120.0
AT_ONCE = 20
_log = logging.getLogger(__name__)

Send = Callable[[AlertSettings, Channel, Message, int], None]


@dataclass(frozen=True)
class _Due:
    event_pk: int
    channel_pk: int
    attempts: int
    channel: Channel
    message: Message


def deliver(engine: Engine, settings: AlertSettings, now: datetime, send: Send = send) -> int:
    """Send what is due; how much arrived. Never raises."""
    arrived = 0
    try:
        with writing(engine).begin() as connection:
            due = _claim(connection, now)
        for one in due:
            error = _sent(settings, one, now, send)
            with writing(engine).begin() as connection:
                _record(connection, one, now, error)
            arrived += not error
    except SQLAlchemyError as error:
        _log.warning("alerts: the database failed, they are sent again: %s", one_line(error))
    return arrived


def _claim(connection: Connection, now: datetime) -> list[_Due]:
    column = alert_deliveries.c
    query = (
        select(alert_deliveries)
        .where(column.next_at <= now)
        .order_by(column.next_at, column.event_pk, column.channel_pk)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(query).all()
    for row in rows:
        _set(
            connection,
            row.event_pk,
            row.channel_pk,
            attempts=row.attempts + 1,
            next_at=now + timedelta(seconds=LEASE_S),
        )
    return [_due(connection, row) for row in rows]


def _due(connection: Connection, row: Any) -> _Due:
    event = connection.execute(select(alert_events).where(alert_events.c.pk == row.event_pk)).one()
    rule = connection.execute(select(alert_rules).where(alert_rules.c.pk == event.rule_pk)).one()
    channel = connection.execute(
        select(alert_channels).where(alert_channels.c.pk == row.channel_pk)
    ).one()
    site = connection.execute(select(sites.c.name).where(sites.c.pk == rule.site_pk)).scalar_one()
    target = {} if channel.disabled_at is not None else channel.target
    return _Due(
        row.event_pk,
        row.channel_pk,
        row.attempts + 1,
        Channel(channel.kind, target, channel.secret),
        message_of(rule, event, site),
    )


def _sent(settings: AlertSettings, due: _Due, now: datetime, send: Send) -> str:
    """'' where it arrived, else why not."""
    if not due.channel.target:
        return "the channel is disabled"
    try:
        send(settings, due.channel, due.message, int(now.timestamp()))
    except CollectorError as error:
        return str(error)[:128] or "failed"
    except Exception as error:  # a defect of a channel must not keep others from being told
        _log.exception("alerts: a channel failed")
        return f"defect: {type(error).__name__}"
    return ""


def _record(connection: Connection, due: _Due, now: datetime, error: str) -> None:
    over = not error or due.attempts >= MOST_ATTEMPTS or not due.channel.target
    again = now + timedelta(seconds=FIRST_S * 2 ** (due.attempts - 1))
    _set(
        connection,
        due.event_pk,
        due.channel_pk,
        next_at=None if over else again,
        delivered_at=None if error else now,
        error=error,
    )


def _set(connection: Connection, event_pk: int, channel_pk: int, **values: Any) -> None:
    column = alert_deliveries.c
    mine = (column.event_pk == event_pk) & (column.channel_pk == channel_pk)
    connection.execute(update(alert_deliveries).where(mine).values(**values))
