# SPDX-License-Identifier: Apache-2.0
"""Reads reports back, page by page along the primary key: a page costs the same anywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, literal, select, tuple_

from privcv_collector.storage.report_kinds import Kind
from privcv_collector.storage.tables import series


@dataclass(frozen=True)
class Wanted:
    """Which reports to read."""

    sites: dict[int, str]
    camera: str | None = None
    zone: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False


ReportKey = tuple[int, datetime, int, int]
"""Primary key of a report: site, start, series, release."""


def page(
    connection: Connection, kind: Kind, wanted: Wanted, limit: int, after: ReportKey | None = None
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


def key_of(kind: Kind, row: Row[Any]) -> ReportKey:
    """The primary key of a row."""
    cell = row._mapping
    return cell["site_pk"], cell[kind.start], cell["series_pk"], cell["release"]


def _query(kind: Kind, wanted: Wanted, site_pk: int, limit: int, after: ReportKey | None) -> Any:
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
