# SPDX-License-Identifier: Apache-2.0
"""Hours, days and weeks as devices made them: nothing is added up or averaged here.

Of a period that a device told several times, such as a day's footfall so far, the longest counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from privcv_collector.storage.tables import series, statistic_reports


@dataclass(frozen=True)
class PeriodFilter:
    """Which periods of one site to read; an empty tuple is no limit. Starts in [since, until)."""

    site_pk: int
    unit: str
    camera: str | None = None
    places: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def page(
    connection: Connection, filters: PeriodFilter, since: datetime | None, limit: int
) -> tuple[list[Row[Any]], datetime | None]:
    """Rows from ``since`` on, by start, and the start at which to go on; None after the last.

    All rows of one start are on one page, so that it may be longer than ``limit``.
    """
    rows = list(connection.execute(_query(filters, since).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    last = rows[-1].start
    if rows[0].start == last:
        rows = list(connection.execute(_query(filters, since, only=last)))
        after = connection.execute(_query(filters, since, beyond=last).limit(1)).first()
        return rows, None if after is None else after.start
    return [row for row in rows if row.start < last], last


def pages(engine: Engine, filters: PeriodFilter, size: int) -> Iterator[list[Row[Any]]]:
    """All rows, about ``size`` at a time; no connection is held between two pages."""
    since = filters.since
    while True:
        with engine.connect() as connection:
            rows, following = page(connection, filters, since, size)
        if rows:
            yield rows
        if following is None:
            return
        since = following


def _query(
    filters: PeriodFilter,
    since: datetime | None,
    only: datetime | None = None,
    beyond: datetime | None = None,
) -> Any:
    table = statistic_reports.c
    rank = func.row_number().over(
        partition_by=(table.start, table.series_pk, table.statistic),
        order_by=(table.length_s.desc(), table.release.desc(), table.item.desc()),
    )
    query = (
        select(
            statistic_reports, series.c.device_pk, series.c.camera, series.c.zone,
            rank.label("rank"),
        )
        .join(series, series.c.pk == table.series_pk)
        .where(table.site_pk == filters.site_pk, table.period == filters.unit)
    )  # fmt: skip
    if filters.camera is not None:
        query = query.where(series.c.camera == filters.camera)
    if filters.places:
        query = query.where(series.c.zone.in_(filters.places))
    if filters.statistics:
        query = query.where(table.statistic.in_(filters.statistics))
    if since is not None:
        query = query.where(table.start >= since)
    if filters.until is not None:
        query = query.where(table.start < filters.until)
    if only is not None:
        query = query.where(table.start == only)
    if beyond is not None:
        query = query.where(table.start > beyond)
    ranked = query.subquery()
    return (
        select(ranked)
        .where(ranked.c.rank == 1)
        .order_by(ranked.c.start, ranked.c.series_pk, ranked.c.statistic)
    )
