# SPDX-License-Identifier: Apache-2.0
"""Events (server-sent): a reader is told what changed at its sites as soon as it is stored."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from privcv_collector.api.authorize import HELD_BY_READERS, Held
from privcv_collector.api.error_schema import errors
from privcv_collector.api.requests import Here, peer_of
from privcv_collector.limits.rate import network_of
from privcv_collector.limits.streams import Stream, Streams

router = APIRouter(prefix="/v1", tags=["sites"], responses=errors(401, 403, 422, 429, 503))

HEARTBEAT_S = 15.0
"""After how long without an event a comment is written, which proxies take for life, s."""

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_FIRST = b"retry: 3000\n\n"
_HEARTBEAT = b": nothing new\n\n"

Position = Annotated[str | None, Header(alias="Last-Event-ID", max_length=64)]
_body: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}


@router.get("/events", response_class=StreamingResponse, responses=_body, summary="What is new")
async def get_events(
    request: Request,
    held: Annotated[Held, Depends(HELD_BY_READERS)],
    collector: Here,
    last: Position = None,
) -> Response:
    """A stream of server-sent events, of the reader's own sites.

    'now': 'data' is a site as in '/v1/now' (of a display, as in '/v1/display'). 'reload': something
    may have been missed, read again. Whoever comes back with 'Last-Event-ID' and missed nothing
    gets none. The stream ends with the token or session, and at its limits is 429.
    """
    if request.scope.get("privcv_head"):
        return Response(media_type="text/event-stream", headers=_HEADERS)
    network = network_of(peer_of(request) or "")
    streams = collector.streams
    stream = streams.open(Stream(held.credential, held.access.actor.id, network, last))
    return StreamingResponse(
        _written(streams, stream), media_type="text/event-stream", headers=_HEADERS
    )


async def _written(streams: Streams, stream: Stream) -> AsyncIterator[bytes]:
    try:
        yield _FIRST
        while (found := await stream.next(HEARTBEAT_S)) is not None:
            yield found or _HEARTBEAT
    finally:
        streams.close(stream)
