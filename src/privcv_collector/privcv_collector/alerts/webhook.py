# SPDX-License-Identifier: Apache-2.0
"""Webhooks: a signed POST over TLS to a public address; redirects are not followed.

``Privcv-Signature: t=UNIXTIME,v1=HEX``, where HEX is HMAC-SHA256, by the channel's secret, over
``UNIXTIME.BODY``: whoever is told verifies it and the time, and takes each ``id`` once.
"""

import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from privcv_collector.alerts.public_address import public_addresses
from privcv_collector.errors import CollectorError

TIMEOUT_S = 10.0
WHOLE_S = 20.0
"""How long all of one delivery may take, s: a server that answers drop by drop is hung up on."""

PORT = 443


def post(url: str, secret: str, body: bytes, unix_time: int, tls: ssl.SSLContext) -> None:
    """Post ``body``; raises ``CollectorError`` for all that is not taken (2xx)."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORT
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _connected(host, port, public_addresses(host, port), tls) as connection:
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "privcv",
                "Privcv-Signature": signature(secret, body, unix_time),
                "Connection": "close",
            }
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
    except ssl.SSLError as error:
        raise CollectorError(f"TLS: {error.reason or 'refused'}") from error
    except (OSError, http.client.HTTPException) as error:
        raise CollectorError(f"no answer: {type(error).__name__}") from error
    if not 200 <= status < 300:
        redirect = ", and redirects are not followed" if 300 <= status < 400 else ""
        raise CollectorError(f"answered {status}{redirect}")


def signature(secret: str, body: bytes, unix_time: int) -> str:
    """The header's value."""
    signed = f"{unix_time}.".encode() + body
    code = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={unix_time},v1={code}"


@contextlib.contextmanager
def _connected(
    host: str, port: int, addresses: list[str], tls: ssl.SSLContext
) -> Iterator[http.client.HTTPSConnection]:
    connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=tls)
    plain = _reached(addresses, port)
    secured = tls.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    end = threading.Timer(WHOLE_S, _hang_up, (secured,))
    end.daemon = True
    end.start()
    try:
        secured.do_handshake()
        connection.sock = secured
        yield connection
    finally:
        end.cancel()
        connection.close()
        secured.close()


def _reached(addresses: list[str], port: int) -> socket.socket:
    """A connection to the first of the addresses that answers; raises ``OSError``."""
    failed: OSError = OSError("no address")
    for address in addresses[:4]:
        try:
            return socket.create_connection((address, port), timeout=TIMEOUT_S)
        except OSError as error:
            failed = error
    raise failed


def _hang_up(secured: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        secured.shutdown(socket.SHUT_RDWR)
