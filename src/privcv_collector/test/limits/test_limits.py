# SPDX-License-Identifier: Apache-2.0
"""What one peer can make a collector do is bounded: size, time, rate, and the audit itself."""

import json
import socket
from datetime import datetime, timezone
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request

from privcv_collector.api.requests import count_peer
from privcv_collector.limits.rate import RateLimit, payer_of
from privcv_collector.refused import Refused
from privcv_collector.storage import refusal_log
from privcv_collector.storage.refusal_log import trim
from privcv_core.protocol import envelope
from privcv_core.protocol.envelope import seal


def raw_answer(server, request, most_s=10.0):
    """What the server says to bytes, until it closes the connection."""
    host, port = urlsplit(server.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=most_s) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
            if b"\r\n\r\n" in b"".join(parts) and b"}" in part:
                break
        return b"".join(parts)


@pytest.fixture
def small(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", max_body_bytes=4096, body_timeout_s=0.3) as server:
        yield server


def test_a_body_that_announces_too_much_is_refused_unread(small):
    head = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nContent-Length: 99999999999999999999\r\n\r\n"
    assert raw_answer(small, head)[9:12] in (b"413", b"400")
    head = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nContent-Length: 4097\r\n\r\n"
    assert raw_answer(small, head).startswith(b"HTTP/1.1 413")


def test_nobody_reads_the_body_of_a_stranger(small):
    """Who may not, is told so before a byte of the body was awaited."""
    head = b"POST /v1/enrolment-tokens HTTP/1.1\r\nHost: c\r\nContent-Length: 900000\r\n\r\n"
    assert raw_answer(small, head).startswith(b"HTTP/1.1 401")
    bearer = b"Authorization: Bearer " + small.token("admin").encode() + b"\r\n\r\n"
    assert raw_answer(small, head[:-2] + bearer).startswith(b"HTTP/1.1 413")


def test_a_body_that_says_no_length_is_cut_off(small):
    head = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"800\r\n" + b"x" * 2048 + b"\r\n"
    answer = raw_answer(small, head + chunk * 3)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"too_large"' in answer


def test_a_body_that_stalls_is_refused(small):
    head = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nContent-Length: 100\r\n\r\n{"
    answer = raw_answer(small, head)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"timeout"' in answer


def test_a_device_that_sends_too_fast_is_told_when_to_come_back(running, tmp_path, release):
    url = f"sqlite:///{tmp_path}/c.db"
    with running(url, device_rate_hz=0.5, burst_s=4.0) as server:
        device, other = server.enrolled(), server.enrolled()
        assert [device.send(release(n)).status for n in (1, 2, 3)] == [200, 200, 429]
        refused = device.send(release(3))
        assert refused.content["error"] == "rate"
        assert 1 <= int(refused.headers["Retry-After"]) <= 2
        assert other.send(release(1)).status == 200
        # A forger cannot use up a device's rate: only what its key signed counts.
        for _ in range(5):
            forged = other.batch(release(2)).replace(b'"window_s":60', b'"window_s":61')
            assert other.post(forged).content["error"] == "bad_signature"
        assert other.send(release(2)).status == 200


def test_a_reader_cannot_ask_without_end(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", peer_rate_hz=0.5, burst_s=6.0) as server:
        token = server.token("viewer")
        bearer = {"Authorization": f"Bearer {token}"}
        found = [server.call("GET", "/v1/totals", **bearer).status for _ in range(4)]
        assert found == [200, 200, 200, 429]


def test_a_rate_allows_a_burst_and_then_its_average():
    now = [0.0]
    rate = RateLimit(2.0, 3, clock=lambda: now[0])
    assert [rate.wait_s("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    now[0] = 0.5
    assert rate.wait_s("a") == 0.0
    assert rate.wait_s("a") == 0.5
    assert rate.wait_s("b") == 0.0
    now[0] = 100.0
    assert [rate.wait_s("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_flood_of_refusals_is_counted_without_filling_the_database(sqlite_server):
    log = sqlite_server.collector._store._refusals
    log._kinds = RateLimit(1e-6, 5)
    for _ in range(12):
        sqlite_server.call("POST", "/v1/batches", b"x")
    assert sqlite_server.rows("SELECT count(*) FROM refusals") == [(5,)]
    log._kinds = RateLimit(1e-6, 1)
    sqlite_server.call("POST", "/v1/batches", b"x")
    assert sqlite_server.rows("SELECT sum(times) FROM refusals") == [(13,)]
    text = sqlite_server.read("/metrics")
    assert 'privcv_collector_refused_total{error="invalid"} 13.0' in text


def recorded(server):
    found = server.rows("SELECT error, count(*), sum(times) FROM refusals GROUP BY error")
    return {error: (rows, times) for error, rows, times in found}


def forged(device, release):
    return device.batch(release(1)).replace(b'"window_s":60', b'"window_s":61')


def test_a_flood_of_one_kind_hides_no_other_kind(server, release):
    server.collector._store._refusals._kinds = RateLimit(1e-6, 3)
    device = server.enrolled()
    for _ in range(8):
        server.call("GET", "/v1/totals")
    for _ in range(2):
        device.post(forged(device, release))
    assert recorded(server) == {"unauthorized": (3, 3), "bad_signature": (2, 2)}


def test_a_flood_in_the_name_of_one_device_hides_no_other_device(server, release, new_device):
    """Nor do names that nobody enrolled use the reserve of those that are."""
    log = server.collector._store._refusals
    log._kinds, log._devices = RateLimit(1e-6, 3), RateLimit(1e-6, 2)
    known, attacked = server.enrolled(), server.enrolled()
    for _ in range(9):
        known.post(forged(known, release))
    attacked.post(forged(attacked, release))
    for _ in range(9):
        new_device(server.url).send(release(1))
    assert recorded(server)["bad_signature"] == (6, 10)  # 3, 2 of its reserve; 4 more counted
    last = server.rows("SELECT device FROM refusals WHERE error = 'bad_signature' ORDER BY pk")
    assert last[-1] == (attacked.name,)
    assert recorded(server)["unknown_device"] == (3, 3)


def test_of_old_refusals_the_count_is_kept(server, release):
    device = server.enrolled()
    device.post(forged(device, release))
    for _ in range(9):
        server.call("GET", "/v1/totals")
    with server.collector.engine.begin() as connection:
        trim(connection, 4)
    assert recorded(server) == {"unauthorized": (5, 9), "bad_signature": (1, 1)}
    for _ in range(9):
        server.call("GET", "/v1/totals")
    with server.collector.engine.begin() as connection:
        trim(connection, 4)
        trim(connection, 5)
    assert recorded(server) == {"unauthorized": (5, 18), "bad_signature": (1, 1)}
    newest = server.read("/v1/refusals")["refusals"][0]
    assert (newest["error"], newest["times"]) == ("unauthorized", 14)
    assert "count" in newest["message"]


def test_a_long_audit_is_shortened_while_it_is_written(sqlite_server, monkeypatch):
    monkeypatch.setattr(refusal_log, "MOST_ROWS", 3)
    monkeypatch.setattr(refusal_log, "_ROWS_BETWEEN_TRIMS", 2)
    for _ in range(20):
        sqlite_server.call("GET", "/v1/totals")
    ((rows, times),) = recorded(sqlite_server).values()
    assert rows <= 6
    assert times == 20


def test_nobody_parses_what_is_not_signed(sqlite_server, new_device, monkeypatch):
    """A megabyte of JSON keeps the event loop busy for a third of a second."""
    read = []
    monkeypatch.setattr(
        envelope, "_canonical_object", lambda text: read.append(text) or json.loads(text)
    )
    device, stranger = sqlite_server.enrolled(), new_device(sqlite_server.url)
    assert stranger.post(stranger.batch()).content["error"] == "unknown_device"
    forged = device.batch().replace(b'"dropped":0', b'"dropped":1')
    assert device.post(forged).content["error"] == "bad_signature"
    assert read == []
    device.post(device.batch())
    assert len(read) == 1


def test_a_signed_body_that_is_no_json_is_refused_in_the_name_of_its_device(sqlite_server):
    device = sqlite_server.enrolled()
    raw = seal(device.key, device.name, 1, datetime.now(timezone.utc), b'{"a": 1}')
    assert device.post(raw).content["error"] == "invalid"
    assert sqlite_server.rows("SELECT device FROM refusals") == [(device.name,)]


def test_all_addresses_of_an_ipv6_network_count_as_one():
    same = ("2001:db8:1:2::1", "2001:DB8:1:2:ffff:0:1:2", "2001:db8:1:2:0::7%eth0")
    assert len({payer_of(address) for address in same}) == 1
    assert payer_of("2001:db8:1:3::1") != payer_of(same[0])
    assert payer_of("::ffff:192.0.2.1") == payer_of("192.0.2.1") != payer_of("192.0.2.2")
    assert payer_of("::ffff:192.0.2.1") != payer_of("::ffff:192.0.2.2")
    assert payer_of("a:b") == "a:b"  # what a proxy made up stays what it is


def test_a_peer_cannot_change_its_address_within_its_network_to_go_on(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", peer_rate_hz=0.01, burst_s=200.0) as server:
        requests = [
            Request({"type": "http", "client": (f"2001:db8::{number}", 1)}) for number in range(3)
        ]
        count_peer(server.collector, requests[0])
        count_peer(server.collector, requests[1])
        with pytest.raises(Refused, match="too many"):
            count_peer(server.collector, requests[2])


def test_figures_are_limited_as_everything_else_is(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", peer_rate_hz=0.01, burst_s=200.0) as server:
        assert [server.call("GET", "/metrics").status for _ in range(3)] == [200, 200, 429]
