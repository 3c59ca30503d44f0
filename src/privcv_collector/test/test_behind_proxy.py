# SPDX-License-Identifier: Apache-2.0
"""``--behind-proxy`` end to end: addresses come from the named balancer and from nobody else.

The balancer is real and small: it ends TLS and appends the address that it saw. On Linux each
address of 127/8 is this machine's, so that clients, balancer and strangers have their own.
"""

import http.client
import socket
import sqlite3
import ssl
import sys
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from balancer import BALANCER, balancer

from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates

CLIENT, OTHER, FORGED = "127.0.0.2", "127.0.0.3", "203.0.113.7"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs several local addresses")


@pytest.fixture
def certificates(tmp_path):
    return demo_certificates(tmp_path / "tls")


@pytest.fixture
def db(tmp_path):
    return f"sqlite:///{tmp_path}/collector.db"


def ask(url, certificates, source, forwarded=None):
    """Status of a request that is refused and put on record, sent from address ``source``."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20, source_address=(source, 0))
    if parts.scheme == "https":
        connection.sock = ssl.create_default_context(cafile=certificates.ca_file).wrap_socket(
            socket.create_connection((parts.hostname, parts.port), 20, (source, 0)),
            server_hostname=parts.hostname,
        )
    with closing(connection):
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        connection.request("POST", "/v1/batches", b"no envelope", headers)
        return connection.getresponse().status


def peers(folder):
    """Addresses in the audit of refusals, in order."""
    with closing(sqlite3.connect(folder / "collector.db")) as database:
        return [peer for (peer,) in database.execute("SELECT peer FROM refusals ORDER BY pk")]


def test_the_balancer_is_believed_and_a_forger_is_not(db, certificates, tmp_path):
    with (
        running_collector(db, "--behind-proxy", BALANCER) as collector,
        balancer(collector.url, certificates) as url,
    ):
        assert ask(url, certificates, CLIENT) == 422
        # What a client claims lies left of what the balancer saw.
        assert ask(url, certificates, CLIENT, FORGED) == 422
        assert ask(url, certificates, CLIENT, f"{FORGED}, {BALANCER}") == 422
        # Who comes past the balancer speaks for himself only.
        assert ask(collector.url, certificates, OTHER, FORGED) == 422
        assert ask(collector.url, certificates, OTHER, BALANCER) == 422
    assert peers(tmp_path) == [CLIENT, CLIENT, CLIENT, OTHER, OTHER]


def test_without_the_option_nobody_is_believed(db, certificates, tmp_path, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own switch
    with running_collector(db) as collector, balancer(collector.url, certificates) as url:
        assert ask(url, certificates, CLIENT) == 422
        assert ask(collector.url, certificates, OTHER, FORGED) == 422
    assert peers(tmp_path) == [BALANCER, OTHER]


def test_each_client_of_the_balancer_has_a_rate_of_its_own(db, certificates, tmp_path):
    limits = tmp_path / "limits.yaml"
    limits.write_text("peer_rate_hz: 0.01\nburst_s: 300\n")  # three at once, then none
    options = ("--behind-proxy", BALANCER, "--limits", str(limits))
    with (
        running_collector(db, *options) as collector,
        balancer(collector.url, certificates) as url,
    ):
        assert [ask(url, certificates, CLIENT) for _ in range(4)] == [422, 422, 422, 429]
        assert ask(url, certificates, CLIENT, FORGED) == 429
        assert ask(url, certificates, OTHER) == 422
        assert [ask(collector.url, certificates, "127.0.0.4", f"203.0.113.{n}") for n in range(4)][
            -1
        ] == 429
