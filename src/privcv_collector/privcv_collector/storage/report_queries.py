# SPDX-License-Identifier: Apache-2.0
"""Reads reports back, page by page along the primary key: a page costs the same anywhere."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, case, func, literal, select, tuple_

from privcv_collector.refused import Refused
from privcv_collector.storage.tables import (
    FLOW,
    VISITS,
    VISITS_HIGH,
    VISITS_LOW,
    devices,
    dwell_reports,
    series,
    zone_reports,
)
from privcv_core.protocol.release import format_time, parse_time


@dataclass(frozen=True)
class Kind:
    """How one kind of report lies in the database."""

    table: Table
    start: str
    length: str
    single: tuple[str, ...]
    lists: dict[str, tuple[str, ...]]

    @property
    def values(self) -> tuple[str, ...]:
        """Columns that hold the values, in order."""
        return self.single + tuple(name for names in self.lists.values() for name in names)


ZONE = Kind(
    zone_reports,
    "window_start",
    "window_s",
    ("occupancy", "occupancy_low", "occupancy_high"),
    {"flow": FLOW},
)
DWELL = Kind(
    dwell_reports,
    "period_start",
    "period_s",
    (),
    {"visits": VISITS, "visits_low": VISITS_LOW, "visits_high": VISITS_HIGH},
)
_COMMON = ("confidence", "coverage", "epsilon", "delta", "unit", "mechanism")


@dataclass(frozen=True)
class Wanted:
    """Which reports to read."""

    sites: dict[int, str]
    camera: str | None = None
    zone: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False


Row4 = tuple[int, datetime, int, int]


def page(
    connection: Connection, kind: Kind, wanted: Wanted, limit: int, after: Row4 | None = None
) -> list[Row[Any]]:
    """At most ``limit`` rows after the key ``after``, ordered by site and then time.

    One query for each site: each is a range scan of the primary key, on every database.
    """
    keys = sorted(wanted.sites, reverse=wanted.newest_first)
    rows: list[Row[Any]] = []
    for site_pk in keys:
        if after is not None:
            if (site_pk > after[0]) if wanted.newest_first else (site_pk < after[0]):
                continue
            here = after if site_pk == after[0] else None
        else:
            here = None
        rows += connection.execute(_query(kind, wanted, site_pk, limit - len(rows), here))
        if len(rows) >= limit:
            break
    return rows


def pages(engine: Engine, kind: Kind, wanted: Wanted, size: int) -> Iterator[list[Row[Any]]]:
    """All rows, ``size`` at a time.

    No connection is held between two pages: whoever reads slowly keeps none from the others, and
    no snapshot alive. So reports that arrive meanwhile are in it where their place comes later.
    """
    after = None
    while True:
        with engine.connect() as connection:
            rows = page(connection, kind, wanted, size, after)
        if not rows:
            return
        yield rows
        after = key_of(kind, rows[-1])


def as_json(kind: Kind, wanted: Wanted, row: Row[Any]) -> dict[str, Any]:
    """A report as the device signed it, with its site."""
    cell = row._mapping
    return {
        "site": wanted.sites[cell["site_pk"]],
        "camera": cell["camera"],
        "zone": cell["zone"],
        kind.start: format_time(cell[kind.start]),
        kind.length: cell[kind.length],
        "status": cell["status"],
        "reason": cell["reason"],
        **{name: cell[name] for name in kind.single},
        **{name: [cell[part] for part in parts] for name, parts in kind.lists.items()},
        **{name: cell[name] for name in _COMMON},
    }


def csv_header(kind: Kind) -> list[str]:
    """Names of the columns of ``csv_row``."""
    front = ["site", "camera", "zone", kind.start, kind.length, "status", "reason"]
    return [*front, *kind.values, *_COMMON]


def csv_row(kind: Kind, wanted: Wanted, row: Row[Any]) -> list[Any]:
    """One line; the values of a suppressed report are empty, so that nobody sums zeros."""
    cell = row._mapping
    shown = cell["status"] == "published"
    return [
        wanted.sites[cell["site_pk"]],
        cell["camera"],
        cell["zone"],
        format_time(cell[kind.start]),
        cell[kind.length],
        cell["status"],
        cell["reason"],
        *(cell[name] if shown else "" for name in kind.values),
        *(cell[name] for name in _COMMON),
    ]


def key_of(kind: Kind, row: Row[Any]) -> Row4:
    """The primary key of a row."""
    cell = row._mapping
    return cell["site_pk"], cell[kind.start], cell["series_pk"], cell["release"]


def write_cursor(key: Row4) -> str:
    """A key as text for the next request."""
    content = json.dumps([key[0], format_time(key[1]), key[2], key[3]])
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Row4:
    """Inverse of ``write_cursor``; raises ``Refused``."""
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        site_pk, start, series_pk, release = json.loads(content)
        numbers = (site_pk, series_pk, release)
        if any(type(number) is not int or not 0 <= number < 2**31 for number in numbers[:2]):
            raise ValueError("not a key")
        if type(release) is not int or not 0 <= release < 2**53:
            raise ValueError("not a release")
        return site_pk, parse_time(start), series_pk, release
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise Refused(422, "invalid", "after: is not a cursor that this API gave") from error


def budgets(connection: Connection, sites: dict[int, str], day: datetime) -> list[dict[str, Any]]:
    """What each zone of each device spent on one day (UTC), by kind of report."""
    found = []
    for kind, label in ((ZONE, "zone"), (DWELL, "dwell")):
        table = kind.table
        start = table.c[kind.start]
        published = func.sum(case((table.c.status == "published", 1), else_=0))
        for site_pk, site in sites.items():
            query = (
                select(
                    devices.c.device,
                    series.c.camera,
                    series.c.zone,
                    func.sum(table.c.epsilon).label("epsilon"),
                    func.sum(table.c.delta).label("delta"),
                    published.label("published"),
                    func.count().label("reports"),
                )
                .join(series, series.c.pk == table.c.series_pk)
                .join(devices, devices.c.pk == series.c.device_pk)
                .where(table.c.site_pk == site_pk, start >= day, start < day + timedelta(days=1))
                .group_by(devices.c.device, series.c.camera, series.c.zone)
                .order_by(devices.c.device, series.c.camera, series.c.zone)
            )
            for row in connection.execute(query):
                found.append(
                    {
                        "site": site,
                        "device": row.device,
                        "camera": row.camera,
                        "zone": row.zone,
                        "kind": label,
                        "epsilon": row.epsilon,
                        "delta": row.delta,
                        "published": row.published,
                        "suppressed": row.reports - row.published,
                    }
                )
    return found


def _query(kind: Kind, wanted: Wanted, site_pk: int, limit: int, after: Row4 | None) -> Any:
    table = kind.table
    start = table.c[kind.start]
    key = (start, table.c.series_pk, table.c.release)
    query = (
        select(table, series.c.camera, series.c.zone)
        .join(series, series.c.pk == table.c.series_pk)
        .where(table.c.site_pk == site_pk)
    )
    if wanted.camera is not None:
        query = query.where(series.c.camera == wanted.camera)
    if wanted.zone is not None:
        query = query.where(series.c.zone == wanted.zone)
    if wanted.since is not None:
        query = query.where(start >= wanted.since)
    if wanted.until is not None:
        query = query.where(start < wanted.until)
    if after is not None:
        limits = tuple_(*key)
        bound = tuple_(
            *(literal(value, column.type) for value, column in zip(after[1:], key, strict=True))
        )
        query = query.where(limits < bound if wanted.newest_first else limits > bound)
    order: Sequence[Any] = (table.c.site_pk, *key)
    if wanted.newest_first:
        order = [column.desc() for column in order]
    return query.order_by(*order).limit(limit)
