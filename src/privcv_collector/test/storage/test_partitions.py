# SPDX-License-Identifier: Apache-2.0
"""Partitions on a real PostgreSQL: what was stored stays, and exactly once holds across them."""

import threading
from collections import Counter
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from schema_versions import differences, opened_as_of
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from privcv_collector import clock
from privcv_collector.errors import CollectorError
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import open_database, writing
from privcv_collector.storage.partitions import missing_months, month_of, next_month, partitions
from privcv_collector.upkeep import upkeep
from privcv_collector.upkeep.upkeep import look_after

NOW = datetime(2026, 3, 17, tzinfo=timezone.utc)
MONTH = month_of(NOW)
LAST_MONTH = month_of(MONTH - timedelta(days=1))
OF_BEFORE = [
    datetime(1970, 1, 1, tzinfo=timezone.utc),
    *(MONTH - timedelta(days=25 * back) for back in range(9)),
    datetime(9998, 6, 1, tzinfo=timezone.utc),
]


@pytest.fixture(autouse=True)
def _in_march(monkeypatch):
    """The clock by which migrations and upkeep make partitions; not that of requests."""
    for module in (clock, upkeep):
        monkeypatch.setattr(module, "now_utc", lambda: NOW)


def fill(engine, starts):
    """Reports as the collector of before stored them: release 1, 2, … at these times."""
    with writing(engine).begin() as connection:
        for statement in (
            "INSERT INTO sites (pk, name) VALUES (1, 'office')",
            "INSERT INTO devices VALUES (1, '" + "0" * 32 + "', 1, now(), NULL, NULL, 1, 1, 0, 0)",
            "INSERT INTO series VALUES (1, 1, 'lobby', 'floor')",
        ):
            connection.execute(text(statement))
        for release, start in enumerate(starts, 1):
            store(connection, start, release)


def store(connection, start, release, series=1):
    connection.execute(
        text(
            "INSERT INTO zone_reports VALUES (1, :start, :series, :release, 60, 'published',"
            " 'none', :release, 0, 9, 0, 0, 0, 0, 0, 0.9, 1.0, 0.5, 0.0, 'visit', 'laplace')"
        ),
        {"start": start, "release": release, "series": series},
    )


def everything(engine):
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM zone_reports ORDER BY 1, 2, 3, 4"))
        return [tuple(row) for row in found]


def names(engine):
    with engine.connect() as connection:
        return [part.name for part in partitions(connection, "zone_reports")]


@pytest.fixture
def before(postgresql_url, monkeypatch):
    """A database of the version without partitions, with reports of all times."""
    engine = opened_as_of("0002", postgresql_url, monkeypatch)
    fill(engine, OF_BEFORE)
    return engine


def test_a_database_without_partitions_gets_them_and_keeps_every_row(before, postgresql_url):
    stored = everything(before)
    assert len(stored) == len(OF_BEFORE)
    engine = open_database(postgresql_url)
    assert everything(engine) == stored
    with engine.connect() as connection:
        assert differences(connection) == []
        held = Counter(
            connection.execute(text("SELECT tableoid::regclass::text FROM zone_reports")).scalars()
        )
        bounds = {
            part.name: (part.begin, part.end) for part in partitions(connection, "zone_reports")
        }
    assert held == {"zone_reports_before": len(OF_BEFORE) - 1, "zone_reports_rest": 1}
    assert bounds["zone_reports_before"] == (None, next_month(MONTH))
    assert [month for month, _ in bounds.values() if month] == [
        next_month(MONTH),
        next_month(next_month(MONTH)),
        next_month(next_month(next_month(MONTH))),
    ]


def test_keys_hold_over_what_was_there_and_what_comes(before, postgresql_url):
    engine = open_database(postgresql_url)
    for start in (*OF_BEFORE, next_month(MONTH)):
        release = OF_BEFORE.index(start) + 1 if start in OF_BEFORE else 99
        if release == 99:
            with writing(engine).begin() as connection:
                store(connection, start, release)
        with pytest.raises(IntegrityError), writing(engine).begin() as connection:
            store(connection, start, release)
        with pytest.raises(IntegrityError), writing(engine).begin() as connection:
            store(connection, start, 100, series=77)  # of no series


def test_who_could_read_the_table_still_can(before, postgresql_url):
    role = "reader_" + postgresql_url.split("/")[3].split("?")[0]
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role}")
        connection.execute(f"GRANT SELECT ON zone_reports TO {role}")
        open_database(postgresql_url)
        connection.execute(f"SET ROLE {role}")
        (count,) = connection.execute("SELECT count(*) FROM zone_reports").fetchone()
        assert count == len(OF_BEFORE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM zone_reports")


def test_a_view_that_would_miss_what_comes_is_named(before, postgresql_url):
    with writing(before).begin() as connection:
        connection.execute(text("CREATE VIEW busy AS SELECT * FROM zone_reports"))
    with pytest.raises(CollectorError, match=r"the view busy .* drop such views"):
        open_database(postgresql_url)
    with writing(before).begin() as connection:
        connection.execute(text("DROP VIEW busy"))
    assert len(everything(open_database(postgresql_url))) == len(OF_BEFORE)


@pytest.fixture
def pg_server(running, postgresql_url):
    with running(postgresql_url) as server:
        yield server


def at(start):
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


def dated(release, number, start):
    """Release ``number`` with its one report at ``start``."""
    made = release(number)
    made["zones"][0]["window_start"] = at(start)
    return made


def test_a_release_is_stored_once_whatever_month_it_claims(pg_server, release):
    device = pg_server.enrolled()
    one = dated(release, 1, LAST_MONTH)
    assert device.send(one).content["accepted"] == 1
    again = device.send(one)  # in another batch
    assert (again.status, again.content["accepted"]) == (200, 0)
    other = device.send(dated(release, 1, MONTH))
    assert (other.status, other.content["error"]) == (409, "release_conflict")
    assert device.send(dated(release, 2, MONTH)).content["accepted"] == 1
    repeated = device.post(device.batch(dated(release, 2, MONTH), sequence=3))
    assert repeated.content["duplicate"] is True
    assert pg_server.rows("SELECT release FROM zone_reports ORDER BY 1") == [(1,), (2,)]


def test_what_is_in_no_month_yet_moves_when_its_month_is_made(pg_server, release):
    device = pg_server.enrolled()
    later = next_month(MONTH + timedelta(days=150))
    far = datetime(9998, 1, 1, tzinfo=timezone.utc)
    for number, start in enumerate((MONTH, later, later + timedelta(days=2), far), 1):
        assert device.send(dated(release, number, start)).content["accepted"] == 1
    rest = "SELECT count(*) FROM zone_reports_rest"
    assert pg_server.rows(rest) == [(3,)]
    stored = everything(pg_server.collector.engine)
    settings = CollectorSettings()
    look_after(pg_server.collector.engine, settings, later - timedelta(days=40))
    assert pg_server.rows(rest) == [(1,)]
    assert pg_server.rows(f"SELECT count(*) FROM zone_reports_{later:%Y_%m}") == [(2,)]
    assert everything(pg_server.collector.engine) == stored
    made = names(pg_server.collector.engine)
    look_after(pg_server.collector.engine, settings, later - timedelta(days=40))
    assert names(pg_server.collector.engine) == made


def test_devices_go_on_while_partitions_come_and_go(pg_server, release):
    """Whoever stores, reads or changes partitions waits for the others, and none is refused."""
    devices = [pg_server.enrolled(f"site_{number}") for number in range(3)]
    bearer = f"Bearer {pg_server.token('viewer')}"
    ended = threading.Event()
    answers = []

    def deliver(device):
        number = 0
        while not ended.is_set():
            number += 1
            zones = (f"zone_{number % 7}",)
            answers.append(device.send(release(number, zones)).status)

    def read():
        while not ended.is_set():
            answer = pg_server.call("GET", "/v1/totals?limit=50", Authorization=bearer)
            answers.append(answer.status)

    threads = [threading.Thread(target=deliver, args=(device,)) for device in devices]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    now = NOW
    for _ in range(12):  # each time the next month comes, and the oldest go
        now = next_month(now)
        keep = CollectorSettings(keep_reports_d=31)
        look_after(pg_server.collector.engine, keep, now)
        with pg_server.collector.engine.connect() as connection:
            assert missing_months(connection, "zone_reports", now) == []
    ended.set()
    for thread in threads:
        thread.join(30)
    assert set(answers) == {200}
    assert len(answers) > 20


def test_a_reader_of_a_day_reads_the_partition_of_that_day(pg_server):
    with pg_server.collector.engine.connect() as connection:
        plan = connection.execute(
            text(
                "EXPLAIN SELECT * FROM zone_reports WHERE site_pk = 1 AND window_start >= :since"
                " AND window_start < :until ORDER BY window_start LIMIT 10"
            ),
            {"since": MONTH, "until": MONTH + timedelta(days=1)},
        ).scalars()
        read = " ".join(plan)
    assert f"zone_reports_{MONTH:%Y_%m}" in read
    assert f"zone_reports_{next_month(MONTH):%Y_%m}" not in read
    assert "zone_reports_rest" not in read
