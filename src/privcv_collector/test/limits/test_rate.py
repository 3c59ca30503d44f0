# SPDX-License-Identifier: Apache-2.0
"""Rate limits: of devices, of readers and of network addresses."""

import sys
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from privcv_collector.api.requests import count_peer
from privcv_collector.devices import key_cache
from privcv_collector.devices.key_cache import CachedKey, KeyCache
from privcv_collector.limits.rate import RateLimit, network_of
from privcv_collector.refused import Refused


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


@pytest.fixture
def hasty_threads():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work, threads=8):
    """What ``work`` returned in each of some threads that do it at the same time."""
    with ThreadPoolExecutor(threads) as pool:
        return [done.result() for done in [pool.submit(work) for _ in range(threads)]]


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_ask_at_once_get_no_more_than_one_would():
    """The loop and the pool of threads count requests of the same address."""
    for _ in range(20):
        rate = RateLimit(1e-9, 100, clock=lambda: 0.0)
        granted = at_once(lambda rate=rate: sum(rate.wait_s("a") == 0.0 for _ in range(200)))
        assert sum(granted) == 100


class Interrupted(OrderedDict):
    """Where another thread does ``meanwhile`` just when a key was found, as far as it can."""

    meanwhile = None

    def get(self, *given):
        found = super().get(*given)
        if self.meanwhile is not None:
            other = threading.Thread(target=self.meanwhile, daemon=True)
            self.meanwhile = None
            other.start()
            other.join(0.2)
        return found


def test_a_key_that_another_thread_pushes_out_at_that_moment_is_no_error(monkeypatch):
    monkeypatch.setattr(key_cache, "_MOST", 1)
    keys = KeyCache(None)
    monkeypatch.setattr(
        keys, "_look_up", lambda envelope, _: CachedKey(envelope.device, 1, 1, 1, None)
    )
    keys._known = Interrupted()
    asked, other = (SimpleNamespace(device=name, key_id="k") for name in "ab")
    keys.find(asked, None)
    keys._known.meanwhile = lambda: keys.find(other, None)
    assert keys.cached(asked).device == "a"


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


def test_figures_are_limited_as_everything_else_is(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", peer_rate_hz=0.01, burst_s=200.0) as server:
        assert [server.call("GET", "/metrics").status for _ in range(3)] == [200, 200, 429]


def test_all_addresses_of_an_ipv6_network_count_as_one():
    same = ("2001:db8:1:2::1", "2001:DB8:1:2:ffff:0:1:2", "2001:db8:1:2:0::7%eth0")
    assert len({network_of(address) for address in same}) == 1
    assert network_of("2001:db8:1:3::1") != network_of(same[0])
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("::ffff:192.0.2.1") != network_of("::ffff:192.0.2.2")
    assert network_of("a:b") == "a:b"  # what a proxy made up stays what it is


def test_a_peer_cannot_change_its_address_within_its_network_to_go_on(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", peer_rate_hz=0.01, burst_s=200.0) as server:
        requests = [
            Request({"type": "http", "client": (f"2001:db8::{number}", 1)}) for number in range(3)
        ]
        count_peer(server.collector, requests[0])
        count_peer(server.collector, requests[1])
        with pytest.raises(Refused, match="too many"):
            count_peer(server.collector, requests[2])


@pytest.mark.parametrize("path", ["/healthz", "/", "/docs", "/openapi.json", "/none", "/none/a"])
def test_what_needs_no_token_has_a_rate_of_its_own(running, tmp_path, path):
    limits = {"open_rate_hz": 0.01, "peer_rate_hz": 0.01, "burst_s": 300.0}
    with running(f"sqlite:///{tmp_path}/c.db", **limits) as server:
        usual = 404 if "none" in path else 200
        found = [server.call("GET", path) for _ in range(4)]
        assert [answer.status for answer in found] == [usual, usual, usual, 429]
        assert found[-1].content["error"] == "rate"
        assert int(found[-1].headers["Retry-After"]) >= 1
        assert server.call("GET", "/metrics").status == 200  # that is another rate
        assert server.call("GET", "/v1/none").status == 404
        counted = server.rows("SELECT error, path FROM refusals")
        assert counted == [("rate", path)]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/none"), ("PUT", "/v1/batches")])
def test_paths_that_are_none_have_a_rate_too(running, tmp_path, method, path):
    with running(f"sqlite:///{tmp_path}/c.db", peer_rate_hz=0.01, burst_s=200.0) as server:
        usual = 404 if method == "GET" else 405
        found = [server.call(method, path).status for _ in range(3)]
        assert found == [usual, usual, 429]
        assert server.call("GET", "/healthz").status == 200


ODD_PATHS = [
    *("/metricsx", "/metrics/", "/metrics/a", "/v1", "/v1/", "/v1/none", "/V1/totals", "//v1/now"),
    *("/v1/../docs", "/v1/batches/", "/healthz/", "/ui/none", "/docs/none", "/openapi.json/"),
]
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def test_no_request_is_without_a_rate(sqlite_server):
    """Each method on each path of the description, and on some that are none."""
    collector = sqlite_server.collector
    described = [path.format_map(Anything()) for path in sqlite_server.app.openapi()["paths"]]
    assert len(described) > 20
    endless = []
    for path in [*described, "/", "/docs", "/openapi.json", *ODD_PATHS]:
        for method in METHODS:
            collector.peer_rate, collector.open_rate = RateLimit(1e-6, 2), RateLimit(1e-6, 2)
            body = b"{}" if method == "POST" else None
            if [sqlite_server.call(method, path, body).status for _ in range(3)][-1] != 429:
                endless.append((method, path))
    assert endless == []


class Anything(dict):
    """A value for each parameter of a path."""

    def __missing__(self, name):
        return "0" * 32


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_what_a_page_of_another_site_asks_counts_too(sqlite_server, method):
    sqlite_server.collector.peer_rate = RateLimit(1e-6, 2)
    asked = {"body": {"token": "x"}, "Sec_Fetch_Site": "cross-site"}
    found = [sqlite_server.call(method, "/v1/page-session", **asked) for _ in range(3)]
    assert [answer.status for answer in found] == [403, 403, 429]


def test_health_checks_every_second_are_always_answered(running, tmp_path):
    """Three balancers of one address, each once a second, whatever else that address asks."""
    with running(f"sqlite:///{tmp_path}/c.db") as server:
        now = [0.0]
        server.collector.open_rate._clock = lambda: now[0]
        for _ in range(200):
            now[0] += 1.0
            assert [server.call("GET", "/healthz").status for _ in range(3)] == [200] * 3
