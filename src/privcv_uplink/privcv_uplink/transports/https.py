# SPDX-License-Identifier: Apache-2.0
"""HTTPS to one collector: TLS 1.3, valid chain and host name, pinned key, no redirects, no proxies.

All of that is settled in the handshake (see ``pinning``): a server that fails any of it never
receives a byte of a request.
"""

import asyncio
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import aiohttp

from privcv_core.files.bounded_parse import parse_json
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.errors_in_words import in_words
from privcv_uplink.transports.pinning import reloaded_context
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

ANSWER_BYTES = 65536
"""What is read of an answer, at most."""


class HttpsTransport:
    """Posts to ``{url}/v1/…`` over one kept-open connection."""

    def __init__(self, settings: UplinkSettings) -> None:
        self._url = settings.url
        self._proxy = settings.proxy or None
        self._tls = reloaded_context(settings)
        self._timeout = aiohttp.ClientTimeout(
            total=settings.retry.request_timeout_s,
            sock_connect=settings.retry.connect_timeout_s,
        )
        self._session: aiohttp.ClientSession | None = None

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Post once; raises ``TransportError``."""
        if self._tls.refresh():
            await self.close()  # this connection was made with what is no longer valid
        if self._session is None:
            # trust_env=False: neither HTTPS_PROXY nor ~/.netrc may send reports elsewhere.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls.context, limit=1),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trust_env=False,
                headers={"User-Agent": "privcv", "Content-Type": "application/json"},
            )
        try:
            async with self._session.post(
                f"{self._url}/v1/{endpoint}",
                data=content,
                headers={"Idempotency-Key": f"{device}:{sequence}"},
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                try:
                    answer = await response.content.readexactly(ANSWER_BYTES)
                except asyncio.IncompleteReadError as whole:
                    answer = whole.partial
                return Reply(
                    response.status,
                    _json_object(answer),
                    _seconds(response.headers.get("Retry-After")),
                    response.content_type[:64],
                )
        except asyncio.TimeoutError as error:
            raise TransportError("no answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise in_words(error) from error

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _json_object(answer: bytes) -> dict[str, object]:
    try:
        content = parse_json(answer)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` in seconds; its other form, a date, is what some proxies write."""
    if not text:
        return None
    if text.isdecimal():
        return float(text) if len(text) < 7 else None
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return max(0.0, (until - datetime.now(timezone.utc)).total_seconds())
