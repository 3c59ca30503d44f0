# SPDX-License-Identifier: Apache-2.0
"""Reads reports back, page by page along the primary key: a page costs the same anywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, literal, select, tuple_

from privcv_collector.queries.report_kinds import ReportKind
from privcv_collector.storage.tables import series


@dataclass(frozen=True)
class ReportFilter:
    """Which reports to read: ``sites`` by key and name, starts in [``since``, ``until``)."""

    sites: dict[int, str]
    camera: str | None = None
    zone: str | None = None
    statistic: str | None = None
    period: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False


ReportKey = tuple[int, datetime, tuple[int, ...]]
"""Primary key of a report: site, start, and ``ReportKind.key``: series, release, ..."""


def page(
    connection: Connection,
    kind: ReportKind,
    filters: ReportFilter,
    limit: int,
    after: ReportKey | None = None,
) -> list[Row[Any]]:
    """At most ``limit`` rows after the key ``after``, ordered by site and then time.

    One query for each site: each is a range scan of the primary key, on every database.
    """
    keys = sorted(filters.sites, reverse=filters.newest_first)
    rows: list[Row[Any]] = []
    for site_pk in keys:
        if after is not None:
            if (site_pk > after[0]) if filters.newest_first else (site_pk < after[0]):
                continue
            here = after if site_pk == after[0] else None
        else:
            here = None
        rows += connection.execute(_query(kind, filters, site_pk, limit - len(rows), here))
        if len(rows) >= limit:
            break
    return rows


def pages(
    engine: Engine, kind: ReportKind, filters: ReportFilter, size: int
) -> Iterator[list[Row[Any]]]:
    """All rows, ``size`` at a time.

    No connection is held between two pages: whoever reads slowly keeps none from the others, and
    no snapshot alive. So reports that arrive meanwhile are in it where their place comes later.
    """
    after = None
    while True:
        with engine.connect() as connection:
            rows = page(connection, kind, filters, size, after)
        if not rows:
            return
        yield rows
        after = key_of(kind, rows[-1])


def key_of(kind: ReportKind, row: Row[Any]) -> ReportKey:
    """The primary key of a row."""
    cell = row._mapping
    return cell["site_pk"], cell[kind.start], tuple(cell[name] for name in kind.key)


def _query(
    kind: ReportKind, filters: ReportFilter, site_pk: int, limit: int, after: ReportKey | None
) -> Any:
    table = kind.table
    start = table.c[kind.start]
    key = (start, *(table.c[name] for name in kind.key))
    query = (
        select(table, series.c.camera, series.c.zone)
        .join(series, series.c.pk == table.c.series_pk)
        .where(table.c.site_pk == site_pk)
    )
    if filters.camera is not None:
        query = query.where(series.c.camera == filters.camera)
    if filters.zone is not None:
        query = query.where(series.c.zone == filters.zone)
    for name, wanted in (("statistic", filters.statistic), ("period", filters.period)):
        if wanted is not None:
            query = query.where(table.c[name] == wanted)
    if filters.since is not None:
        query = query.where(start >= filters.since)
    if filters.until is not None:
        query = query.where(start < filters.until)
    if after is not None:
        limits = tuple_(*key)
        bound = tuple_(
            *(
                literal(value, column.type)
                for value, column in zip((after[1], *after[2]), key, strict=True)
            )
        )
        query = query.where(limits < bound if filters.newest_first else limits > bound)
    order: Sequence[Any] = (table.c.site_pk, *key)
    if filters.newest_first:
        order = [column.desc() for column in order]
    return query.order_by(*order).limit(limit)
