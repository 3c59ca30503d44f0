# SPDX-License-Identifier: Apache-2.0
"""How it is at a site now: the newest window of each zone and line."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Engine

from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.now_content import display_of, sites_now
from privcv_collector.api.parameters import Name
from privcv_collector.api.people import cell_text
from privcv_collector.api.report_format import csv_text
from privcv_collector.api.requests import Database
from privcv_collector.api.site_schemas import NowAnswer
from privcv_collector.clock import now_utc
from privcv_collector.devices.access import Access

router = APIRouter(prefix="/v1", tags=["sites"], responses=errors(401, 403, 422, 429, 503))

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]
Display = Annotated[Access, Depends(allow("display"))]

_OF_PLACE = ("device", "camera", "place", "label", "kind", "area_m2", "capacity")
_OF_STATISTIC = (
    "statistic", "state", "reason", "value", "low", "high", "confidence", "coverage", "start",
    "length_s", "density_per_m2", "of_capacity", "room",
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


@router.get(
    "/display",
    response_model=NowAnswer,
    responses=NOT_MODIFIED,
    summary="How it is now at the places of a display",
)
def get_display(request: Request, access: Display, engine: Database) -> Response:
    """For a screen on a wall or at a door, whose token reads this and nothing else."""
    sites = _sites(engine, access, None)
    return tagged(request, {"sites": [display_of(one, access) for one in sites]})


def _sites(engine: Engine, access: Access, site: str | None) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return sites_now(connection, access.site_keys(connection, site), now_utc())
