# SPDX-License-Identifier: Apache-2.0
"""A certificate that was renewed is used, by servers and clients, with nothing started again."""

import http.client
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_core.errors import TlsFileError
from privcv_core.files.tls_files import load_certificate
from privcv_core.files.tls_reload import ReloadedTls
from privcv_core.protocol.demo_certificates import Authority, ServerCertificate
from privcv_uplink.transports.https import HttpsTransport
from privcv_uplink.transports.mqtt import MqttTransport
from privcv_uplink.transports.transport import TransportError


@contextmanager
def service(folder: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A collector without a terminal, as a service manager starts it: its URL and its process."""
    command = [sys.executable, "-m", "privcv_collector", "--db", f"sqlite:///{folder}/c.db"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", "0", *options],
            stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            # Also where these tests run under nohup, which would be inherited.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], process
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()


def replace(renewed: ServerCertificate, live: ServerCertificate) -> None:
    """Let ``renewed`` lie where ``live`` does."""
    for new, old in ((renewed.key, live.key), (renewed.certificate, live.certificate)):
        fresh = old.with_name("fresh")
        fresh.touch(0o600)
        fresh.write_bytes(new.read_bytes())
        os.replace(fresh, old)


def serial(certificate: Path) -> int:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number


def shown(url: str, authority: Path) -> int:
    """The serial number of the certificate that the server shows."""
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, context=context, timeout=10)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    der = connection.sock.getpeercert(binary_form=True)
    connection.close()
    return x509.load_der_x509_certificate(der).serial_number


def figures(url: str, authority: Path) -> str:
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, context=context, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_a_collector_shows_its_renewed_certificate_after_sighup(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    live = authority.issue("live", ["127.0.0.1"], lifetime=timedelta(days=10))
    first, ca = serial(live.certificate), authority.certificate
    options = ("--tls-cert", str(live.certificate), "--tls-key", str(live.key))
    with service(tmp_path, *options) as (url, process):
        assert shown(url, ca) == first
        ends = datetime.now(timezone.utc) + timedelta(days=10)
        (told,) = [
            float(line.split()[1]) for line in figures(url, ca).splitlines()
            if line.startswith("privcv_collector_certificate_end_seconds ")
        ]  # fmt: skip
        assert told == pytest.approx(ends.timestamp(), abs=600)
        log = tmp_path / "log"
        assert f"{live.certificate}: ends on {ends:%Y-%m-%d}: renew it" in log.read_text()
        renewed = authority.issue("renewed", ["127.0.0.1"])
        key = live.key.read_bytes()
        live.key.write_bytes(renewed.key.read_bytes())  # the certificate is still the old one
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "is not the key of" in log.read_text(), 20.0)
        assert shown(url, ca) == first
        live.key.write_bytes(key)
        replace(renewed, live)
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: shown(url, ca) == serial(renewed.certificate), 20.0)
        assert process.poll() is None
        assert "certificate_end_seconds" in figures(url, ca)


def test_a_replaced_administrators_token_counts_after_sighup_and_the_old_one_no_more(
    tmp_path: Path,
) -> None:
    file, log = tmp_path / "token", tmp_path / "log"
    file.touch(0o600)
    file.write_text("a token that was leaked\n")
    with service(tmp_path, "--admin-token-file", str(file)) as (url, process):
        assert asked(url, "a token that was leaked") == 200
        file.write_text("another one, not leaked\n")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: asked(url, "another one, not leaked") == 200, 20.0)
        assert asked(url, "a token that was leaked") == 401
        file.unlink()
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: asked(url, "another one, not leaked") == 401, 20.0)
        assert "nobody is administrator by it" in log.read_text()


def asked(url: str, token: str) -> int:
    """The status of a question that administrators may ask."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/v1/devices", headers={"Authorization": f"Bearer {token}"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_hangup_ends_no_collector_that_is_a_service(tmp_path: Path) -> None:
    with service(tmp_path) as (url, process):
        process.send_signal(signal.SIGHUP)
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()
        assert process.poll() is None


async def test_an_uplink_shows_its_renewed_client_certificate(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "a"), Authority(tmp_path / "b")
    server = authority.issue("server", ["localhost"])
    live = authority.issue("device", ["device"])
    options = ("--tls-cert", str(server.certificate), "--tls-key", str(server.key),
               "--client-ca", str(authority.certificate))  # fmt: skip
    with service(tmp_path, *options) as (url, _process):
        settings = uplink_settings(
            tmp_path, url=url.replace("127.0.0.1", "localhost"), pins=[server.pin],
            ca_file=authority.certificate, client_certificate=live.certificate,
            client_key=live.key,
        )  # fmt: skip
        transport = HttpsTransport(settings)
        try:
            assert (await transport.post("batches", b"{}", "0" * 32, 1)).status == 422
            right = authority.issue("right", ["device"])
            replace(other.issue("wrong", ["device"]), live)
            with pytest.raises(TransportError):
                await transport.post("batches", b"{}", "0" * 32, 1)
            replace(right, live)
            assert (await transport.post("batches", b"{}", "0" * 32, 1)).status == 422
        finally:
            await transport.close()


def test_both_transports_look_at_the_same_files(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "a")
    live = authority.issue("device", ["device"])
    for transport in (HttpsTransport, MqttTransport):
        made = transport(
            uplink_settings(
                tmp_path,
                ca_file=authority.certificate,
                client_certificate=live.certificate,
                client_key=live.key,
            )
        )
        before = made._tls.context
        assert not made._tls.refresh()
        replace(authority.issue("next", ["device"]), live)
        assert made._tls.refresh()
        assert made._tls.context is not before


def test_what_cannot_be_used_is_said_once_and_the_old_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    live = authority.issue("live", ["localhost"])

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load_certificate(context, live.certificate, live.key)
        return context

    tls = ReloadedTls(make, (live.certificate, None, live.key), live.certificate)
    before = tls.context
    live.certificate.write_text("half of a")
    for _ in range(3):
        assert not tls.refresh()
    assert tls.context is before
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    live.certificate.unlink()
    assert not tls.refresh()
    replace(authority.issue("next", ["localhost"]), live)
    assert tls.refresh()
    assert not tls.refresh()
    live.certificate.write_text("half of a")
    with pytest.raises(TlsFileError):
        ReloadedTls(make, (live.certificate,), live.certificate)


@pytest.mark.parametrize("left", [None, "half of a"])
def test_one_that_is_replaced_again_while_it_is_read_does_not_end_the_looking(
    tmp_path: Path, left: str | None
) -> None:
    """Whoever looks each minute would else never look again."""
    authority = Authority(tmp_path)
    live = authority.issue("live", ["localhost"])
    meanwhile: list[bool] = []

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load_certificate(context, live.certificate, live.key)
        if meanwhile:
            meanwhile.pop()
            live.certificate.unlink() if left is None else live.certificate.write_text(left)
        return context

    tls = ReloadedTls(make, (live.certificate, live.key), live.certificate)
    replace(authority.issue("next", ["localhost"]), live)
    meanwhile.append(True)
    assert not tls.refresh()
    replace(authority.issue("last", ["localhost"]), live)
    assert tls.refresh()


@pytest.mark.parametrize(("days", "said"), [(30, ""), (13, "ends on"), (-1, "ended on")])
def test_the_end_of_a_certificate_is_told_two_weeks_ahead(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, days: int, said: str
) -> None:
    live = Authority(tmp_path).issue("live", ["localhost"], lifetime=timedelta(days=40))
    now = datetime.now(timezone.utc) + timedelta(days=40 - days)
    tls = ReloadedTls(lambda: ssl.create_default_context(), (), live.certificate, lambda: now)
    for _ in range(3):
        tls.refresh()
    assert len(caplog.records) == bool(said)
    assert said in caplog.text
