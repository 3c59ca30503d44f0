# SPDX-License-Identifier: Apache-2.0
"""What devices say of their sites: zones, lines, hours, the promise; the newest, and as signed."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.parameters import DeviceId, Name
from privcv_collector.api.requests import Database
from privcv_collector.api.site_schemas import SiteRecordsAnswer
from privcv_collector.devices.access import Access
from privcv_collector.queries.site_queries import KeptRecord, newest_records, record_pages
from privcv_core.protocol.timestamps import rfc3339_whole

router = APIRouter(prefix="/v1", tags=["sites"], responses=errors(401, 403, 422, 429, 503))
_PAGE = 20

Viewer = Annotated[Access, Depends(allow("viewer", "auditor"))]
Auditor = Annotated[Access, Depends(allow("auditor"))]


@router.get(
    "/site-records",
    response_model=SiteRecordsAnswer,
    responses=NOT_MODIFIED,
    summary="What sites say of themselves",
)
def get_site_records(
    request: Request, access: Viewer, engine: Database, site: Name = None
) -> Response:
    """The newest record of each device. A device of version 0.1.0 has none.

    Labels are free text: show them as text. The answer has an 'ETag'.
    """
    with engine.connect() as connection:
        kept = newest_records(connection, access.site_keys(connection, site))
    return tagged(request, {"records": [_as_json(one) for one in kept]})


@router.get(
    "/site-records.jsonl",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/jsonl": {}}}},
    summary="A device's site records as it signed them",
)
def get_site_records_jsonl(access: Auditor, engine: Database, device: DeviceId) -> Response:
    """All that are kept, oldest first, one signed envelope on each line."""
    with engine.connect() as connection:
        sites = access.site_keys(connection)

    def lines() -> Iterator[str]:
        for page in record_pages(engine, sites, device, _PAGE):
            yield "".join(f"{envelope}\n" for envelope in page)

    return StreamingResponse(lines(), media_type="application/jsonl")


def _as_json(kept: KeptRecord) -> dict[str, Any]:
    return {
        "site": kept.site,
        "device": kept.device,
        "version": kept.version,
        "digest": kept.digest,
        "sent_at": rfc3339_whole(kept.sent_at),
        "received_at": rfc3339_whole(kept.received_at),
        "record": kept.record.content(),
    }
