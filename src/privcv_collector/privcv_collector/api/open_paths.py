# SPDX-License-Identifier: Apache-2.0
"""Rate limit of what needs no token: health, pages, the description, and paths that are none.

It is one of its own, so that health checks are answered whatever else an address asks, and so that
who asks for nothing that is counted elsewhere does not ask without end.
"""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from privcv_collector.api.error_answers import record_refusal
from privcv_collector.api.requests import is_counted_by_route, peer_of
from privcv_collector.collector import Collector
from privcv_collector.limits.rate import network_of
from privcv_collector.refused import Refused


def limit_open_paths(app: FastAPI, collector: Collector) -> None:
    """Count all requests to ``app`` that no route counts."""
    app.add_middleware(_OpenPaths, collector=collector)


class _OpenPaths:
    def __init__(self, app: ASGIApp, collector: Collector) -> None:
        self._app = app
        self._collector = collector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_counted_by_route(scope["path"]):
            request = Request(scope)
            try:
                self._collector.open_rate.acquire(network_of(peer_of(request) or ""))
            except Refused as refused:
                await record_refusal(self._collector, refused, request)
                answer = JSONResponse(refused.content(), refused.status, refused.headers)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
