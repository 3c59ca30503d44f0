# SPDX-License-Identifier: Apache-2.0
"""What operators ask: whether requests can be served, and figures for Prometheus."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool

from privcv_collector.api.error_schema import ErrorAnswer
from privcv_collector.api.requests import collector_of, count_peer

router = APIRouter(tags=["operation"])


@router.get(
    "/healthz",
    responses={429: {"model": ErrorAnswer}, 503: {"model": ErrorAnswer}},
    summary="Whether requests can be served",
)
async def healthz(request: Request) -> dict[str, str]:
    """200 where a write reaches the disk and the database can be read, else 503."""
    collector = collector_of(request)
    await collector.health.check()
    await run_in_threadpool(_read, collector.engine)
    return {"status": "ok"}


def _read(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


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
