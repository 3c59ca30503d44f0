# SPDX-License-Identifier: Apache-2.0
"""Whoever is between the uplink and its collector receives not one byte of a report.

The attacker's server records every byte that it could decrypt. A control with the right key shows
that the recording works. Both transports face the same attackers.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from privcv_core.errors import KeyFileError
from privcv_core.protocol.demo_certificates import Authority, ServerCertificate
from privcv_uplink.errors import CertificateError
from privcv_uplink.transports.open import open_transport
from privcv_uplink.transports.pinning import file_pin, server_pin
from privcv_uplink.transports.transport import Transport, TransportError

BODY = b'{"the":"report"}'
DEVICE = "0" * 32
OTHER_PIN = "sha256/" + "A" * 43 + "="


class Server:
    """Accepts TLS connections, records what it can decrypt and answers with ``answer``."""

    def __init__(
        self,
        certificate: ServerCertificate,
        answer: bytes = b"",
        at_most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        proxy: bool = False,
    ) -> None:
        self.received = b""
        self.connections = 0
        self.handshakes = 0
        self._answer = answer
        self._proxy = proxy
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = at_most
        self._context.load_cert_chain(certificate.certificate, certificate.key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, having read all that was sent."""
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join(5.0)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(1.0)
            try:
                with connection:
                    if self._proxy:
                        while not connection.recv(65536).endswith(b"\r\n\r\n"):
                            pass
                        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    with self._context.wrap_socket(connection, server_side=True) as secure:
                        self.handshakes += 1
                        while received := secure.recv(65536):
                            self.received += received
                            if BODY in self.received:
                                secure.sendall(self._answer)
                                break
            except OSError:
                continue


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(certificate: ServerCertificate, *arguments: Any, **options: Any) -> Server:
        servers.append(Server(certificate, *arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


async def refusal(transport: Transport) -> str:
    """Post once, and say how that was refused."""
    try:
        with pytest.raises(TransportError) as raised:
            await transport.post("batches", BODY, DEVICE, 1)
        return str(raised.value)
    finally:
        await transport.close()


def attack(name: str, authority: Authority, folder: Path) -> tuple[ServerCertificate, str]:
    """The attacker's certificate and what the uplink should say to it."""
    now = datetime.now(timezone.utc)
    if name == "wrong pin":
        return authority.issue("evil", ["localhost"]), "public key is not a pinned one"
    if name == "expired":
        start = now - timedelta(days=30)
        expired = authority.issue("old", ["localhost"], start=start, lifetime=timedelta(days=1))
        return expired, "certificate has expired"
    if name == "not yet valid":
        return authority.issue(
            "early", ["localhost"], start=now + timedelta(days=1)
        ), "not yet valid"
    if name == "wrong host":
        return authority.issue("host", ["collector.example.org"]), "Hostname mismatch"
    if name == "other authority":
        other = Authority(folder / "other", "privcv demonstration authority")
        return other.issue("fake", ["localhost"]), "certificate refused"
    own = Authority(folder / "own", "localhost")
    key = folder / "own" / "key.pem"
    key.write_bytes(own_key_pem(own))
    return ServerCertificate(own.certificate, key, file_pin(own.certificate)), "self-signed"


def own_key_pem(authority: Authority) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return authority._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("scheme", ["https", "mqtts"])
@pytest.mark.parametrize(
    "name",
    ["wrong pin", "expired", "not yet valid", "wrong host", "other authority", "self-signed"],
)
async def test_a_server_without_the_right_certificate_receives_nothing(
    name: str,
    scheme: str,
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
    tmp_path: Path,
) -> None:
    certificate, words = attack(name, authority, tmp_path)
    server = serve(certificate)
    # The pin alone would let every attack but the first pass.
    pins = [OTHER_PIN] if name == "wrong pin" else [OTHER_PIN, certificate.pin]
    settings = make_settings(
        url=f"{scheme}://localhost:{server.port}", pins=pins, ca_file=authority.certificate
    )
    said = await refusal(open_transport(settings))
    server.close()
    assert server.connections == 1
    assert server.received == b""
    assert words in said


@pytest.mark.parametrize("scheme", ["https", "mqtts"])
async def test_tls_1_2_is_refused(
    scheme: str,
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
) -> None:
    certificate = authority.issue("server", ["localhost"])
    server = serve(certificate, at_most=ssl.TLSVersion.TLSv1_2)
    settings = make_settings(
        url=f"{scheme}://localhost:{server.port}",
        pins=[certificate.pin],
        ca_file=authority.certificate,
    )
    said = await refusal(open_transport(settings))
    server.close()
    assert (server.connections, server.handshakes, server.received) == (1, 0, b"")
    assert said.startswith("TLS: ")


@pytest.mark.parametrize("position", [0, 1])
async def test_the_server_with_a_pinned_key_receives_the_report(
    position: int,
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
) -> None:
    """The control: the recording of the tests above would have seen the body."""
    certificate = authority.issue("server", ["localhost"])
    server = serve(
        certificate, b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n" + b'{"next_sequence":2}'
    )
    pins = [OTHER_PIN]
    pins.insert(position, certificate.pin)
    settings = make_settings(
        url=f"https://localhost:{server.port}", pins=pins, ca_file=authority.certificate
    )
    transport = open_transport(settings)
    reply = await transport.post("batches", BODY, DEVICE, 1)
    await transport.close()
    assert (reply.status, reply.content) == (200, {"next_sequence": 2})
    assert BODY in server.received


async def test_a_renewed_certificate_of_the_same_key_is_accepted(
    make_settings: Callable[..., Any], authority: Authority, serve: Callable[..., Server]
) -> None:
    before = authority.issue("server", ["localhost"])
    after = authority.issue("renewed", ["localhost"], key_file=before.key)
    assert after.certificate.read_bytes() != before.certificate.read_bytes()
    server = serve(after, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    settings = make_settings(
        url=f"https://localhost:{server.port}", pins=[before.pin], ca_file=authority.certificate
    )
    transport = open_transport(settings)
    assert (await transport.post("batches", BODY, DEVICE, 1)).status == 200
    await transport.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    status: int,
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
) -> None:
    """Even to a server with the pinned key: nobody but the configured URL gets reports."""
    certificate = authority.issue("server", ["localhost"])
    other = serve(certificate)
    location = f"https://localhost:{other.port}/v1/batches"
    server = serve(
        certificate,
        f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode(),
    )
    settings = make_settings(
        url=f"https://localhost:{server.port}",
        pins=[certificate.pin],
        ca_file=authority.certificate,
    )
    transport = open_transport(settings)
    assert (await transport.post("batches", BODY, DEVICE, 1)).status == status
    await transport.close()
    assert other.connections == 0


async def test_a_proxy_in_the_environment_sees_no_connection(
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = authority.issue("server", ["localhost"])
    proxy = serve(certificate, proxy=True)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server = serve(certificate, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    settings = make_settings(
        url=f"https://localhost:{server.port}",
        pins=[certificate.pin],
        ca_file=authority.certificate,
    )
    transport = open_transport(settings)
    assert (await transport.post("batches", BODY, DEVICE, 1)).status == 200
    await transport.close()
    assert proxy.connections == 0


@pytest.mark.parametrize("honest", [True, False])
async def test_a_configured_proxy_that_opens_the_tunnel_itself_receives_nothing(
    honest: bool,
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
) -> None:
    """The proxy answers in the collector's place, with a certificate valid for its name."""
    certificate = authority.issue("server", ["collector.example.org"])
    evil = authority.issue("evil", ["collector.example.org"])
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    proxy = serve(certificate if honest else evil, answer, proxy=True)
    settings = make_settings(
        url="https://collector.example.org",
        pins=[certificate.pin],
        ca_file=authority.certificate,
        proxy=f"http://127.0.0.1:{proxy.port}",
    )
    transport = open_transport(settings)
    if honest:
        assert (await transport.post("batches", BODY, DEVICE, 1)).status == 200
        await transport.close()
        assert BODY in proxy.received
    else:
        assert "not a pinned one" in await refusal(transport)
        proxy.close()
        assert (proxy.connections, proxy.received) == (1, b"")


async def test_the_client_certificate_is_shown_where_configured(
    make_settings: Callable[..., Any], authority: Authority, serve: Callable[..., Server]
) -> None:
    certificate = authority.issue("server", ["localhost"])
    device = authority.issue("device", ["device.example.org"])
    server = serve(certificate, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    server._context.load_verify_locations(authority.certificate)
    server._context.verify_mode = ssl.CERT_REQUIRED
    options = {
        "url": f"https://localhost:{server.port}",
        "pins": [certificate.pin],
        "ca_file": authority.certificate,
    }
    await refusal(open_transport(make_settings(**options)))
    transport = open_transport(
        make_settings(**options, client_certificate=device.certificate, client_key=device.key)
    )
    assert (await transport.post("batches", BODY, DEVICE, 1)).status == 200
    await transport.close()


@pytest.mark.parametrize("url", ["https://localhost:1", "mqtts://localhost:1"])
def test_a_client_key_that_others_can_read_is_refused(
    make_settings: Callable[..., Any], authority: Authority, url: str
) -> None:
    device = authority.issue("device", ["device.example.org"])
    shown = {"client_certificate": device.certificate, "client_key": device.key}
    open_transport(make_settings(url=url, **shown))
    device.key.chmod(0o644)
    with pytest.raises(KeyFileError, match=f"chmod 600 {device.key}"):
        open_transport(make_settings(url=url, **shown))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 banana\r\n\r\n",
        b"\x00" * 5000,
    ],
    ids=["closed", "truncated", "no status", "garbage"],
)
async def test_an_answer_that_is_none_is_an_error_in_words(
    answer: bytes,
    make_settings: Callable[..., Any],
    authority: Authority,
    serve: Callable[..., Server],
) -> None:
    certificate = authority.issue("server", ["localhost"])
    server = serve(certificate, answer)
    settings = make_settings(
        url=f"https://localhost:{server.port}",
        pins=[certificate.pin],
        ca_file=authority.certificate,
    )
    assert 0 < len(await refusal(open_transport(settings))) <= 64


def test_privcv_pin_agrees_with_openssl(authority: Authority, serve: Callable[..., Server]) -> None:
    import base64
    import hashlib
    import shutil
    import subprocess

    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is absent")
    certificate = authority.issue("server", ["localhost"])
    spki = subprocess.run(
        ["openssl", "pkey", "-in", certificate.key, "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    pin = "sha256/" + base64.b64encode(hashlib.sha256(spki).digest()).decode()
    server = serve(certificate)
    assert server_pin("localhost", server.port, authority.certificate)[0] == pin
    assert file_pin(certificate.certificate) == file_pin(certificate.key) == pin
    with pytest.raises(CertificateError, match="--ca-file"):
        server_pin("localhost", server.port)


def test_nobody_there_is_an_error_in_words() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(CertificateError, match="refused"):
        server_pin("localhost", port)
