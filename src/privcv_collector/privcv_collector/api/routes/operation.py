# SPDX-License-Identifier: Apache-2.0
"""What operators ask: whether requests can be served, and figures for Prometheus."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from privcv_collector.api.error_schema import ErrorAnswer
from privcv_collector.api.requests import collector_of, count_peer

router = APIRouter(tags=["operation"])


@router.get(
    "/healthz",
    responses={429: {"model": ErrorAnswer}},
    summary="Whether requests can be served",
)
def healthz(request: Request) -> dict[str, str]:
    """200 where the database answers, else 503."""
    with collector_of(request).engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return {"status": "ok"}


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, 429: {"model": ErrorAnswer}},
    summary="Figures for Prometheus",
)
def metrics(request: Request) -> Response:
    """No label names a device, a site or a zone."""
    collector = collector_of(request)
    count_peer(collector, request)
    content = collector.metrics.text(collector.engine, collector.writer.waiting)
    return Response(content, headers={"Content-Type": collector.metrics.content_type})
