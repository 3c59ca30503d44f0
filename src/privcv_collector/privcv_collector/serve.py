# SPDX-License-Identifier: Apache-2.0
"""Runs a collector on a port until SIGTERM."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click
import uvicorn

from privcv_collector.api.app import create_app
from privcv_collector.collector import Collector
from privcv_collector.errors import CollectorError
from privcv_collector.limits.connections import bounded, connections_allowed
from privcv_collector.settings import CollectorSettings
from privcv_core.errors import TlsFileError
from privcv_core.files.secret_file import check_secret
from privcv_core.files.tls_files import load_authorities, load_certificate
from privcv_core.files.tls_reload import ReloadedTls

LOOK_EVERY_S = 60.0
"""How often the files of the certificate are looked at, s."""

GRACE_S = 5
"""How long requests in flight may take to end after SIGTERM, s."""

HANDSHAKE_S = 10.0
"""How long a TLS handshake may take, s: until it is over, nobody knows who holds a descriptor."""


@dataclass(frozen=True)
class Address:
    """Where to listen, and with which certificate."""

    host: str = "127.0.0.1"
    port: int = 8443
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    behind_proxy: str | None = None  # addresses whose X-Forwarded-For is believed


def serve(settings: CollectorSettings, address: Address) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are answered first.

    Raises ``CollectorError`` where the port, the certificate or the database cannot be used, and
    ``KeyFileError`` for a private key or a token that others can read.
    """
    tls = _reloaded(address)
    behind_proxy = None if address.behind_proxy is None else _proxies(address.behind_proxy)
    listener = _listen(address)
    try:
        collector = Collector(settings)
        config = uvicorn.Config(
            create_app(collector),
            log_level=logging.WARNING,
            access_log=False,
            lifespan="on",
            http=bounded(most_connections=connections_allowed()),
            ws="none",
            server_header=False,
            proxy_headers=behind_proxy is not None,
            forwarded_allow_ips=behind_proxy,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_S,
        )
        config.load()
        config.ssl = None if tls is None else _following(tls)
        server = _Announced(config, _url(address, listener), collector, tls)
        with _ending_is_success(server.look):
            server.run(sockets=[listener])
    finally:
        listener.close()


class _Announced(uvicorn.Server):
    """Says on standard output where it listens, once it does; reads what was renewed."""

    def __init__(
        self, config: uvicorn.Config, url: str, collector: Collector, tls: ReloadedTls | None
    ) -> None:
        super().__init__(config)
        self._url = url
        self._collector = collector
        self._tls = tls
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.ssl is not None:
            # uvicorn passes no such bound on, and the loops' own is a minute.
            loop: Any = asyncio.get_running_loop()
            loop.create_server = partial(loop.create_server, ssl_handshake_timeout=HANDSHAKE_S)
        await super().startup(sockets)
        click.echo(f"privcv collector: listening on {self._url}")
        self.look()
        self._watching = asyncio.create_task(self._watch())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._collector.streams.end_all()  # they would be in flight for ever
        await super().shutdown(sockets)

    def look(self) -> None:
        """Read the certificate again if it was renewed, for connections from now on; the token."""
        self._collector.tokens.refresh()
        if self._tls is not None:
            self._tls.refresh()
            if self._tls.ends is not None:
                self._collector.metrics.certificate_ends(self._tls.ends)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()


@contextlib.contextmanager
def _ending_is_success(look: Callable[[], None]) -> Iterator[None]:
    """Uvicorn raises the signal that ended it again; here that is how a collector should end.

    SIGHUP ends it too where its terminal was closed; a service has none, and is asked to ``look``.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ends = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: None) for number in ends}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # a terminal that was closed
        end = lambda *_: os.kill(os.getpid(), signal.SIGTERM)  # noqa: E731
        hangup = end if _has_terminal() else lambda *_: look()
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, hangup)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        words = getattr(error, "strerror", None) or str(error)
        raise CollectorError(f"{address.host}:{address.port}: cannot listen: {words}") from error
    listener.setblocking(False)
    return listener


def _reloaded(address: Address) -> ReloadedTls | None:
    """The TLS of ``address``, whose files are read again once they changed; ``None`` without."""
    certificate, key, client_ca = files = (address.tls_cert, address.tls_key, address.client_ca)
    if certificate is None and key is None:
        if client_ca is not None:
            raise CollectorError("--client-ca needs --tls-cert and --tls-key")
        return None
    if certificate is None or key is None:
        raise CollectorError("--tls-cert and --tls-key belong together")
    return ReloadedTls(lambda: _tls(certificate, key, client_ca), files, certificate)


def _following(tls: ReloadedTls) -> ssl.SSLContext:
    """A context whose connections each go on with what ``tls`` has when they begin."""

    def choose(connection: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        connection.context = tls.context

    first = tls.context
    first.sni_callback = choose
    return first


def _tls(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    check_secret(key)
    try:
        load_certificate(context, certificate, key)
        if client_ca is not None:
            load_authorities(context, client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except TlsFileError as error:
        raise CollectorError(str(error)) from error
    return context


def _proxies(addresses: str) -> str:
    """The addresses of ``--behind-proxy``; uvicorn would take names and networks with host bits,
    and never meet them. Raises ``CollectorError``.
    """
    for part in addresses.split(","):
        try:
            network = ip_network(part.strip())
        except ValueError as error:
            raise CollectorError(
                f"--behind-proxy: '{part.strip()}' is no IP address or network: name those of the "
                f"balancers, such as 10.0.0.5 or 10.0.1.0/24 ({error})"
            ) from error
        if network.prefixlen == 0:
            raise CollectorError(
                f"--behind-proxy: '{part.strip()}' is everybody, who could then name any address"
            )
    return addresses


def _url(address: Address, listener: socket.socket) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    scheme = "http" if address.tls_cert is None else "https"
    return f"{scheme}://{host}:{listener.getsockname()[1]}"
