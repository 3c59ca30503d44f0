# SPDX-License-Identifier: Apache-2.0
"""Exception handlers: every answer that is not 2xx is ``{"error": ..., "message": ...}``."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from privcv_collector.api.requests import count_refused, peer_of
from privcv_collector.clock import now_utc
from privcv_collector.collector import Collector
from privcv_collector.ingest.refusal_log import refusal
from privcv_collector.refused import Refused, Replaced, busy
from privcv_collector.storage.database import one_line

_log = logging.getLogger(__name__)
_WORDS = {404: "not_found", 405: "method_not_allowed"}


def add_error_answers(app: FastAPI, collector: Collector) -> None:
    """Let ``app`` answer each exception in that form, and record what was refused."""

    @app.exception_handler(Refused)
    async def on_refused(request: Request, refused: Refused) -> JSONResponse:
        await record_refusal(collector, refused, request)
        return JSONResponse(refused.content(), refused.status, refused.headers)

    @app.exception_handler(SQLAlchemyError)
    async def on_database(request: Request, error: SQLAlchemyError) -> JSONResponse:
        _log.error("%s: %s", request.url.path, one_line(error))
        refused = busy("the database does not answer; try again")
        return JSONResponse(refused.content(), refused.status, refused.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        try:
            count_refused(collector, request)
        except Refused as refused:
            return await on_refused(request, refused)
        problems = [
            f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"
            for detail in error.errors()
        ]
        return JSONResponse({"error": "invalid", "message": "; ".join(problems[:3])}, 422)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code in _WORDS:
            try:
                count_refused(collector, request)
            except Refused as refused:
                return await on_refused(request, refused)
        content = {"error": _WORDS.get(error.status_code, "http"), "message": str(error.detail)}
        return JSONResponse(content, error.status_code, error.headers)


async def record_refusal(collector: Collector, refused: Refused, request: Request) -> None:
    """Count a refusal and append it to the audit; a 503 is counted only."""
    collector.metrics.refused.labels(refused.error).inc()
    if isinstance(refused, Replaced):
        collector.keys.clear()
    if refused.status == 503:
        return
    try:
        await collector.writer.submit(
            refusal(refused, now_utc(), request.url.path, peer_of(request))
        )
    except Refused:
        _log.warning("a refusal could not be recorded: %s", refused.error)
