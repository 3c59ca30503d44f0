# SPDX-License-Identifier: Apache-2.0
"""What people and their programs read: totals, dwell, budgets, checkpoints, refusals, devices."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from privcv_collector.api.access import Access, allow
from privcv_collector.api.answers import ErrorAnswer
from privcv_collector.api.schemas import (
    BudgetsAnswer,
    CheckpointsPage,
    DevicesAnswer,
    DwellPage,
    RefusalsPage,
    TotalsPage,
)
from privcv_collector.collector import Collector
from privcv_collector.storage import report_queries
from privcv_collector.storage.administration import now_utc
from privcv_collector.storage.audit_queries import (
    checkpoint_pages,
    list_checkpoints,
    list_devices,
    list_refusals,
)
from privcv_collector.storage.report_queries import DWELL, ZONE, Kind, Wanted
from privcv_core.protocol.release import FIRST_YEAR, LAST_YEAR, ReportTime

_errors: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer} for status in (401, 403, 422, 429, 503)
}
router = APIRouter(prefix="/v1", responses=_errors)
_CSV_PAGE = 5000
_CHECKPOINTS_PAGE = 500

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]
Auditor = Annotated[Access, Depends(allow("auditor"))]
Overseer = Annotated[Access, Depends(allow("auditor", "admin"))]
Name = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]*$")]
Day = Annotated[date | None, Query(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Limit = Annotated[int, Query(ge=1, le=10_000)]
DeviceId = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$")]
Before = Annotated[int | None, Query(ge=1, lt=2**62, description="The last row's number.")]


async def _engine(request: Request) -> Any:
    collector: Collector = request.app.state.collector
    return collector.engine


Database = Annotated[Any, Depends(_engine)]


class Filter:
    """The query of a reader."""

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

    def wanted(self, connection: Any, access: Access) -> Wanted:
        """With the sites that the reader may see."""
        return Wanted(access.site_keys(connection, self._site), *self._rest)


Filtered = Annotated[Filter, Depends()]


@router.get("/totals", response_model=TotalsPage, tags=["totals"], summary="Totals of zones")
def get_totals(
    access: Viewer,
    engine: Database,
    query: Filtered,
    limit: Limit = 1000,
    after: Annotated[str | None, Query(max_length=256)] = None,
) -> Any:
    """Ordered by site, then time. Follow ``next`` with ``after`` for more."""
    return _page("totals", ZONE, access, engine, query, limit, after)


@router.get("/dwell", response_model=DwellPage, tags=["totals"], summary="How long people stayed")
def get_dwell(
    access: Viewer,
    engine: Database,
    query: Filtered,
    limit: Limit = 1000,
    after: Annotated[str | None, Query(max_length=256)] = None,
) -> Any:
    """Ordered by site, then time. Follow ``next`` with ``after`` for more."""
    return _page("dwell", DWELL, access, engine, query, limit, after)


_csv: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


@router.get(
    "/totals.csv",
    response_class=StreamingResponse,
    responses=_csv,
    tags=["totals"],
    summary="Totals of zones as CSV",
)
def get_totals_csv(access: Viewer, engine: Database, query: Filtered) -> StreamingResponse:
    """Every row that matches; the values of suppressed reports are empty."""
    return _export("totals", ZONE, access, engine, query)


@router.get(
    "/dwell.csv",
    response_class=StreamingResponse,
    responses=_csv,
    tags=["totals"],
    summary="How long people stayed as CSV",
)
def get_dwell_csv(access: Viewer, engine: Database, query: Filtered) -> StreamingResponse:
    """Every row that matches; the values of suppressed reports are empty."""
    return _export("dwell", DWELL, access, engine, query)


@router.get("/budgets", response_model=BudgetsAnswer, tags=["audit"], summary="Privacy spent")
def get_budgets(access: Auditor, engine: Database, site: Name = None, day: Day = None) -> Any:
    """Epsilon and delta that the reports of one day (UTC; default today) say they spent."""
    day = day or now_utc().date()
    start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    with engine.connect() as connection:
        found = report_queries.budgets(connection, access.site_keys(connection, site), start)
    return {"day": day, "budgets": found}


@router.get(
    "/checkpoints", response_model=CheckpointsPage, tags=["audit"], summary="Audit checkpoints"
)
def get_checkpoints(
    access: Auditor,
    engine: Database,
    site: Name = None,
    device: Name = None,
    limit: Limit = 1000,
    before: Before = None,
) -> Any:
    """Newest first, with the signed envelope of each."""
    with engine.connect() as connection:
        sites = access.site_keys(connection, site)
        return {"checkpoints": list_checkpoints(connection, sites, device, limit, before)}


@router.get(
    "/checkpoints.jsonl",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {}}}},
    tags=["audit"],
    summary="A device's checkpoints as 'privcv audit log verify' reads them",
)
def get_checkpoints_jsonl(access: Auditor, engine: Database, device: DeviceId) -> Response:
    """All of them, oldest first, one signed envelope on each line."""

    with engine.connect() as connection:
        sites = access.site_keys(connection)

    def lines() -> Iterator[str]:
        for page in checkpoint_pages(engine, sites, device, _CHECKPOINTS_PAGE):
            yield "".join(f"{envelope}\n" for envelope in page)

    return StreamingResponse(lines(), media_type="application/jsonl")


@router.get(
    "/refusals", response_model=RefusalsPage, tags=["audit"], summary="What was refused, and why"
)
def get_refusals(
    access: Auditor, engine: Database, limit: Limit = 1000, before: Before = None
) -> Any:
    """Newest first. An auditor of some sites sees what names a device of theirs."""
    with engine.connect() as connection:
        sites = access.site_keys(connection) if access.sites else None
        return {"refusals": list_refusals(connection, sites, limit, before)}


@router.get(
    "/devices", response_model=DevicesAnswer, tags=["audit"], summary="Devices, keys and gaps"
)
def get_devices(access: Overseer, engine: Database, site: Name = None) -> Any:
    """Every device, when it was last seen, and which releases were passed over."""
    with engine.connect() as connection:
        return {"devices": list_devices(connection, access.site_keys(connection, site))}


def _page(
    label: str,
    kind: Kind,
    access: Access,
    engine: Any,
    query: Filter,
    limit: int,
    after: str | None,
) -> dict[str, Any]:
    start = None if after is None else report_queries.read_cursor(after)
    with engine.connect() as connection:
        wanted = query.wanted(connection, access)
        rows = report_queries.page(connection, kind, wanted, limit, start)
    more = (
        report_queries.write_cursor(report_queries.key_of(kind, rows[-1]))
        if len(rows) == limit
        else None
    )
    return {label: [report_queries.as_json(kind, wanted, row) for row in rows], "next": more}


def _export(
    label: str, kind: Kind, access: Access, engine: Any, query: Filter
) -> StreamingResponse:
    with engine.connect() as connection:
        wanted = query.wanted(connection, access)

    def lines() -> Iterator[str]:
        yield _csv_text([report_queries.csv_header(kind)])
        for rows in report_queries.pages(engine, kind, wanted, _CSV_PAGE):
            yield _csv_text([report_queries.csv_row(kind, wanted, row) for row in rows])

    headers = {"Content-Disposition": f'attachment; filename="{label}.csv"'}
    return StreamingResponse(lines(), media_type="text/csv", headers=headers)


def _csv_text(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
