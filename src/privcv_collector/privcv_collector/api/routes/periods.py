# SPDX-License-Identifier: Apache-2.0
"""Hours, days and weeks of a site on its own clock, filtered by zone, statistic, weekday, hour."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.parameters import Limit, Name
from privcv_collector.api.parquet import RESPONSES as PARQUET
from privcv_collector.api.parquet import parquet_answer
from privcv_collector.api.people import cell_text, in_people, per_m2
from privcv_collector.api.report_format import csv_text
from privcv_collector.api.requests import Database
from privcv_collector.api.site_schemas import PeriodReport, PeriodsAnswer, Statistic
from privcv_collector.devices.access import Access
from privcv_collector.queries import period_queries
from privcv_collector.queries.period_queries import Period, PeriodFilter
from privcv_collector.queries.report_states import STATES
from privcv_collector.queries.site_queries import (
    KeptRecord,
    known_zone,
    label_of,
    newest_records,
)
from privcv_collector.refused import no_such_site
from privcv_core.protocol.release import ReportTime
from privcv_core.protocol.timestamps import iso8601, rfc3339
from privcv_core.settings.hours import DAYS, Day
from privcv_core.settings.time_zone import time_zone

router = APIRouter(prefix="/v1", tags=["sites"], responses=errors(401, 403, 404, 422, 429, 503))

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]

_Place = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
_MOST_PAGES = 20
_CSV_PAGE = 5000
_SITE = Query(max_length=64, pattern=r"^[^\x00]*$", description="Its name: the clock is its own.")


@dataclass(frozen=True)
class PeriodQuery:
    """What is asked; a list that is empty is no limit."""

    access: Viewer
    engine: Database
    site: Annotated[str, _SITE]
    unit: Annotated[Literal["hour", "day", "week"], Query(description="Which periods.")]
    camera: Name = None
    zone: Annotated[
        list[_Place] | None, Query(max_length=64, description="Zones or lines; several may follow.")
    ] = None
    statistic: Annotated[list[Statistic] | None, Query(description="Several may follow.")] = None
    weekday: Annotated[
        list[Day] | None, Query(description="Days of the week of the start, at the site.")
    ] = None
    hour_from: Annotated[int, Query(ge=0, le=23, description="Of hours: at or after, there.")] = 0
    hour_to: Annotated[int, Query(ge=1, le=24, description="Of hours: before, there.")] = 24
    since: Annotated[ReportTime | None, Query(description="Start at or after.")] = None
    until: Annotated[ReportTime | None, Query(description="Start before.")] = None

    def starts_as_asked(self, local: datetime) -> bool:
        """Whether a period that starts at ``local`` passes the filters of weekday and hour."""
        if self.weekday and DAYS[local.weekday()] not in self.weekday:
            return False
        return self.unit != "hour" or self.hour_from <= local.hour < self.hour_to


@dataclass(frozen=True)
class _Site:
    """The site that is asked about: its clocks and labels, by device."""

    filters: PeriodFilter
    records: dict[int, KeptRecord]
    _zones: dict[int, tzinfo] = field(default_factory=dict)  # found before: a year has many rows
    _labels: dict[tuple[int, str, str], str] = field(default_factory=dict)

    @property
    def time_zone(self) -> str:
        """That of its record; of several devices the first's; UTC where none said one."""
        return next((known_zone(kept.record) for kept in self.records.values()), "UTC")

    def local(self, row: Period) -> datetime:
        """Its start on the clock of its own device's site."""
        zone = self._zones.get(row.device_pk)
        if zone is None:
            kept = self.records.get(row.device_pk)
            zone = time_zone(known_zone(kept.record) if kept else self.time_zone)
            self._zones[row.device_pk] = zone
        return row.start.astimezone(zone)

    def label(self, row: Period) -> str:
        """What its device's record calls the zone or line; '' where it does not."""
        key = (row.device_pk, row.camera, row.zone)
        if key not in self._labels:
            kept = self.records.get(row.device_pk)
            self._labels[key] = "" if kept is None else label_of(kept.record, row.camera, row.zone)
        return self._labels[key]


@router.get(
    "/periods",
    response_model=PeriodsAnswer,
    responses=NOT_MODIFIED,
    summary="Hours, days and weeks",
)
def get_periods(
    request: Request, asked: Annotated[PeriodQuery, Depends()], limit: Limit = 1000
) -> Response:
    """As the device made them, by start: nothing is added up or averaged over published windows.

    Follow 'next' with 'since' for more. The answer has an 'ETag'.
    """
    rows: list[dict[str, Any]] = []
    following, site = asked.since, _site(asked)
    for _ in range(_MOST_PAGES):
        with asked.engine.connect() as connection:
            found, following = period_queries.page(
                connection, site.filters, following, limit - len(rows)
            )
        rows += _shown(asked, site, found)
        if following is None or len(rows) >= limit:
            break
    content = {
        "site": asked.site,
        "period": asked.unit,
        "time_zone": site.time_zone,
        "periods": rows,
        "next": None if following is None else rfc3339(following),
    }
    return tagged(request, content)


@router.get(
    "/periods.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}},
    summary="Hours, days and weeks as CSV",
)
def get_periods_csv(asked: Annotated[PeriodQuery, Depends()]) -> StreamingResponse:
    """Every period that matches; there is no value where none was published."""
    site, names = _site(asked), [*PeriodReport.model_fields]

    def lines() -> Iterator[str]:
        yield csv_text([names])
        for rows in period_queries.pages(asked.engine, site.filters, _CSV_PAGE):
            yield csv_text(
                [
                    [cell_text(one[name]) if name == "label" else one[name] for name in names]
                    for one in _shown(asked, site, rows)
                ]
            )

    headers = {"Content-Disposition": 'attachment; filename="periods.csv"'}
    return StreamingResponse(lines(), media_type="text/csv", headers=headers)


@router.get(
    "/periods.parquet",
    response_class=StreamingResponse,
    responses={**PARQUET, **errors(501)},
    summary="Hours, days and weeks as Parquet",
)
def get_periods_parquet(asked: Annotated[PeriodQuery, Depends()]) -> StreamingResponse:
    """As CSV has it, with times in UTC; 501 where pyarrow is not installed."""
    site, names = _site(asked), [*PeriodReport.model_fields]
    pages = (
        [[one[name] for name in names] for one in _shown(asked, site, rows)]
        for rows in period_queries.pages(asked.engine, site.filters, _CSV_PAGE)
    )
    return parquet_answer("periods", names, pages)


def _site(asked: PeriodQuery) -> _Site:
    with asked.engine.connect() as connection:
        keys = asked.access.site_keys(connection, asked.site)
        if not keys:
            raise no_such_site()
        records = {kept.device_pk: kept for kept in newest_records(connection, keys)}
    (site_pk,) = keys
    filters = PeriodFilter(
        site_pk,
        asked.unit,
        asked.camera,
        tuple(asked.zone or ()),
        tuple(asked.statistic or ()),
        asked.since,
        asked.until,
    )
    return _Site(filters, records)


def _shown(asked: PeriodQuery, site: _Site, rows: list[Period]) -> Iterator[dict[str, Any]]:
    for row in rows:
        local = site.local(row)
        if not asked.starts_as_asked(local):
            continue
        values = in_people(row.statistic, row)
        yield {
            "camera": row.camera,
            "place": row.zone,
            "label": site.label(row),
            "statistic": row.statistic,
            "start": rfc3339(row.start),
            "start_local": iso8601(local),
            "weekday": DAYS[local.weekday()],
            "length_s": row.length_s,
            "state": STATES[row.reason],
            "status": row.status,
            "reason": row.reason,
            **values,
            "confidence": row.confidence,
            "coverage": row.coverage,
            "density_per_m2": per_m2(row.statistic, values["value"], row.area_m2),
            "epsilon": row.epsilon,
            "unit": row.unit,
            "mechanism": row.mechanism,
        }
