# SPDX-License-Identifier: Apache-2.0
"""Serving: TLS 1.3 only, and what cannot be listened on or used is said in words."""

import http.client
import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from privcv_collector.devices.administration import (
    issue_access_token,
)
from privcv_collector.errors import CollectorError
from privcv_collector.serve import Address, serve
from privcv_collector.settings import CollectorSettings
from privcv_collector.testing import running_collector
from privcv_core.errors import PrivcvError
from privcv_core.protocol.demo_certificates import demo_certificates


def test_tls_is_1_3_only_and_the_totals_can_be_read(tmp_path):
    certificates = demo_certificates(tmp_path)
    db = f"sqlite:///{tmp_path}/c.db"
    tls = (certificates.certificate, certificates.key)
    with running_collector(db, "--host", "127.0.0.1", tls=tls) as collector:
        assert collector.url.startswith("https://")
        context = ssl.create_default_context(cafile=certificates.ca_file)
        token = issue_access_token(db, "demo", "viewer")
        assert get(collector.url, context, "/v1/totals", token) == {"totals": [], "next": None}
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            get(collector.url, context, "/v1/totals", token)
        assert collector.stop() == 0


def get(url, context, path, token):
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, context=context)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return json.load(connection.getresponse())
    finally:
        connection.close()


def test_a_port_that_is_taken_is_said_in_words(tmp_path):
    settings = CollectorSettings(db=f"sqlite:///{tmp_path}/c.db")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = f"127.0.0.1:{port}: cannot listen: Address already in use"
        with pytest.raises(CollectorError, match=words):
            serve(settings, Address(port=port))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"tls_cert": "missing.pem"}, "belong together"),
        ({"tls_cert": "missing.pem", "tls_key": "missing.key"}, "No such file"),
        ({"client_ca": "missing.pem"}, "needs --tls-cert"),
    ],
)
def test_certificates_that_cannot_be_used_are_said_in_words(tmp_path, files, words):
    settings = CollectorSettings(db=f"sqlite:///{tmp_path}/c.db")
    with pytest.raises(PrivcvError, match=words):
        serve(settings, Address(port=0, **{name: Path(file) for name, file in files.items()}))


@pytest.mark.parametrize(
    "addresses",
    ["balancer.example.org", "10.0.0.5/24", "10.0.0.5,", "*", "0.0.0.0/0", "::/0", "unix:", ""],
)
def test_balancers_that_would_never_be_met_are_refused(tmp_path, addresses):
    settings = CollectorSettings(db=f"sqlite:///{tmp_path}/c.db")
    with pytest.raises(CollectorError, match=r"--behind-proxy: '.*' is (no IP address|everybody)"):
        serve(settings, Address(port=0, behind_proxy=addresses))


def test_a_collector_that_ends_tls_blames_the_file_at_fault(tmp_path):
    one, other = demo_certificates(tmp_path / "one"), demo_certificates(tmp_path / "other")
    settings = CollectorSettings(db=f"sqlite:///{tmp_path}/c.db")
    files = {"tls_cert": one.certificate, "tls_key": one.key, "client_ca": other.key}
    with pytest.raises(CollectorError, match=f"^{other.key}: cannot be used as authorities"):
        serve(settings, Address(port=0, **files))
    with pytest.raises(CollectorError, match=f"^{other.key}: is not the key of"):
        serve(settings, Address(port=0, tls_cert=one.certificate, tls_key=other.key))


def test_who_does_not_end_the_handshake_does_not_hold_a_descriptor(tmp_path):
    """On whatever loop uvicorn chose, for as long as is set here."""
    certificates = demo_certificates(tmp_path)
    script = (
        "import privcv_collector.serve as served; from pathlib import Path\n"
        "from privcv_collector.settings import CollectorSettings\n"
        "served.HANDSHAKE_S = 0.5\n"
        f"served.serve(CollectorSettings(db='sqlite:///{tmp_path}/c.db'), served.Address(port=0,"
        f" tls_cert=Path('{certificates.certificate}'), tls_key=Path('{certificates.key}')))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            port = urlsplit(server.stdout.readline().split()[-1]).port
            with socket.create_connection(("127.0.0.1", port), timeout=20) as silent:
                assert silent.recv(1) == b""  # closed, long before a minute is over
        finally:
            server.terminate()
