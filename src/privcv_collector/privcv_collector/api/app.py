# SPDX-License-Identifier: Apache-2.0
"""The collector as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from privcv_collector.alerts.watch import keep_watch
from privcv_collector.api.error_answers import add_error_answers
from privcv_collector.api.event_watcher import EventWatcher
from privcv_collector.api.head_requests import answer_head
from privcv_collector.api.open_paths import limit_open_paths
from privcv_collector.api.openapi import describe
from privcv_collector.api.pages.dashboard import add_dashboard
from privcv_collector.api.pages.docs import add_docs_page
from privcv_collector.api.routes import (
    admin,
    alerts,
    audit,
    collectors,
    device,
    events,
    fleet,
    now,
    operation,
    periods,
    session,
    site,
    sums,
    totals,
    usual,
)
from privcv_collector.collector import Collector
from privcv_collector.sums.part import keep_summing
from privcv_collector.upkeep.reads import keep_writing
from privcv_collector.upkeep.upkeep import keep_up


def create_app(collector: Collector) -> FastAPI:
    """The application around ``collector``, which is closed when the application ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(keep_up(collector.engine, collector.settings)),
            asyncio.create_task(EventWatcher(collector).run()),
            asyncio.create_task(keep_watch(collector.engine, collector.settings.alerts)),
            asyncio.create_task(keep_writing(collector.reads)),
            asyncio.create_task(keep_summing(collector.engine, collector.sums)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await run_in_threadpool(collector.close)

    app = FastAPI(
        title="privcv collector",
        version="1",
        description="Takes signed, noisy totals from devices and shows them to who may see them.",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages load their scripts from a third party
        redoc_url=None,
        # A redirect would name the path that this program sees, without a prefix of a proxy.
        redirect_slashes=False,
    )
    app.state.collector = collector
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    readers = (totals, now, events, periods, usual, site, sums, fleet, alerts, session, audit)
    for routes in (device, collectors, *readers, admin):
        app.include_router(routes.router)
    add_dashboard(app)
    add_docs_page(app)
    app.include_router(operation.router)
    add_error_answers(app, collector)
    limit_open_paths(app, collector)
    answer_head(app)
    return app
