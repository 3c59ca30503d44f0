# SPDX-License-Identifier: Apache-2.0
"""How it is at a site now: the newest window of each zone and line."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Engine

from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.parameters import Name
from privcv_collector.api.people import cell_text, in_people, of_capacity, per_m2
from privcv_collector.api.report_format import csv_text
from privcv_collector.api.requests import Database
from privcv_collector.api.site_schemas import NowAnswer
from privcv_collector.clock import now_utc
from privcv_collector.devices.access import Access
from privcv_collector.queries.now_queries import Newest, Place, places_now
from privcv_collector.queries.site_queries import known_zone, newest_records
from privcv_core.protocol.timestamps import rfc3339

router = APIRouter(prefix="/v1", tags=["sites"], responses=errors(401, 403, 422, 429, 503))

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]

_OF_PLACE = ("device", "camera", "place", "label", "kind", "area_m2", "capacity")
_OF_STATISTIC = (
    "statistic", "state", "reason", "value", "low", "high", "confidence", "coverage", "start",
    "length_s", "density_per_m2", "of_capacity",
)  # fmt: skip


@router.get("/now", response_model=NowAnswer, responses=NOT_MODIFIED, summary="How it is now")
def get_now(request: Request, access: Viewer, engine: Database, site: Name = None) -> Response:
    """The newest window of each zone and line, in one of five states; nothing is averaged.

    Zones and lines are those of the site's record and those that reported within a day. The answer
    has an 'ETag'.
    """
    return tagged(request, {"sites": _sites(engine, access, site)})


@router.get(
    "/now.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **NOT_MODIFIED},
    summary="How it is now as CSV",
)
def get_now_csv(request: Request, access: Viewer, engine: Database, site: Name = None) -> Response:
    """A line for each statistic of each place; there is no value where none was published."""
    lines: list[list[Any]] = [["site", *_OF_PLACE, *_OF_STATISTIC]]
    for one in _sites(engine, access, site):
        for place in one["places"]:
            front = [cell_text(str(place[name])) if name == "label" else place[name]
                     for name in _OF_PLACE]  # fmt: skip
            lines += [
                [one["site"], *front, *(statistic[name] for name in _OF_STATISTIC)]
                for statistic in place["statistics"]
            ]
    return tagged(request, csv_text(lines), "text/csv")


def _sites(engine: Engine, access: Access, site: str | None) -> list[dict[str, Any]]:
    now = now_utc()
    with engine.connect() as connection:
        keys = access.site_keys(connection, site)
        records = newest_records(connection, keys)
        found = []
        for site_pk, name in keys.items():
            mine = [kept for kept in records if kept.site == name]
            first = mine[0].record if mine else None
            found.append(
                {
                    "site": name,
                    "label": first.label if first else "",
                    "time_zone": known_zone(first) if first else "UTC",
                    "places": [
                        _place(place) for place in places_now(connection, site_pk, mine, now)
                    ],
                }
            )
    return found


def _place(place: Place) -> dict[str, Any]:
    return {
        "device": place.device,
        "camera": place.camera,
        "place": place.name,
        "label": place.label,
        "kind": place.kind,
        "area_m2": place.area_m2,
        "capacity": place.capacity,
        "statistics": [_statistic(place, newest) for newest in place.newest],
    }


def _statistic(place: Place, newest: Newest) -> dict[str, Any]:
    row = newest.row
    values: dict[str, float | None] = {"value": None, "low": None, "high": None}
    if row is not None and newest.state == "published":
        values = in_people(newest.statistic, row)
    return {
        "statistic": newest.statistic,
        "state": newest.state,
        "reason": None if row is None else row.reason,
        **values,
        "confidence": None if row is None else row.confidence,
        "coverage": None if row is None else row.coverage,
        "start": None if row is None else rfc3339(row.start),
        "length_s": None if row is None else row.length_s,
        "density_per_m2": per_m2(newest.statistic, values["value"], place.area_m2),
        "of_capacity": of_capacity(newest.statistic, values["value"], place.capacity),
    }
