# SPDX-License-Identifier: Apache-2.0
"""Events: told when something is stored, of the reader's sites only, for as long as it may read."""

from datetime import timedelta

import pytest
from event_listener import Listener
from waiting import wait_until

from privcv_collector.api import event_watcher
from privcv_collector.api.routes import events
from privcv_collector.clock import now_utc
from privcv_collector.devices import access
from privcv_collector.devices.administration import issue_access_token
from privcv_collector.devices.revocation import revoke_access_token
from privcv_core.protocol.timestamps import rfc3339_whole


@pytest.fixture
def send(release):
    """``send(device, number)``: a window of now, of 'left' and 'right', is stored."""

    def one(device, number, zones=("left", "right")):
        start = rfc3339_whole(now_utc() - timedelta(seconds=60))
        assert device.send(release(number, zones, window_start=start)).status == 200

    return one


def opened(listener):
    """Its first event: that something may have been missed."""
    first = listener.next()
    assert (first.event, first.data) == ("reload", {})
    return first.id


def until_known(server):
    """Until the watcher has seen every stream."""
    wait_until(lambda: not any(one.is_new for one in server.collector.streams.all()), 30)


def test_what_is_stored_is_told_as_it_is_read(server, send):
    device = server.enrolled()
    token = server.token("viewer", "office")
    with Listener(server.url, token) as listener:
        assert listener.headers["Content-Type"].startswith("text/event-stream")
        assert listener.headers["Cache-Control"] == "no-store"
        before = opened(listener)
        send(device, 1)
        told = listener.next()
        assert told.event == "now"
        assert told.id != before
        now = server.call("GET", "/v1/now", Authorization=f"Bearer {token}").content
        assert [told.data] == now["sites"]
        assert {place["place"] for place in told.data["places"]} == {"left", "right"}


def test_of_other_sites_nothing_is_told(server, send):
    devices = {site: server.enrolled(site) for site in ("office", "depot")}
    with (
        Listener(server.url, server.token("viewer", "depot")) as depot,
        Listener(server.url, server.token("viewer")) as everywhere,
    ):
        before = opened(depot)
        opened(everywhere)
        send(devices["office"], 1)
        assert everywhere.next().data["site"] == "office"
        # Who comes back has missed nothing: nothing of it is in the position either.
        with Listener(server.url, server.token("viewer", "depot"), last=before) as back:
            until_known(server)
            send(devices["depot"], 1)
            assert [depot.next().data["site"], back.next().data["site"]] == ["depot", "depot"]
            for one in (depot, back):
                assert "office" not in one.heard
                assert devices["office"].name not in one.heard


def test_who_comes_back_is_told_whether_something_was_missed(server, send):
    device = server.enrolled()
    token = server.token("viewer")
    with Listener(server.url, token) as listener:
        first = opened(listener)
        send(device, 1)
        second = listener.next().id
    with Listener(server.url, token, last=first) as listener:
        assert opened(listener) == second
    with Listener(server.url, token, last=second) as listener:
        until_known(server)
        send(device, 2)
        assert listener.next().event == "now"


def test_a_display_is_told_of_its_places(sqlite_server, send):
    device = sqlite_server.enrolled()
    token = issue_access_token(
        sqlite_server.collector.engine, "door", "display", ["office"], places=["lobby/left"]
    )
    with Listener(sqlite_server.url, token) as listener:
        opened(listener)
        send(device, 1)
        told = listener.next().data
        assert [place["place"] for place in told["places"]] == ["left"]
        assert device.name not in listener.heard
        assert "right" not in listener.heard


def test_a_stream_ends_with_its_token_before_anything_more_is_written(server, send):
    device = server.enrolled()
    token = issue_access_token(server.collector.engine, "reception", "viewer")
    with Listener(server.url, token) as listener:
        opened(listener)
        revoke_access_token(server.collector.engine, "reception")
        send(device, 1)
        assert listener.next() is None
        assert "left" not in listener.heard


def test_a_stream_ends_with_its_token_where_nothing_happens(server, monkeypatch):
    monkeypatch.setattr(event_watcher, "RECHECK_S", 0.0)
    server.enrolled()
    token = issue_access_token(server.collector.engine, "reception", "viewer", valid_s=60)
    with Listener(server.url, token) as listener:
        opened(listener)
        later = now_utc() + timedelta(seconds=61)
        monkeypatch.setattr(access, "now_utc", lambda: later)
        assert listener.next() is None


def test_a_stream_ends_with_its_session(sqlite_server, monkeypatch):
    monkeypatch.setattr(event_watcher, "RECHECK_S", 0.0)
    held = sqlite_server.collector.sessions
    secret, _ = held.begin(sqlite_server.token("viewer"))
    found = event_watcher.accesses_of
    assert set(found(sqlite_server.collector, [credential(secret)])) == {credential(secret)}
    held.end(secret)
    assert found(sqlite_server.collector, [credential(secret)]) == {}


def credential(secret):
    from privcv_collector.devices.administration import digest_of

    return f"session:{digest_of(secret)}"


def test_streams_are_bounded_and_closing_one_makes_room(running, tmp_path):
    with running(f"sqlite:///{tmp_path}/c.db", max_streams_of_token=2) as server:
        token = server.token("viewer")
        with Listener(server.url, token) as one, Listener(server.url, token) as two:
            assert (one.status, two.status) == (200, 200)
            with Listener(server.url, token) as third:
                assert (third.status, third.content["error"]) == (429, "streams")
                assert third.headers["Retry-After"] == "15"
            with Listener(server.url, server.token("viewer")) as another:
                assert another.status == 200
        wait_until(lambda: len(server.collector.streams) == 0, 30)
        with Listener(server.url, token) as again:
            assert again.status == 200


def test_a_stream_without_events_shows_that_it_lives(sqlite_server, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.01)
    with Listener(sqlite_server.url, sqlite_server.token("viewer")) as listener:
        while not listener.next().comment:
            pass


def test_a_site_is_read_once_for_all_who_look(sqlite_server, send, monkeypatch):
    device, read = sqlite_server.enrolled(), []
    whole = event_watcher.sites_now

    def counted(connection, keys, now):
        read.append(dict(keys))
        return whole(connection, keys, now)

    monkeypatch.setattr(event_watcher, "sites_now", counted)
    tokens = [sqlite_server.token("viewer", "office") for _ in range(3)]
    listeners = [Listener(sqlite_server.url, tokens[at % 3]) for at in range(12)]
    for listener in listeners:
        opened(listener)
    send(device, 1)
    assert len({listener.next().id for listener in listeners}) == 1
    assert [list(keys.values()) for keys in read] == [["office"]]
    for listener in listeners:
        listener.__exit__()


@pytest.mark.parametrize("role", ["admin"])
def test_an_administrator_has_no_events(sqlite_server, role):
    with Listener(sqlite_server.url, sqlite_server.token(role)) as listener:
        assert listener.status == 403


def test_head_of_a_stream_ends(sqlite_server):
    bearer = f"Bearer {sqlite_server.token('viewer')}"
    assert sqlite_server.call("HEAD", "/v1/events", Authorization=bearer).status == 200
