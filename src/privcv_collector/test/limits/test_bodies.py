# SPDX-License-Identifier: Apache-2.0
"""Bodies of requests: bounds of size and time, and who may make a collector parse them."""

import json
import socket
from datetime import datetime, timezone
from urllib.parse import urlsplit

import pytest

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
