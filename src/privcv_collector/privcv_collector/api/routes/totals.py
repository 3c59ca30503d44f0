# SPDX-License-Identifier: Apache-2.0
"""What people and their programs read: totals of zones and dwell times, page by page or as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from privcv_collector.api.authorize import allow
from privcv_collector.api.cursor import read_cursor, write_cursor
from privcv_collector.api.error_schema import errors
from privcv_collector.api.parameters import Limit, Name
from privcv_collector.api.parquet import RESPONSES as PARQUET
from privcv_collector.api.parquet import parquet_answer
from privcv_collector.api.report_format import as_json, csv_header, csv_row, csv_text
from privcv_collector.api.requests import Database
from privcv_collector.api.schemas import DwellPage, TotalsPage
from privcv_collector.api.site_schemas import Statistic, StatisticsPage
from privcv_collector.devices.access import Access
from privcv_collector.queries import report_queries
from privcv_collector.queries.report_kinds import DWELL, STATISTIC, ZONE, ReportKind
from privcv_collector.queries.report_queries import ReportFilter
from privcv_core.protocol.release import ReportTime

router = APIRouter(prefix="/v1", tags=["totals"], responses=errors(401, 403, 422, 429, 503))
_CSV_PAGE = 5000

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]


class FilterQuery:
    """Query parameters that select reports: site, camera, zone and a range of time."""

    def __init__(
        self,
        site: Name = None,
        camera: Name = None,
        zone: Name = None,
        since: Annotated[ReportTime | None, Query(description="Start at or after.")] = None,
        until: Annotated[ReportTime | None, Query(description="Start before.")] = None,
        newest_first: bool = False,
    ) -> None:
        self._site = site
        self._rest = (camera, zone, since, until, newest_first)

    def within(self, connection: Connection, access: Access) -> ReportFilter:
        """The filter, with the keys of the sites that the reader may see."""
        camera, zone, since, until, newest_first = self._rest
        keys = access.site_keys(connection, self._site)
        return ReportFilter(keys, camera, zone, since=since, until=until, newest_first=newest_first)


Filtered = Annotated[FilterQuery, Depends()]


@dataclass(frozen=True)
class Selection:
    """What a request selects, and what answers it: the bearer's access and the database."""

    access: Viewer
    engine: Database
    query: Filtered


@dataclass(frozen=True)
class PageRequest(Selection):
    """A selection of which one page is wanted: at most ``limit`` reports after a cursor."""

    limit: Limit = 1000
    after: Annotated[str | None, Query(max_length=256)] = None


class StatisticQuery(FilterQuery):
    """Query parameters that select reports of statistics: those of others, statistic, period."""

    def __init__(
        self,
        others: Filtered,
        statistic: Annotated[Statistic | None, Query(description="Only this one.")] = None,
        period: Literal["window", "hour", "day", "week"] | None = None,
    ) -> None:
        self._others = others
        self._statistic, self._period = statistic, period

    def within(self, connection: Connection, access: Access) -> ReportFilter:
        """The filter, with the keys of the sites that the reader may see."""
        found = self._others.within(connection, access)
        return replace(found, statistic=self._statistic, period=self._period)


@dataclass(frozen=True)
class StatisticSelection(Selection):
    """A selection of statistics."""

    query: Annotated[StatisticQuery, Depends()]


@dataclass(frozen=True)
class StatisticPageRequest(PageRequest):
    """A selection of statistics of which one page is wanted."""

    query: Annotated[StatisticQuery, Depends()]


@router.get("/totals", response_model=TotalsPage, summary="Totals of zones")
def get_totals(request: Annotated[PageRequest, Depends()]) -> Any:
    """Ordered by site, then time. Follow ``next`` with ``after`` for more."""
    return _page("totals", ZONE, request)


@router.get("/dwell", response_model=DwellPage, summary="How long people stayed")
def get_dwell(request: Annotated[PageRequest, Depends()]) -> Any:
    """Ordered by site, then time. Follow ``next`` with ``after`` for more."""
    return _page("dwell", DWELL, request)


@router.get("/statistics", response_model=StatisticsPage, summary="Presence, entries, footfall")
def get_statistics(request: Annotated[StatisticPageRequest, Depends()]) -> Any:
    """As devices signed them, ordered by site, then time; 'zone' is a zone or a line.

    Presence and queue count thousandths of a person. Follow ``next`` with ``after`` for more.
    """
    return _page("statistics", STATISTIC, request)


_csv: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


@router.get(
    "/totals.csv",
    response_class=StreamingResponse,
    responses=_csv,
    summary="Totals of zones as CSV",
)
def get_totals_csv(selection: Annotated[Selection, Depends()]) -> StreamingResponse:
    """Every row that matches; the values of suppressed reports are empty."""
    return _export("totals", ZONE, selection)


@router.get(
    "/dwell.csv",
    response_class=StreamingResponse,
    responses=_csv,
    summary="How long people stayed as CSV",
)
def get_dwell_csv(selection: Annotated[Selection, Depends()]) -> StreamingResponse:
    """Every row that matches; the values of suppressed reports are empty."""
    return _export("dwell", DWELL, selection)


@router.get(
    "/statistics.csv",
    response_class=StreamingResponse,
    responses=_csv,
    summary="Presence, entries, footfall as CSV",
)
def get_statistics_csv(
    selection: Annotated[StatisticSelection, Depends()],
) -> StreamingResponse:
    """Every row that matches; the values of suppressed reports are empty."""
    return _export("statistics", STATISTIC, selection)


@router.get(
    "/totals.parquet",
    response_class=StreamingResponse,
    responses={**PARQUET, **errors(501)},
    summary="Totals of zones as Parquet",
)
def get_totals_parquet(selection: Annotated[Selection, Depends()]) -> StreamingResponse:
    """As CSV has it, with times in UTC; 501 where pyarrow is not installed."""
    return _parquet("totals", ZONE, selection)


@router.get(
    "/dwell.parquet",
    response_class=StreamingResponse,
    responses={**PARQUET, **errors(501)},
    summary="How long people stayed as Parquet",
)
def get_dwell_parquet(selection: Annotated[Selection, Depends()]) -> StreamingResponse:
    """As CSV has it, with times in UTC; 501 where pyarrow is not installed."""
    return _parquet("dwell", DWELL, selection)


def _page(label: str, kind: ReportKind, request: PageRequest) -> dict[str, Any]:
    start = None if request.after is None else read_cursor(request.after, len(kind.key))
    with request.engine.connect() as connection:
        filters = request.query.within(connection, request.access)
        rows = report_queries.page(connection, kind, filters, request.limit, start)
    full = len(rows) == request.limit
    more = write_cursor(report_queries.key_of(kind, rows[-1])) if full else None
    return {label: [as_json(kind, filters, row) for row in rows], "next": more}


def _parquet(label: str, kind: ReportKind, selection: Selection) -> StreamingResponse:
    with selection.engine.connect() as connection:
        filters = selection.query.within(connection, selection.access)
    pages = (
        [csv_row(kind, filters, row) for row in rows]
        for rows in report_queries.pages(selection.engine, kind, filters, _CSV_PAGE)
    )
    return parquet_answer(label, csv_header(kind), pages)


def _export(label: str, kind: ReportKind, selection: Selection) -> StreamingResponse:
    with selection.engine.connect() as connection:
        filters = selection.query.within(connection, selection.access)

    def lines() -> Iterator[str]:
        yield csv_text([csv_header(kind)])
        for rows in report_queries.pages(selection.engine, kind, filters, _CSV_PAGE):
            yield csv_text([csv_row(kind, filters, row) for row in rows])

    headers = {"Content-Disposition": f'attachment; filename="{label}.csv"'}
    return StreamingResponse(lines(), media_type="text/csv", headers=headers)
