# SPDX-License-Identifier: Apache-2.0
"""Figures and health, for whoever operates a collector."""

import contextlib
import itertools
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from waiting import wait_until

from privcv_collector import health


def test_figures_count_but_name_nobody(server, release):
    device = server.enrolled("secretsite")
    raw = device.batch(release(1, ("secretzone",), camera="secretcamera"))
    device.post(raw)
    device.post(raw)
    device.send(release(2), sequence=7)
    text = server.read("/metrics")
    assert 'privcv_collector_batches_total{outcome="stored"} 1.0' in text
    assert 'privcv_collector_batches_total{outcome="duplicate"} 1.0' in text
    assert 'privcv_collector_refused_total{error="sequence"} 1.0' in text
    assert 'privcv_collector_devices{state="active"} 1.0' in text
    assert "secret" not in text
    assert device.name not in text


def test_health_is_of_the_database_too(server):
    assert server.call("GET", "/healthz").content == {"status": "ok"}


def test_a_database_that_may_only_be_read_is_no_health(running, postgresql_url, release):
    """As after a failover. It recovers by itself, on connections that were opened meanwhile too."""

    def alter(what):
        """Another default for sessions that begin from now on, and the end of those before."""
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(
                f"ALTER DATABASE {connection.info.dbname} {what} default_transaction_read_only"
                + (" = on" if what == "SET" else "")
            )

    def end_sessions():
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                "pg_backend_pid() AND datname = current_database()"
            )

    with running(postgresql_url) as server:
        device = server.enrolled()
        bearer = f"Bearer {server.token('viewer')}"
        assert device.send(release(1)).status == 200
        assert server.call("GET", "/healthz").status == 200
        alter("SET")
        end_sessions()
        wait_until(lambda: server.call("GET", "/healthz").status == 503, 60.0)
        answer = server.call("GET", "/healthz")
        assert answer.content["error"] == "busy"
        assert device.send(release(2)).status == 503
        assert server.call("GET", "/v1/totals", Authorization=bearer).status == 200
        alter("RESET")  # mended; nobody ends the sessions
        wait_until(lambda: server.call("GET", "/healthz").status == 200, 60.0)
        assert device.send(release(2)).status == 200
        with contextlib.suppress(DBAPIError):  # a connection of the readers' pool finds out
            server.enrolled()
        assert server.enrolled().send(release(1)).status == 200


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_S", 0.3)
    monkeypatch.setattr(health, "FRESH_S", 0.0)


def test_where_a_write_would_wait_for_long_is_no_health(sqlite_server, tmp_path, impatient):
    with contextlib.closing(
        sqlite3.connect(tmp_path / "collector.db", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        assert sqlite_server.call("GET", "/healthz").status == 503
        other.execute("ROLLBACK")
        wait_until(lambda: sqlite_server.call("GET", "/healthz").status == 200, 60.0)


def test_a_full_disk_is_no_health(sqlite_server, tmp_path, monkeypatch):
    """A lock and a question would still be granted."""
    monkeypatch.setattr(health, "FRESH_S", 0.0)
    assert sqlite_server.call("GET", "/healthz").status == 200
    engine = sqlite_server.collector._writing

    @event.listens_for(engine, "commit")
    def full(_connection):
        raise sqlite3.OperationalError("database or disk is full")

    assert sqlite_server.call("GET", "/healthz").status == 503
    event.remove(engine, "commit", full)
    wait_until(lambda: sqlite_server.call("GET", "/healthz").status == 200, 60.0)


def test_a_flood_of_questions_writes_once_a_second(sqlite_server):
    engine = sqlite_server.collector._writing
    written = []
    lock = threading.Lock()

    @event.listens_for(engine, "after_cursor_execute")
    def count(_connection, _cursor, statement, *_):
        with lock:
            if "alembic_version" in statement:
                written.append(time.monotonic())

    with ThreadPoolExecutor(8) as threads:
        statuses = set(
            threads.map(lambda _: sqlite_server.call("GET", "/healthz").status, range(80))
        )
    assert statuses <= {200, 429}
    assert len(written) >= 1
    assert all(later - earlier > 0.9 for earlier, later in itertools.pairwise(written))
