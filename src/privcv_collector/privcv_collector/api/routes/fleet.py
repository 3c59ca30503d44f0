# SPDX-License-Identifier: Apache-2.0
"""What needs somebody: sites by urgency, and how devices do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.fleet_schemas import DeviceHealthAnswer, FleetAnswer
from privcv_collector.api.parameters import Name
from privcv_collector.api.requests import Database
from privcv_collector.clock import now_utc
from privcv_collector.devices.access import Access
from privcv_collector.queries.fleet_queries import SiteHealth, device_reports, fleet
from privcv_core.protocol.timestamps import rfc3339_whole

router = APIRouter(prefix="/v1", tags=["fleet"], responses=errors(401, 403, 422, 429, 503))

Anybody = Annotated[Access, Depends(allow("viewer", "auditor", "admin"))]
AuditorOrAdmin = Annotated[Access, Depends(allow("auditor", "admin"))]


@router.get(
    "/fleet",
    response_model=FleetAnswer,
    responses=NOT_MODIFIED,
    summary="Sites by what needs somebody",
)
def get_fleet(request: Request, access: Anybody, engine: Database, site: Name = None) -> Response:
    """All sites of the token. A viewer is told whether a site works, and nothing of its devices."""
    with engine.connect() as connection:
        sites = access.site_keys(connection, site)
        found = fleet(connection, sites, now_utc(), for_viewer=access.role == "viewer")
    return tagged(request, {"sites": [_as_json(one) for one in found]})


@router.get("/device-health", response_model=DeviceHealthAnswer, responses=NOT_MODIFIED)
def get_device_health(
    request: Request, access: AuditorOrAdmin, engine: Database, site: Name = None
) -> Response:
    """The newest report of each device, as signed, and its changes of state."""
    with engine.connect() as connection:
        found = device_reports(connection, access.site_keys(connection, site))
    return tagged(request, {"devices": found})


def _as_json(found: SiteHealth) -> dict[str, object]:
    return {
        "site": found.site,
        "label": found.label,
        "state": found.state,
        "devices": found.devices,
        "last_seen_at": rfc3339_whole(found.last_seen_at) if found.last_seen_at else None,
        "versions": list(found.versions),
        "problems": [vars(one) for one in found.problems],
    }
