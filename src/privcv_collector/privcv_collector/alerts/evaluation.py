# SPDX-License-Identifier: Apache-2.0
"""Rules over what was released: each change is one row, however many processes look.

Who evaluates a rule locks its row, reads the windows after the last one that it judged, and writes
where it stands, what changed and who is to be told in one transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, literal, select, update
from sqlalchemy.exc import SQLAlchemyError

from privcv_collector.alerts.rule import Change, Rule, Status, Window, step, step_silence
from privcv_collector.queries.report_states import STATES
from privcv_collector.queries.site_queries import newest_records
from privcv_collector.storage.alert_tables import alert_deliveries, alert_events, alert_rules
from privcv_collector.storage.database import one_line, writing
from privcv_collector.storage.tables import devices, series, statistic_reports, zone_reports

LOOK_BACK = timedelta(hours=2)
"""Windows that began before are history: what an outage kept back alarms nobody later."""

KEPT_EVENTS = 200
"""Changes kept of a rule."""

THOUSANDTHS = 1000.0
_log = logging.getLogger(__name__)


def evaluate(engine: Engine, now: datetime) -> int:
    """Evaluate all rules that are in force; how many changes there were. Never raises."""
    changes = 0
    try:
        with engine.connect() as connection:
            active = select(alert_rules).where(alert_rules.c.disabled_at.is_(None))
            rules = connection.execute(active.order_by(alert_rules.c.pk)).all()
            due = [row.pk for row in rules if _is_due(connection, row, now)]
        for pk in due:
            with writing(engine).begin() as connection:
                changes += _evaluate(connection, pk, now)
    except SQLAlchemyError as error:
        _log.warning("alerts: the database failed, they are looked at again: %s", one_line(error))
    return changes


def rule_of(row: Row[Any]) -> Rule:
    """The rule of a row of ``alert_rules``."""
    return Rule(row.kind, row.wait_s, row.threshold, row.clear, row.certainty)


def windows_after(
    connection: Connection, row: Any, after: datetime, limit: int = 10_000
) -> list[Row[Any]]:
    """Windows that begin at ``after`` or later, oldest first, as stored: not in people.

    ``row`` names whose: ``site_pk``, ``camera``, ``place``, ``statistic``.
    """
    if row.statistic == "visitors":
        table, start = zone_reports, zone_reports.c.window_start
        columns = [
            zone_reports.c.window_s.label("length_s"),
            zone_reports.c.occupancy.label("value"),
            zone_reports.c.occupancy_low.label("low"),
            zone_reports.c.occupancy_high.label("high"),
            literal(1.0).label("unit_of"),
        ]
    else:
        table, start = statistic_reports, statistic_reports.c.start
        columns = [table.c[name].label(name) for name in ("length_s", "value", "low", "high")]
        columns.append(literal(THOUSANDTHS).label("unit_of"))
    query = (
        select(
            start.label("start"), *columns, table.c.reason, table.c.status, table.c.confidence,
            table.c.mechanism,
        )
        .join(series, series.c.pk == table.c.series_pk)
        .join(devices, devices.c.pk == series.c.device_pk)
        .where(
            table.c.site_pk == row.site_pk,
            start >= after,
            series.c.camera == row.camera,
            series.c.zone == row.place,
            devices.c.revoked_at.is_(None),
        )
        .order_by(start.desc())
        .limit(limit)
    )  # fmt: skip
    if table is statistic_reports:
        query = query.where(table.c.statistic == row.statistic, table.c.period == "window")
    return list(reversed(connection.execute(query).all()))


def as_window(row: Row[Any]) -> Window:
    """A row of ``windows_after`` in people."""
    if row.status != "published":
        return Window(row.start, row.length_s, STATES[row.reason])
    value, low, high = (one / row.unit_of for one in (row.value, row.low, row.high))
    return Window(row.start, row.length_s, "published", value, low, high)


def _is_due(connection: Connection, row: Row[Any], now: datetime) -> bool:
    if row.kind == "no_data":
        return _silence(connection, row, now)[1] is not None
    return bool(windows_after(connection, row, _from(row, now), 1))


def _from(row: Row[Any], now: datetime) -> datetime:
    """Where the next window begins at the earliest."""
    begins: list[datetime] = [
        row.created_at,
        now - LOOK_BACK,
        *([row.until] if row.until is not None else []),
    ]
    return max(begins)


def _evaluate(connection: Connection, pk: int, now: datetime) -> int:
    """Judge what is new; how many changes there were."""
    query = select(alert_rules).where(alert_rules.c.pk == pk).with_for_update()
    row = connection.execute(query).one()
    if row.disabled_at is not None:
        return 0
    status = Status(row.phase, row.since, row.until)
    told: list[tuple[Change, Window | None]] = []
    if row.kind == "no_data":
        status, change = _silence(connection, row, now)
        told = [(change, None)] if change else []
    else:
        k = _fewest(connection, row)
        for window in map(as_window, windows_after(connection, row, _from(row, now))):
            if status.until is not None and window.start < status.until:
                continue  # of another device, or of settings that changed: it overlaps
            status, change = step(rule_of(row), status, window, k)
            if change:
                told.append((change, window))
    for number, (what, where) in enumerate(told, start=row.events + 1):
        _note(connection, row, number, now, what, where)
    connection.execute(
        update(alert_rules)
        .where(alert_rules.c.pk == pk)
        .values(
            phase=status.phase,
            since=status.since,
            until=status.until,
            events=row.events + len(told),
        )
    )
    return len(told)


def _silence(connection: Connection, row: Row[Any], now: datetime) -> tuple[Status, Change | None]:
    found = windows_after(connection, row, now - timedelta(seconds=row.wait_s) - LOOK_BACK, 500)
    ends = [as_window(one).end for one in found if STATES[one.reason] != "not_observed"]
    newest = max([row.created_at, *ends, *([row.until] if row.until is not None else [])])
    return step_silence(rule_of(row), Status(row.phase, row.since, row.until), newest, now)


def _fewest(connection: Connection, row: Row[Any]) -> int:
    """k of the site, by its records; without one a suppressed window says nothing."""
    records = newest_records(connection, {row.site_pk: ""})
    return max((kept.record.k for kept in records), default=2**31)


def _note(
    connection: Connection,
    row: Row[Any],
    number: int,
    now: datetime,
    change: Change,
    window: Window | None,
) -> None:
    """Write a change down, and whom to tell."""
    new = insert(alert_events).values(
        rule_pk=row.pk,
        number=number,
        at=now,
        change=change,
        start=window.start if window else None,
        length_s=window.length_s if window else None,
        low=window.low if window else None,
        high=window.high if window else None,
    )
    event_pk = connection.execute(new.returning(alert_events.c.pk)).scalar_one()
    rows = [
        {"event_pk": event_pk, "channel_pk": pk, "attempts": 0, "next_at": now, "error": ""}
        for pk in row.channels
    ]
    if rows:
        connection.execute(insert(alert_deliveries), rows)
    if number > KEPT_EVENTS:
        _forget(connection, row.pk, number - KEPT_EVENTS)


def _forget(connection: Connection, rule_pk: int, through: int) -> None:
    mine = (alert_events.c.rule_pk == rule_pk) & (alert_events.c.number <= through)
    old: Sequence[int] = connection.execute(select(alert_events.c.pk).where(mine)).scalars().all()
    deliveries = alert_deliveries.c.event_pk
    connection.execute(delete(alert_deliveries).where(deliveries.in_(old)))
    connection.execute(delete(alert_events).where(alert_events.c.pk.in_(old)))


def events_count(connection: Connection, rule_pk: int) -> int:
    """How many changes of a rule are kept."""
    mine = select(func.count()).where(alert_events.c.rule_pk == rule_pk)
    return int(connection.execute(mine).scalar_one())
