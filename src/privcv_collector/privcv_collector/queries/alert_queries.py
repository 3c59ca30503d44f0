# SPDX-License-Identifier: Apache-2.0
"""Rules, what changed, and channels, as they may be shown."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, func, select

from privcv_collector.devices.administration import covers
from privcv_collector.storage.alert_tables import (
    alert_channels,
    alert_deliveries,
    alert_events,
    alert_rules,
)
from privcv_core.protocol.timestamps import rfc3339_whole

EVENTS_OF_A_RULE = 10


def list_rules(
    connection: Connection, sites: dict[int, str], *, for_viewer: bool
) -> list[dict[str, Any]]:
    """Rules in force of ``sites``, those first that fire."""
    column = alert_rules.c
    query = select(alert_rules).where(column.site_pk.in_(sites), column.disabled_at.is_(None))
    rows = connection.execute(query.order_by(column.created_at, column.pk)).all()
    names = {} if for_viewer else _channel_names(connection)
    order = {"firing": 0, "waiting": 1, "quiet": 2}
    return [
        {
            "number": row.pk,
            "site": sites[row.site_pk],
            **{name: getattr(row, name) for name in (
                "camera", "place", "statistic", "kind", "certainty", "threshold", "clear",
                "wait_s", "title", "phase",
            )},
            "since": _time(row.since),
            "created_at": _time(row.created_at),
            "channels": None if for_viewer else [
                names[one] for one in row.channels if one in names
            ],
        }
        for row in sorted(rows, key=lambda row: order[row.phase])
    ]  # fmt: skip


def list_events(
    connection: Connection, rules: Collection[int], *, for_viewer: bool
) -> list[dict[str, Any]]:
    """The newest changes of each of ``rules``, newest first."""
    column = alert_events.c
    rank = func.row_number().over(partition_by=column.rule_pk, order_by=column.number.desc())
    ranked = select(alert_events, rank.label("rank")).where(column.rule_pk.in_(rules)).subquery()
    query = select(ranked).where(ranked.c.rank <= EVENTS_OF_A_RULE)
    rows = connection.execute(query.order_by(ranked.c.at.desc(), ranked.c.pk.desc())).all()
    told = {} if for_viewer else _deliveries(connection, [row.pk for row in rows])
    return [
        {
            "rule": row.rule_pk,
            "number": row.number,
            "at": _time(row.at),
            "change": row.change,
            "window_start": _time(row.start),
            "low": row.low,
            "high": row.high,
            "delivered": None if for_viewer else told[row.pk][0],
            "failed": None if for_viewer else told[row.pk][1],
        }
        for row in rows
    ]


def list_channels(connection: Connection, within: Collection[str]) -> list[dict[str, Any]]:
    """Channels in force of an administrator of the sites ``within`` (none: all)."""
    column = alert_channels.c
    query = select(alert_channels).where(column.disabled_at.is_(None))
    return [
        {
            "number": row.pk,
            "name": row.name,
            "kind": row.kind,
            "leads_to": _shown(row),
            "sites": row.sites,
            "created_at": _time(row.created_at),
        }
        for row in connection.execute(query.order_by(column.name, column.pk))
        if covers(within, row.sites)
    ]


def _shown(row: Row[Any]) -> str:
    """Where a channel leads, less what is a secret or somebody's name."""
    if row.kind == "webhook":
        return urlsplit(row.target["url"]).hostname or ""
    return str(row.target["topic"]) if row.kind == "mqtt" else f"{len(row.target['to'])}"


def _channel_names(connection: Connection) -> dict[int, str]:
    column = alert_channels.c
    query = select(column.pk, column.name).where(column.disabled_at.is_(None))
    return {row.pk: row.name for row in connection.execute(query)}


def _deliveries(connection: Connection, events: list[int]) -> dict[int, tuple[int, list[str]]]:
    found: dict[int, tuple[int, list[str]]] = defaultdict(lambda: (0, []))
    query = select(alert_deliveries).where(alert_deliveries.c.event_pk.in_(events))
    for row in connection.execute(query):
        delivered, failed = found[row.event_pk]
        if row.delivered_at is not None:
            found[row.event_pk] = (delivered + 1, failed)
        elif row.error:
            failed.append(row.error)
            found[row.event_pk] = (delivered, failed)
    return found


def _time(value: Any) -> str | None:
    return None if value is None else rfc3339_whole(value)
