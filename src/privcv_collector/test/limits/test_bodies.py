# SPDX-License-Identifier: Apache-2.0
"""Bodies of requests: bounds of size and time, and who may make a collector parse them."""

import json
import socket
from datetime import datetime, timezone
from urllib.parse import urlsplit

import pytest
from collector_client import Device
from site_records import make_site_record
from waiting import wait_until

from privcv_collector.devices.revocation import revoke_device
from privcv_core.protocol import envelope
from privcv_core.protocol.envelope import seal
from privcv_core.protocol.signing import SigningKey


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


def test_nobody_parses_what_is_not_signed(sqlite_server, new_device, monkeypatch):
    """A megabyte of JSON keeps the event loop busy for a third of a second."""
    device, stranger = sqlite_server.enrolled(), new_device(sqlite_server.url)
    read = []
    monkeypatch.setattr(
        envelope, "read_canonical", lambda text: read.append(text) or json.loads(text)
    )
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


def stalling(server, address, size=2048, count=1):
    """Connections from ``address`` that announce a body, send ``size`` of it and wait."""
    host, port = urlsplit(server.url).netloc.split(":")
    head = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nContent-Length: 4000\r\n\r\n"
    found = []
    for _ in range(count):
        source = (address, 0)
        connection = socket.create_connection((host, int(port)), 10, source_address=source)
        connection.sendall(head + b"x" * size)
        found.append(connection)
    return found


def answer_of(connection):
    """The status that a connection is answered with."""
    return connection.recv(65536)[9:12]


@pytest.fixture
def roomy(running, tmp_path):
    """Room for four bodies of 4096 bytes; each has long to arrive."""
    settings = {"max_body_bytes": 4096, "max_bodies_bytes": 16_384, "body_timeout_s": 60}
    with running(f"sqlite:///{tmp_path}/c.db", **settings) as server:
        yield server


def test_strangers_push_out_their_own_bodies_and_no_slow_honest_one(roomy):
    (honest,) = stalling(roomy, "127.0.0.1", 3000)
    wait_until(lambda: roomy.collector.bodies.held_bytes == 3000)
    flood = stalling(roomy, "127.0.0.9", 3999, count=40)
    refused = [answer_of(connection) for connection in flood[:30]]
    assert refused == [b"503"] * 30
    honest.sendall(b"x" * 1000)
    assert answer_of(honest) == b"422"  # it arrived, whole, and is no envelope
    for connection in (honest, *flood):
        connection.close()


def test_networks_that_no_device_spoke_from_give_way_first(roomy):
    """Also where each of them holds less than the honest one."""
    device = roomy.enrolled()
    device.post(device.batch())  # its signature came from 127.0.0.1
    (honest,) = stalling(roomy, "127.0.0.1", 3900)
    wait_until(lambda: roomy.collector.bodies.held_bytes == 3900)
    flood = [one for part in range(2, 42) for one in stalling(roomy, f"127.0.1.{part}", 1000)]
    found = [answer_of(connection) for connection in flood[:20]]
    assert found == [b"503"] * 20
    honest.sendall(b"x" * 100)
    assert answer_of(honest) == b"422"
    for connection in (honest, *flood):
        connection.close()


def test_a_stranger_cannot_make_anybody_parse_a_large_enrolment(sqlite_server):
    answer = sqlite_server.call("POST", "/v1/devices", b'{"token":"' + b"x" * 5000 + b'"}')
    assert (answer.status, answer.content["error"]) == (413, "too_large")


def test_a_device_is_known_from_its_enrolment_on(running, tmp_path):
    """Its first batch, which may be large, arrives before any other signature of it."""
    with running(f"sqlite:///{tmp_path}/c.db") as server:
        assert not server.collector.bodies._known
        server.enrolled()
        assert list(server.collector.bodies._known) == ["127.0.0.1"]
        server.collector.bodies._known.clear()
        Device(server.url).enrol("enrol-" + "A" * 43)  # who has no token stays a stranger
        assert not server.collector.bodies._known


def test_after_a_restart_networks_of_devices_are_known_as_before(running, tmp_path, release):
    """Else many strangers at once push out the first upload of a slow one."""
    db = f"sqlite:///{tmp_path}/c.db"
    with running(db) as server:
        device = server.enrolled()
        assert device.send(release(1)).status == 200
    with running(db) as server:
        assert list(server.collector.bodies._known) == ["127.0.0.1"]
        revoke_device(server.collector.engine, device.name)
    with running(db) as server:
        assert not server.collector.bodies._known


def test_a_device_that_is_revoked_is_no_longer_one_that_is_known(running, tmp_path, release):
    """Its key is still cached: whether it is welcome is read in the transaction."""
    with running(f"sqlite:///{tmp_path}/c.db") as server:
        device, known = server.enrolled(), server.collector.bodies._known
        known.clear()
        assert device.send(release(1)).status == 200
        assert list(known) == ["127.0.0.1"]
        known.clear()
        sealed = device.sealed({"checkpoint": CHECKPOINT}, 0)
        assert device.post(sealed, "/v1/checkpoints").status == 200
        assert list(known) == ["127.0.0.1"]
        revoke_device(server.collector.engine, device.name)
        known.clear()
        assert device.send(release(2)).content["error"] == "revoked"
        key, record = SigningKey.generate(), {"content": make_site_record().content(), "version": 1}
        bodies = {
            "/v1/checkpoints": {"checkpoint": CHECKPOINT},
            "/v1/keys": {"rotate": {"alg": key.alg, "key": key.public, "key_id": key.key_id}},
            "/v1/site-records": {"site_record": record},
            "/v1/evidence": {"evidence": None},
        }
        for path, body in bodies.items():
            assert device.post(device.sealed(body, 0), path).content["error"] == "revoked"
        assert not known


CHECKPOINT = {"heads": {}, "time": "2026-01-01T00:00:00Z"}
