# SPDX-License-Identifier: Apache-2.0
"""A small reverse proxy, as load balancers are: it ends TLS and says which address it saw.

On Linux each address of 127/8 is this machine's, so that it has one of its own.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp import web

from privcv_core.protocol.demo_certificates import DemoCertificates

BALANCER = "127.0.0.9"


@contextmanager
def balancer(upstream: str, certificates: DemoCertificates) -> Iterator[str]:
    """``https://`` address of a reverse proxy that connects from ``BALANCER``."""
    started, ended = threading.Event(), asyncio.Event()
    found: dict[str, Any] = {}

    async def forward(request: web.Request) -> web.Response:
        forwarded = request.headers.get("X-Forwarded-For")
        seen = ", ".join(filter(None, (forwarded, request.remote)))
        headers = {**request.headers, "X-Forwarded-For": seen, "X-Forwarded-Proto": "https"}
        async with found["session"].request(
            request.method, upstream + request.path_qs, data=await request.read(), headers=headers
        ) as answer:
            kept = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def run() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        connector = aiohttp.TCPConnector(local_addr=(BALANCER, 0))
        async with aiohttp.ClientSession(connector=connector) as found["session"]:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            found["url"] = f"https://127.0.0.1:{runner.addresses[0][1]}"
            found["loop"] = asyncio.get_running_loop()
            started.set()
            await ended.wait()
            await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(10)
    try:
        yield found["url"]
    finally:
        found["loop"].call_soon_threadsafe(ended.set)
        thread.join(10)
