# SPDX-License-Identifier: Apache-2.0
"""The schema: what migrations make is what the code expects, on both databases."""

import psycopg
import pytest
from schema_versions import differences, opened_as_of
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from privcv_collector.devices.administration import issue_access_token
from privcv_collector.devices.revocation import revoke_access_token
from privcv_collector.errors import CollectorError
from privcv_collector.queries.token_queries import list_access_tokens
from privcv_collector.storage.database import open_database, writing


def test_migrations_make_the_tables_that_the_code_uses(database_url):
    engine = open_database(database_url)
    with engine.connect() as connection:
        assert differences(connection) == []
    open_database(database_url)  # nothing left to do


def test_a_database_of_a_newer_version_is_left_alone(database_url):
    engine = open_database(database_url)
    with writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CollectorError, match="newer version"):
        open_database(database_url)


def test_a_commit_is_on_the_disk_before_it_is_answered(database_url):
    with open_database(database_url).connect() as connection:
        if database_url.startswith("sqlite"):
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("collector.db", "write sqlite:///collector.db"),
        ("sqlite://", "needs a file"),
        ("sqlite:////nowhere/at/all.db", "folder does not exist"),
        ("mysql://host/db", "use sqlite or postgresql"),
        ("postgresql://user:secret@127.0.0.1:1/db", "refused"),
        ("postgresql://user:secret@127.0.0.1:port/db", "cannot be used"),
        ("postgresql://user:secret@127.0.0.1:99999/db", "invalid port"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_words(url, words):
    with pytest.raises(CollectorError, match=words) as error:
        open_database(url)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_a_connection_that_may_only_read_is_given_up(tmp_path):
    """As one that was opened while the file, or its file system, could only be read."""
    engine = writing(open_database(f"sqlite:///{tmp_path}/c.db"))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")  # stays with the pooled connection
    write = text("UPDATE alembic_version SET version_num = version_num")
    with pytest.raises(DBAPIError, match="readonly"), engine.begin() as connection:
        connection.execute(write)
    with engine.begin() as connection:  # mended, and nobody restarted anything
        connection.execute(write)


def test_a_reader_does_not_wait_for_a_writer(sqlite_server, release):
    device = sqlite_server.enrolled()
    device.send(release(1))
    bearer = f"Bearer {sqlite_server.token('viewer')}"
    with writing(sqlite_server.collector.engine).begin():  # holds the write lock
        answer = sqlite_server.call("GET", "/v1/totals", Authorization=bearer)
    assert len(answer.content["totals"]) == 1


def test_when_the_database_is_gone_the_device_is_asked_to_come_back(
    running, postgresql_url, release
):
    with running(postgresql_url) as server:
        device = server.enrolled()
        assert device.send(release(1)).status == 200
        with server.collector.engine.begin() as connection:
            connection.execute(text("ALTER TABLE releases RENAME TO gone"))
        answer = device.send(release(2))
        assert (answer.status, answer.content["error"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
        with server.collector.engine.begin() as connection:
            connection.execute(text("ALTER TABLE gone RENAME TO releases"))
            connection.execute(  # and every connection of the pool is cut
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                    "pg_backend_pid() AND datname = current_database()"
                )
            )
        assert device.send(release(2)).content["accepted"] == 1


def test_durability_and_time_zone_hang_on_no_default_of_the_server(running, postgresql_url):
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        connection.execute(f"ALTER DATABASE {name} SET timezone = 'Europe/Berlin'")
    with running(postgresql_url) as server:
        for engine in (server.collector.engine, server.collector._store._engine):
            with engine.connect() as connection:
                connection.rollback()  # what was set must not end with a transaction
                for setting, wanted in (("synchronous_commit", "on"), ("timezone", "UTC")):
                    assert connection.scalar(text(f"SHOW {setting}")) == wanted


def test_what_the_first_schema_held_is_all_there_after_the_second(database_url, monkeypatch):
    """Names of tokens were unique, and nobody wrote down who issued one."""
    engine = opened_as_of("0001", database_url, monkeypatch)
    tokens = [("old", "a" * 64, "admin", "[]"), ("older", "b" * 64, "viewer", '["office"]')]
    with writing(engine).begin() as connection:
        for name, digest, role, sites in tokens:
            row = {"name": name, "digest": digest, "role": role, "sites": sites}
            connection.execute(
                text(
                    "INSERT INTO access_tokens (name, digest, role, sites, created_at)"
                    " VALUES (:name, :digest, :role, :sites, '2026-01-01 00:00:00')"
                ),
                row,
            )
    engine.dispose()
    engine = open_database(database_url)
    with engine.connect() as connection:
        found = list_access_tokens(connection, ())
        assert differences(connection) == []
    assert [(row["name"], row["id"], row["role"]) for row in found] == [
        ("old", "a" * 16, "admin"),
        ("older", "b" * 16, "viewer"),
    ]
    assert [row["sites"] for row in found] == [[], ["office"]]
    assert {(row["issued_by"], row["state"]) for row in found} == {(None, "active")}
    issue_access_token(engine, "old", "viewer", ["depot"], within=["depot"])
    assert len(revoke_access_token(engine, "older").access_tokens) == 1
