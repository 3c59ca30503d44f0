# SPDX-License-Identifier: Apache-2.0
"""What auditors read: budgets, checkpoints, refusals, devices."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from privcv_collector.api.authorize import allow
from privcv_collector.api.error_schema import errors
from privcv_collector.api.parameters import Before, DeviceId, Limit, Name
from privcv_collector.api.requests import Database
from privcv_collector.api.schemas import (
    BudgetsAnswer,
    CheckpointsPage,
    DevicesAnswer,
    ReadsPage,
    RefusalsPage,
)
from privcv_collector.clock import now_utc
from privcv_collector.devices.access import Access
from privcv_collector.devices.read_log import list_reads
from privcv_collector.queries.audit_queries import (
    checkpoint_pages,
    list_checkpoints,
    list_devices,
    list_refusals,
)
from privcv_collector.queries.budget_queries import list_budgets
from privcv_core.protocol.release import FIRST_YEAR, LAST_YEAR
from privcv_core.settings.time_zone import TimeZone, day_in
from privcv_core.settings.time_zone import time_zone as zone_of

router = APIRouter(prefix="/v1", tags=["audit"], responses=errors(401, 403, 422, 429, 503))
_CHECKPOINTS_PAGE = 500

Auditor = Annotated[Access, Depends(allow("auditor"))]
AuditorOrAdmin = Annotated[Access, Depends(allow("auditor", "admin"))]
Day = Annotated[date | None, Query(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
Zone = Annotated[
    TimeZone, Query(max_length=64, description="IANA time zone, such as Europe/Berlin.")
]


@router.get("/budgets", response_model=BudgetsAnswer, summary="Privacy spent")
def get_budgets(
    access: Auditor,
    engine: Database,
    site: Name = None,
    day: Day = None,
    time_zone: Zone = "UTC",
) -> Any:
    """Epsilon and delta that the reports of one day (default: today) say they spent.

    It is a day of 'time_zone', so one of 23 or 25 hours where clocks are changed.
    """
    day = day or day_in(now_utc(), time_zone)
    begin, end = (
        datetime.combine(at, time(), zone_of(time_zone)).astimezone(timezone.utc)
        for at in (day, day + timedelta(days=1))
    )
    with engine.connect() as connection:
        found = list_budgets(connection, access.site_keys(connection, site), (begin, end))
    return {"day": day, "time_zone": time_zone, "budgets": found}


@router.get("/checkpoints", response_model=CheckpointsPage, summary="Audit checkpoints")
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


@router.get("/reads", response_model=ReadsPage, summary="Who read what")
def get_reads(access: Auditor, engine: Database, limit: Limit = 1000, before: Before = None) -> Any:
    """By hours, newest first: the token's id and name, its role, which path and sites, how often.

    What is read now is here within seconds. 400 days are kept. Reading this is a read too.
    """
    with engine.connect() as connection:
        return {"reads": list_reads(connection, access.sites, limit, before)}


@router.get("/refusals", response_model=RefusalsPage, summary="What was refused, and why")
def get_refusals(
    access: Auditor, engine: Database, limit: Limit = 1000, before: Before = None
) -> Any:
    """Newest first. An auditor of some sites sees what names a device of theirs."""
    with engine.connect() as connection:
        sites = access.site_keys(connection) if access.sites else None
        return {"refusals": list_refusals(connection, sites, limit, before)}


@router.get("/devices", response_model=DevicesAnswer, summary="Devices, keys and gaps")
def get_devices(access: AuditorOrAdmin, engine: Database, site: Name = None) -> Any:
    """Every device, when it was last seen, and which releases were passed over."""
    with engine.connect() as connection:
        return {"devices": list_devices(connection, access.site_keys(connection, site))}
