# SPDX-License-Identifier: Apache-2.0
"""Webhooks: public addresses only, by what is connected to; signed; nothing followed."""

import hashlib
import hmac
import http.server
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from privcv_collector.alerts import public_address, webhook
from privcv_collector.alerts.public_address import check_url, is_public, public_addresses
from privcv_collector.alerts.webhook import post, signature
from privcv_collector.errors import CollectorError
from privcv_core.protocol.demo_certificates import demo_certificates

NOT_PUBLIC = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1",
    "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_networks_around_us_are_not_public(text):
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_the_internet_is_public(text):
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "https:///x", "//example.org",
        "https://user@example.org/", "https://user:pass@example.org/", "https://example.org/#x",
        "https://example.org:0/", "https://example.org:99999/", "https://exa mple.org/",
        "https://127.0.0.1/", "https://[::1]/", "https://[fe80::1%25eth0]/", "https://10.1.2.3/x",
        "https://éxample.org/", "https://example.org/" + "x" * 512, "file:///etc/passwd",
    ],
)  # fmt: skip
def test_other_urls_are_refused_without_being_repeated(url):
    with pytest.raises(CollectorError) as error:
        check_url(url)
    assert url not in str(error.value)


def resolving(monkeypatch, *addresses):
    """Names resolve to ``addresses``; how often they were asked for."""
    asked = []

    def getaddrinfo(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(public_address.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch, text):
    resolving(monkeypatch, "93.184.216.34", text)  # one of two is enough
    monkeypatch.setattr(webhook.socket, "create_connection", pytest.fail)
    with pytest.raises(CollectorError, match="private"):
        post("https://rebind.example/", "s", b"{}", 1, ssl.create_default_context())


def test_what_was_found_public_is_what_is_connected_to(monkeypatch):
    """A name that leads elsewhere a moment later leads nowhere: it is asked for once."""
    asked, reached = resolving(monkeypatch, "93.184.216.34"), []

    def create_connection(address, timeout):
        reached.append(address)
        raise OSError("no route")

    monkeypatch.setattr(webhook.socket, "create_connection", create_connection)
    with pytest.raises(CollectorError, match="no answer"):
        post("https://hook.example:8443/x", "s", b"{}", 1, ssl.create_default_context())
    assert asked == ["hook.example"]
    assert reached == [("93.184.216.34", 8443)]


def test_a_name_that_is_not_known_is_said_so(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(public_address.socket, "getaddrinfo", fail)
    with pytest.raises(CollectorError, match="resolved"):
        public_addresses("nowhere.example", 443)


@contextmanager
def listening(tmp_path, status=204, headers=(), slow=None):
    """A server with TLS on this machine; what it heard, and how a client trusts it."""
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Privcv-Signature"], body))
            if slow is not None:
                slow.wait(30)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    tls = demo_certificates(tmp_path / "tls")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"https://localhost:{server.server_address[1]}/hook?k=1"
        yield url, heard, ssl.create_default_context(cafile=tls.ca_file)
    finally:
        if slow is not None:
            slow.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def all_public(monkeypatch):
    """The server of a test lies on this machine."""
    monkeypatch.setattr(public_address, "is_public", lambda address: True)


def test_it_is_signed_over_time_and_body(all_public, tmp_path):
    body = json.dumps({"id": "1-1"}).encode()
    with listening(tmp_path) as (url, heard, tls):
        post(url, "secret", body, 1_700_000_000, tls)
    ((path, header, arrived),) = heard
    assert (path, arrived) == ("/hook?k=1", body)
    code = hmac.new(b"secret", b"1700000000." + body, hashlib.sha256).hexdigest()
    assert header == f"t=1700000000,v1={code}"
    assert signature("other", body, 1_700_000_000) != header


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(all_public, tmp_path, status):
    with listening(tmp_path, status, [("Location", "https://127.0.0.1:1/inside")]) as (
        url, heard, tls,
    ):  # fmt: skip
        with pytest.raises(CollectorError, match="redirects are not followed"):
            post(url, "s", b"{}", 1, tls)
        assert len(heard) == 1


@pytest.mark.parametrize("status", [400, 404, 500])
def test_what_is_not_taken_failed(all_public, tmp_path, status):
    with (
        listening(tmp_path, status) as (url, _, tls),
        pytest.raises(CollectorError, match=str(status)),
    ):
        post(url, "s", b"{}", 1, tls)


def test_a_server_without_a_good_certificate_learns_nothing(all_public, tmp_path):
    with listening(tmp_path) as (url, heard, _):
        with pytest.raises(CollectorError, match="TLS"):
            post(url, "s", b"{}", 1, ssl.create_default_context())
        assert heard == []


def test_who_answers_without_end_is_hung_up_on(all_public, tmp_path, monkeypatch):
    monkeypatch.setattr(webhook, "WHOLE_S", 0.3)
    with (
        listening(tmp_path, slow=threading.Event()) as (url, _, tls),
        pytest.raises(CollectorError, match="no answer"),
    ):
        post(url, "s", b"{}", 1, tls)
