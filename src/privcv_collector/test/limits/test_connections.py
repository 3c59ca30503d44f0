# SPDX-License-Identifier: Apache-2.0
"""What a stranger's connection can hold is bounded, and others are served meanwhile."""

import resource
import socket
import sys
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from waiting import wait_until

from privcv_collector.limits.crowd import Crowd
from privcv_collector.testing import running_collector

HEAD = b"GET /healthz HTTP/1.1\r\nHost: c\r\n"
CHUNKED = (
    b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
)


def connect(url, source="127.0.0.1"):
    host, port = urlsplit(url).netloc.split(":")
    return socket.create_connection((host, int(port)), timeout=10, source_address=(source, 0))


def ended(connection):
    """Wait until the other side closes it; what it said before."""
    said = b""
    try:
        while part := connection.recv(65536):
            said += part
    except ConnectionError:
        pass
    return said


def push(connection, more, times, pause_s=0.0):
    """Send ``more`` again and again."""
    for _ in range(times):
        connection.sendall(more)
        time.sleep(pause_s)


@pytest.fixture
def serving(running, tmp_path):
    """``with serving(head_timeout_s=1) as server``: a collector with bounds of its own."""

    def start(settings=None, **connections):
        return running(f"sqlite:///{tmp_path}/c.db", connections, **(settings or {}))

    return start


@pytest.mark.parametrize(
    "start", [b"GET /", HEAD, HEAD + b"x: ", CHUNKED, CHUNKED + b"x: ", b"\r\n"]
)
def test_a_head_or_trailers_without_end_end_the_connection(serving, start):
    """Pieces of one header, or one header after the other."""
    more = b"\r\n" * 2048 if start == b"\r\n" else b"a" * 4096
    if start in (HEAD, CHUNKED):
        more = b"x: " + b"a" * 4091 + b"\r\n"
    with serving() as server, connect(server.url) as connection:
        connection.sendall(start)
        time.sleep(0.05)
        most = 16 * 2**20 // len(more)  # more than fits into the buffers of sockets
        with pytest.raises(ConnectionError):
            push(connection, more, most)
        assert server.call("GET", "/healthz").status == 200


@pytest.mark.parametrize("start", [b"", b"\r\n", b"GET /", HEAD, HEAD + b"x: "])
def test_a_head_must_end_in_time(serving, start):
    with serving(head_timeout_s=0.3) as server, connect(server.url) as connection:
        connection.sendall(start)
        assert ended(connection) == b""


@pytest.mark.parametrize("start", [b"\r\n", HEAD])
def test_so_must_the_head_of_the_next_request(serving, start):
    with serving(head_timeout_s=0.3) as server, connect(server.url) as connection:
        for _ in range(3):  # longer than the bound together: it is for each
            connection.sendall(HEAD + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            time.sleep(0.2)
        connection.sendall(start)
        assert ended(connection) == b""


def test_nobody_holds_a_connection_with_a_body_that_was_refused(serving):
    head = b"POST /v1/enrolment-tokens HTTP/1.1\r\nHost: c\r\nContent-Length: 900000\r\n\r\n"
    with serving(head_timeout_s=0.3) as server, connect(server.url) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
        with pytest.raises(ConnectionError):
            push(connection, b"x", 100, pause_s=0.05)


def test_who_waited_longest_for_a_request_makes_room(serving, release):
    with ExitStack() as held, serving(most_connections=8) as server:
        device = server.enrolled()
        mute = [held.enter_context(connect(server.url)) for _ in range(30)]
        for number in (1, 2, 3):
            assert device.send(release(number)).status == 200
        assert ended(mute[0]) == b""
        mute[-1].sendall(HEAD + b"\r\n")
        assert mute[-1].recv(65536).startswith(b"HTTP/1.1 200")


def test_who_holds_most_connections_makes_room_for_others(serving, release):
    """One address, with bodies that it never ends, would else keep everybody out."""
    open_body = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nContent-Length: 1000\r\n\r\nx"
    with ExitStack() as held, serving(most_connections=8) as server:
        stalled = [held.enter_context(connect(server.url, "127.0.0.2")) for _ in range(7)]
        slow = held.enter_context(connect(server.url, "127.0.0.3"))
        for connection in (slow, *stalled):
            connection.sendall(open_body)
        wait_until(lambda: len(server.collector.bodies._arriving) == 2)
        device = server.enrolled()
        for number in range(1, 6):
            assert device.send(release(number)).status == 200
        more = [held.enter_context(connect(server.url, "127.0.0.2")) for _ in range(20)]
        assert device.send(release(6)).status == 200
        assert ended(stalled[0]) == ended(more[0]) == b""
        slow.sendall(b"x" * 999)
        assert slow.recv(65536).startswith(b"HTTP/1.1 422")


def test_the_largest_group_gives_way_with_who_waits_and_then_with_who_came_first():
    crowd = Crowd()
    assert crowd.to_give_way() is None
    for group, member in ("a1", "b1", "a2", "b2", "b3", "c1"):
        crowd.add(group, group + member)
        crowd.set_idle(group, group + member)
    crowd.set_busy("b", "b1")
    for gone in ("b2", "a1", "b3"):
        assert crowd.to_give_way() == gone
        crowd.remove(gone[0], gone)
        crowd.remove(gone[0], gone)  # again: it is lost when its turn comes
    assert crowd.to_give_way() == "a2"  # each group has one: who waited longest of all
    for member in ("a2", "c1"):
        crowd.set_busy(member[0], member)
    assert crowd.to_give_way() is None
    crowd.add("b", "b4")
    assert crowd.to_give_way() == "b1"


def test_a_client_that_reads_nothing_is_let_go(serving):
    with serving(stalled_s=0.3) as server, connect(server.url) as connection:
        ask = b"GET /openapi.json HTTP/1.1\r\nHost: c\r\n\r\n"
        connection.sendall(ask * 1000)
        with pytest.raises(ConnectionError):
            push(connection, ask, 200, pause_s=0.05)
        assert server.call("GET", "/healthz").status == 200


def test_bodies_that_stall_give_way_to_those_that_arrive(serving, release):
    settings = {"max_body_bytes": 65536, "max_bodies_bytes": 262_144}
    head = b"POST /v1/batches HTTP/1.1\r\nHost: c\r\nContent-Length: 65536\r\n\r\n"
    with ExitStack() as held, serving(settings) as server:
        device = server.enrolled()
        stalled = [held.enter_context(connect(server.url)) for _ in range(20)]
        for connection in stalled:
            connection.sendall(head + b"x" * 60_000)
        assert device.send(release(1)).status == 200
        said = stalled[0].recv(65536)
        assert said.startswith(b"HTTP/1.1 503")
        assert b'"busy"' in said
        assert server.collector.bodies.held_bytes <= 262_144
        for connection in stalled:
            connection.close()
        end = time.monotonic() + 10
        while server.collector.bodies.held_bytes and time.monotonic() < end:
            time.sleep(0.02)
        assert server.collector.bodies.held_bytes == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_collector_takes_the_descriptors_that_it_may_have(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))  # as a login shell gives it
    try:
        with running_collector(f"sqlite:///{tmp_path}/c.db") as collector:
            taken, _ = resource.prlimit(collector.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert taken == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
