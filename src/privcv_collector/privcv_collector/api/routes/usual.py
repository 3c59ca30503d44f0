# SPDX-License-Identifier: Apache-2.0
"""What is usual for the hours of a site: medians of hours that its devices released."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.parameters import Name
from privcv_collector.api.people import THOUSANDTHS
from privcv_collector.api.requests import Database
from privcv_collector.api.site_schemas import Statistic, UsualAnswer
from privcv_collector.devices.access import Access
from privcv_collector.queries.period_queries import PeriodFilter
from privcv_collector.queries.site_queries import known_zone, newest_records
from privcv_collector.queries.usual_queries import WEEKS, Usual, usual_hours
from privcv_collector.refused import Refused, no_such_site
from privcv_core.protocol.release import ReportTime
from privcv_core.protocol.timestamps import rfc3339
from privcv_core.settings.time_zone import time_zone

router = APIRouter(prefix="/v1", tags=["sites"], responses=errors(401, 403, 404, 422, 429, 503))

MOST_D = 32

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]
_SITE = Query(max_length=64, pattern=r"^[^\x00]*$", description="Its name: the clock is its own.")


@router.get(
    "/usual",
    response_model=UsualAnswer,
    responses=NOT_MODIFIED,
    summary="What is usual for an hour",
)
def get_usual(
    request: Request,
    access: Viewer,
    engine: Database,
    site: Annotated[str, _SITE],
    since: Annotated[ReportTime, Query(description="Hours that start at or after.")],
    until: Annotated[ReportTime, Query(description="Before; at most 32 days after 'since'.")],
    camera: Name = None,
    zone: Name = None,
    statistic: Statistic | None = None,
) -> Response:
    """The median of the same hour of the same weekday, on the site's clock, of 8 weeks before.

    Of hours as devices released them, none averaged; hours of few lie below every value. 'value' is
    an expectation, no measurement: it has no interval. The answer has an 'ETag'.
    """
    if not timedelta(0) < until - since <= timedelta(days=MOST_D):
        raise Refused(422, "invalid", f"until: must be after since, by at most {MOST_D} days")
    with engine.connect() as connection:
        keys = access.site_keys(connection, site)
        if not keys:
            raise no_such_site()
        (site_pk,) = keys
        records = newest_records(connection, keys)
        first = records[0].record if records else None
        clock = known_zone(first) if first else "UTC"
        asked = PeriodFilter(
            site_pk, "hour", camera, (zone,) if zone else (), (statistic,) if statistic else (),
            since, until,
        )  # fmt: skip
        found = usual_hours(connection, asked, time_zone(clock), first.holidays if first else [])
    content = {"site": site, "weeks": WEEKS, "time_zone": clock, "hours": list(map(_shown, found))}
    return tagged(request, content)


def _shown(usual: Usual) -> dict[str, Any]:
    scale = 1000 if usual.statistic in THOUSANDTHS else 1
    values = {"value": usual.value, "lowest": usual.lowest, "highest": usual.highest}
    return {
        "camera": usual.camera,
        "place": usual.place,
        "statistic": usual.statistic,
        "start": rfc3339(usual.start),
        "state": usual.state,
        **{name: one if one is None else one / scale for name, one in values.items()},
        "of": usual.published + usual.few,
        "few": usual.few,
    }
