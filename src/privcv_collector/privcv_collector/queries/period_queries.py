# SPDX-License-Identifier: Apache-2.0
"""Hours, days and weeks as devices made them: nothing is added up or averaged here.

Of a period that a device told several times, such as a day's footfall so far, the longest counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, func, select

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


class Period(NamedTuple):
    """What a device told of one statistic of one place for one period, and where that is kept."""

    start: datetime
    series_pk: int
    statistic: str
    length_s: int
    status: str
    reason: str
    value: int
    low: int
    high: int
    area_m2: float
    confidence: float
    coverage: float
    epsilon: float
    unit: str
    mechanism: str
    device_pk: int
    camera: str
    zone: str


_OF_SERIES = ("device_pk", "camera", "zone")


def page(
    connection: Connection, filters: PeriodFilter, since: datetime | None, limit: int
) -> tuple[list[Period], datetime | None]:
    """Rows from ``since`` on, by start, and the start at which to go on; None after the last.

    All rows of one start are on one page, so that it may be longer than ``limit``.
    """
    rows = _read(connection, _query(filters, since).limit(limit + 1))
    if len(rows) <= limit:
        return _longest(rows), None
    last = rows[-1].start
    if rows[0].start == last:
        rows = _read(connection, _query(filters, since, only=last))
        after = _read(connection, _query(filters, since, beyond=last).limit(1))
        return _longest(rows), after[0].start if after else None
    return _longest([row for row in rows if row.start < last]), last


def pages(engine: Engine, filters: PeriodFilter, size: int) -> Iterator[list[Period]]:
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


def _read(connection: Connection, query: Any) -> list[Period]:
    """As tuples: a row of a database gives a value by its name ten times as slowly."""
    return [Period._make(row) for row in connection.execute(query)]


def _longest(rows: list[Period]) -> list[Period]:
    """The first of those that tell the same period: they come by length, the longest first."""
    found = {(row.start, row.series_pk, row.statistic): row for row in reversed(rows)}
    return rows if len(found) == len(rows) else [*reversed(found.values())]


def _query(
    filters: PeriodFilter,
    since: datetime | None,
    only: datetime | None = None,
    beyond: datetime | None = None,
) -> Any:
    table = statistic_reports.c
    columns = [
        (series if name in _OF_SERIES else statistic_reports).c[name] for name in Period._fields
    ]
    last = (table.length_s.desc(), table.release.desc(), table.item.desc())
    query = (
        select(*columns)
        .join(series, series.c.pk == table.series_pk)
        .where(table.site_pk == filters.site_pk, table.period == filters.unit)
    )
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
    if filters.unit == "hour":  # told once, as a rule: to rank a year of them takes twice as long
        return query.order_by(table.start, table.series_pk, table.statistic, *last)
    apart = (table.start, table.series_pk, table.statistic)
    rank = func.row_number().over(partition_by=apart, order_by=last).label("rank")
    ranked = query.add_columns(rank).subquery()
    return (
        select(*(ranked.c[name] for name in Period._fields))
        .where(ranked.c.rank == 1)
        .order_by(ranked.c.start, ranked.c.series_pk, ranked.c.statistic)
    )
