# SPDX-License-Identifier: Apache-2.0
"""The collector as an ASGI application."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from privcv_collector.api import admin_routes, device_routes, read_routes
from privcv_collector.api.answers import ErrorAnswer
from privcv_collector.api.docs_page import add_api_page
from privcv_collector.api.openapi import describe
from privcv_collector.api.totals_page import add_page
from privcv_collector.collector import Collector
from privcv_collector.refused import Refused, busy
from privcv_collector.storage.database import one_line

_log = logging.getLogger(__name__)
_WORDS = {404: "not_found", 405: "method_not_allowed"}


def create_app(collector: Collector) -> FastAPI:
    """The application around ``collector``, which is closed when the application ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(collector.close)

    app = FastAPI(
        title="privcv collector",
        version="1",
        description="Takes signed, noisy totals from devices and shows them to who may see them.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load their scripts from a third party
        redoc_url=None,
    )
    app.state.collector = collector
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.include_router(device_routes.router)
    app.include_router(read_routes.router)
    app.include_router(admin_routes.router)
    add_page(app)
    add_api_page(app)
    _add_operations(app, collector)
    _add_error_answers(app, collector)
    return app


def _add_operations(app: FastAPI, collector: Collector) -> None:
    @app.get("/healthz", tags=["operation"], summary="Whether requests can be served")
    def healthz() -> dict[str, str]:
        """200 where the database answers, else 503."""
        with collector.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return {"status": "ok"}

    @app.get(
        "/metrics",
        tags=["operation"],
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, 429: {"model": ErrorAnswer}},
        summary="Figures for Prometheus",
    )
    def metrics(request: Request) -> Response:
        """No label names a device, a site or a zone."""
        collector.take_peer(request)
        content = collector.metrics.text(collector.engine, collector.writer.waiting)
        return Response(content, headers={"Content-Type": collector.metrics.content_type})


def _add_error_answers(app: FastAPI, collector: Collector) -> None:
    """Every answer that is not 2xx has one form: ``{"error": ..., "message": ...}``."""

    @app.exception_handler(Refused)
    async def on_refused(request: Request, refused: Refused) -> JSONResponse:
        await collector.record(refused, request)
        return JSONResponse(refused.content(), refused.status, refused.headers)

    @app.exception_handler(SQLAlchemyError)
    async def on_database(request: Request, error: SQLAlchemyError) -> JSONResponse:
        _log.error("%s: %s", request.url.path, one_line(error))
        refused = busy("the database does not answer; try again")
        return JSONResponse(refused.content(), refused.status, refused.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [
            f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"
            for detail in error.errors()
        ]
        return JSONResponse({"error": "invalid", "message": "; ".join(problems[:3])}, 422)

    @app.exception_handler(HTTPException)
    async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        content = {"error": _WORDS.get(error.status_code, "http"), "message": str(error.detail)}
        return JSONResponse(content, error.status_code, error.headers)
