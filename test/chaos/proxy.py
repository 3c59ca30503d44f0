# SPDX-License-Identifier: Apache-2.0
"""A TLS proxy that does to a request what a bad network does, or worse."""

import asyncio
import random
import re
import socket
import ssl
import struct
from collections import Counter

from schedule import PAGES, REQUEST_FAULTS

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Proxy:
    """Terminates TLS with the collector's certificate, so that faults can hit single requests."""

    def __init__(
        self, rng: random.Random, server: ssl.SSLContext, client: ssl.SSLContext, share: float
    ) -> None:
        self.port = 0
        self.share = share
        self.limit_bytes: int | None = None
        self.faults: Counter[str] = Counter()
        self._rng = rng
        self._server_tls = server
        self._client_tls = client
        self._collector_port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, collector_port: int) -> None:
        """Listen on a port of its own."""
        self._collector_port = collector_port
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._server_tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close all connections."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection goes on."""
        request = await _message(reader)
        if self.limit_bytes is not None and _body_bytes(request) > self.limit_bytes:
            self.faults["over a limit"] += 1
            return await _answer(writer, self._page(413))
        fault = self._rng.choice(REQUEST_FAULTS) if self._rng.random() < self.share else "none"
        self.faults[fault] += 1
        if fault == "drop request":
            return False
        if fault == "stall before":
            await asyncio.sleep(60.0)
        if fault == "reset before":
            _reset(writer)
            return False
        if fault == "page before":
            return await _answer(writer, self._page())
        if fault == "truncate request":
            await self._forward(request[: self._rng.randrange(1, len(request))], answer=False)
            return False
        if fault == "replay":
            await self._forward(request)
        response = await self._forward(request)
        if fault == "drop response":
            return False
        if fault == "stall after":
            await asyncio.sleep(60.0)
        if fault == "reset after":
            _reset(writer)
            return False
        if fault == "page after":
            return await _answer(writer, self._page())
        if fault == "truncate response":
            writer.write(response[: self._rng.randrange(1, len(response))])
            await writer.drain()
            return False
        return await _answer(writer, response)

    def _page(self, status: int | None = None) -> bytes:
        """What a proxy, a firewall or a portal says: in HTML, or in a JSON of its own."""
        status = status or self._rng.choice(PAGES)
        kind, body = self._rng.choice(
            (
                ("text/html", b"<html><h1>blocked</h1></html>"),
                ("application/json", b'{"error":"Unprocessable Entity","message":"no"}'),
                ("application/json", b'{"message":"invalid","next_sequence":7}'),
            )
        )
        if status == 200:  # a portal's own page; what has the collector's form is the collector's
            kind, body = "text/html", b"<html><h1>log in</h1></html>"
        head = f"HTTP/1.1 {status} Page\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body

    async def _forward(self, request: bytes, answer: bool = True) -> bytes:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._collector_port, ssl=self._client_tls, server_hostname="localhost"
        )
        try:
            writer.write(request)
            await writer.drain()
            return await asyncio.wait_for(_message(reader), 10.0) if answer else b""
        except asyncio.TimeoutError as error:
            raise EOFError from error
        finally:
            writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP/1.1 request or response with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def _answer(writer: asyncio.StreamWriter, response: bytes) -> bool:
    writer.write(response)
    await writer.drain()
    return True


def _body_bytes(request: bytes) -> int:
    return len(request) - request.index(b"\r\n\r\n") - 4


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    if connection is not None:  # None where the other side was quicker
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
