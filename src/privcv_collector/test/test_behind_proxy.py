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
import threading
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest

from privcv_collector.storage.administration import issue_enrolment_token
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_uplink.uplink import Uplink

BALANCER, CLIENT, OTHER, FORGED = "127.0.0.9", "127.0.0.2", "127.0.0.3", "203.0.113.7"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs several local addresses")


@contextmanager
def balancer(upstream, certificates):
    """``https://`` address of a reverse proxy that connects from ``BALANCER``."""
    import asyncio

    import aiohttp
    from aiohttp import web

    started, ended = threading.Event(), asyncio.Event()
    found = {}

    async def forward(request):
        forwarded = request.headers.get("X-Forwarded-For")
        seen = ", ".join(filter(None, (forwarded, request.remote)))
        headers = {**request.headers, "X-Forwarded-For": seen, "X-Forwarded-Proto": "https"}
        async with found["session"].request(
            request.method, upstream + request.path_qs, data=await request.read(), headers=headers
        ) as answer:
            kept = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def run():
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


def test_an_uplink_delivers_through_it(
    db, certificates, make_settings, release, wait_until, tmp_path
):
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with (
        running_collector(db, "--behind-proxy", BALANCER) as collector,
        balancer(collector.url, certificates) as url,
    ):
        uplink = Uplink(
            make_settings(
                url=url,
                pins=list(certificates.pins),
                ca_file=certificates.ca_file,
                enrolment_token_file=token,
            )
        )
        uplink.start()
        for number in range(1, 6):
            assert uplink.accept(release(number))
        wait_until(lambda: uplink.status().delivered == 5)
        uplink.stop()
    with closing(sqlite3.connect(tmp_path / "collector.db")) as database:
        assert database.execute("SELECT count(*) FROM releases").fetchone() == (5,)
