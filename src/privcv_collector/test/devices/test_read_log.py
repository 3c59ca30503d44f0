# SPDX-License-Identifier: Apache-2.0
"""Who read what: by role and site, without the token, bounded and aged."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from privcv_collector.clock import now_utc
from privcv_collector.devices import read_log
from privcv_collector.devices.access import Access
from privcv_collector.devices.actions import Actor
from privcv_collector.devices.read_log import KEPT, ReadLog, end_old_reads
from privcv_collector.storage.database import writing


def get(server, path, token):
    return server.call("GET", path, Authorization=f"Bearer {token}").status


def reads(server, role="auditor", *sites):
    server.collector.reads.write()
    found = server.read("/v1/reads", role, *sites)["reads"]
    return [
        (one["role"], one["what"], one["sites"], one["times"])
        for one in found
        if one["what"] != "/v1/reads"
    ]


def test_who_read_what_is_told_by_role_and_site(server):
    for site in ("office", "depot"):
        server.enrolled(site)
    viewer, auditor = server.token("viewer", "office"), server.token("auditor")
    for _ in range(3):
        assert get(server, "/v1/now?site=office", viewer) == 200
    assert get(server, "/v1/now", viewer) == 200
    assert get(server, "/v1/budgets?site=depot", auditor) == 200
    assert get(server, "/v1/budgets", viewer) == 403  # it read nothing
    assert get(server, "/v1/now?site=depot", viewer) == 200  # of it, it was told nothing
    assert sorted(reads(server)) == [
        ("auditor", "/v1/budgets", ["depot"], 1),
        ("viewer", "/v1/now", ["office"], 1),
        ("viewer", "/v1/now", ["office"], 3),
    ]
    kept = str(server.rows("SELECT * FROM reads"))
    assert viewer not in kept
    assert auditor not in kept


def test_an_auditor_of_some_sites_learns_of_readers_of_these(server):
    for site in ("office", "depot"):
        server.enrolled(site)
    both = server.token("viewer", "office", "depot")
    other = server.token("viewer", "depot")
    assert get(server, "/v1/now", both) == 200
    assert get(server, "/v1/now", other) == 200
    assert reads(server, "auditor", "office") == [("viewer", "/v1/now", ["office"], 1)]
    for role in ("viewer", "admin"):
        bearer = f"Bearer {server.token(role)}"
        assert server.call("GET", "/v1/reads", Authorization=bearer).status == 403


def test_reads_of_pages_count_as_the_token_s(sqlite_server):
    sqlite_server.enrolled()
    signed_in = sqlite_server.call(
        "POST", "/v1/page-session", {"token": sqlite_server.token("viewer")}
    )
    held = signed_in.headers["Set-Cookie"].split(";")[0]
    assert sqlite_server.call("GET", "/v1/now", Cookie=held).status == 200
    assert reads(sqlite_server) == [("viewer", "/v1/now", [], 1)]


def access(name="reader", *sites):
    return Access(Actor("0" * 16, name), "viewer", frozenset(sites))


def test_processes_add_to_one_row_and_hours_are_apart(server, monkeypatch):
    engine = server.collector.engine
    logs = [ReadLog(engine), ReadLog(engine)]
    for number, log in enumerate(logs, start=1):
        for _ in range(number):
            log.note(access(), "/v1/now", "office")
        log.write()
        log.write()  # nothing waits
    later = now_utc() + timedelta(hours=1)
    monkeypatch.setattr(read_log, "now_utc", lambda: later)
    logs[0].note(access(), "/v1/now", "office")
    logs[0].write()
    assert server.rows("SELECT times FROM reads ORDER BY pk") == [(3,), (1,)]


def test_what_cannot_be_written_waits_on(sqlite_server):
    engine = sqlite_server.collector.engine
    log = ReadLog(engine)
    log.note(access(), "/v1/now", None)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE reads RENAME TO gone"))
    with pytest.raises(Exception, match="reads"):
        log.write()
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO reads"))
    log.write()
    assert sqlite_server.rows("SELECT times FROM reads") == [(1,)]


@pytest.mark.parametrize("site", ["'; DROP TABLE reads", "x" * 64, "=cmd", "Ö", "a\x00"])
def test_what_is_no_name_is_not_written_down(sqlite_server, site):
    log = ReadLog(sqlite_server.collector.engine)
    log.note(access(), "/v1/now", site)
    log.write()
    assert sqlite_server.rows("SELECT site FROM reads") == [("",)]


def test_it_ends_by_age_and_by_number(sqlite_server, monkeypatch):
    engine = sqlite_server.collector.engine
    log, now = ReadLog(engine), now_utc()
    for days in (401, 399, 1, 0):
        monkeypatch.setattr(read_log, "now_utc", lambda days=days: now - timedelta(days=days))
        log.note(access(), "/v1/now", "office")
        log.write()
    assert timedelta(days=400) == KEPT
    with writing(engine).begin() as connection:
        end_old_reads(connection, now)
    assert sqlite_server.rows("SELECT count(*) FROM reads") == [(3,)]
    monkeypatch.setattr(read_log, "MOST_ROWS", 2)
    with writing(engine).begin() as connection:
        end_old_reads(connection, now)
    assert sqlite_server.rows("SELECT count(*) FROM reads") == [(2,)]


def test_what_waits_in_memory_is_bounded(sqlite_server, monkeypatch):
    monkeypatch.setattr(read_log, "MOST_WAITING", 5)
    log = ReadLog(sqlite_server.collector.engine)
    for number in range(100):
        log.note(access(), "/v1/now", f"site_{number}")
    log.write()
    assert sqlite_server.rows("SELECT count(*), sum(times) FROM reads") == [(6, 100)]
