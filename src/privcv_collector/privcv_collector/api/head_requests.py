# SPDX-License-Identifier: Apache-2.0
"""HEAD: the answer of GET without its body (RFC 9110, section 9.3.2), as health checks ask it."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def answer_head(app: FastAPI) -> None:
    """Let every path of ``app`` that answers GET answer HEAD."""
    app.add_middleware(_Head)


class _Head:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET", "privcv_head": True}, receive, send_without_body)
