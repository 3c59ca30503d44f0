# SPDX-License-Identifier: Apache-2.0
"""A year of a fleet in a PostgreSQL of its own: bytes a row, and what queries and ingest cost then.

    python test/benchmarks/fleet_year.py --devices 100

Each device has a site, a camera and five zones, and releases every quarter of an hour. The year is
loaded in bulk, month by month, into the partitions that a collector makes; sizes are read from the
catalogue, and the collector's own queries and writer are timed on it. docs/scale.md scales that.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click

sys.path += [
    str(Path(__file__).parents[2] / folder)
    for folder in ("test/support", "src/privcv_collector/test/support")
]

from collector_growth import KEY
from collector_ingest import Device
from postgresql_server import postgresql
from sqlalchemy import Connection, Engine, text

from privcv_collector.devices.key_cache import CachedKey, KeyCache
from privcv_collector.ingest.batch import read_batch
from privcv_collector.ingest.store import Store
from privcv_collector.metrics import Metrics
from privcv_collector.queries.audit_queries import list_devices
from privcv_collector.queries.budget_queries import list_budgets
from privcv_collector.queries.report_kinds import ZONE
from privcv_collector.queries.report_queries import ReportFilter, page, pages
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import open_database, writing
from privcv_collector.storage.partitions import add_months, partition_by_month, partitions
from privcv_collector.upkeep.upkeep import look_after
from privcv_core.protocol.envelope import parse
from privcv_core.protocol.signing import VerifyKey

YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)
ZONES, WINDOW_S, DAY_S, GROUP = 5, 900, 86_400, 32
SITE = {3: "site_3"}


def fill(engine: Engine, devices: int, days: int) -> None:
    """Devices, and all that they sent in ``days`` days."""
    with writing(engine).begin() as connection:
        for month in range(12):
            when = YEAR + timedelta(days=31 * month)
            add_months(connection, "zone_reports", "window_start", when)
    with writing(engine).begin() as connection:
        _bulk(connection)
        windows = days * DAY_S // WINDOW_S
        for statement in (
            "INSERT INTO sites SELECT n, 'site_' || n FROM generate_series(1, :devices) AS n",
            "INSERT INTO devices SELECT n, lpad(to_hex(n), 32, '0'), n, now(), NULL, NULL,"
            " :windows, :windows, 0, 0 FROM generate_series(1, :devices) AS n",
            f"INSERT INTO device_keys SELECT n, n, '{KEY.key_id}', '{KEY.alg}', '{KEY.public}',"
            " now() FROM generate_series(1, :devices) AS n",
            "INSERT INTO series SELECT (n - 1) * :zones + z + 1, n, 'lobby', 'zone_' || z"
            " FROM generate_series(1, :devices) AS n, generate_series(0, :zones - 1) AS z",
        ):
            values = {"devices": devices, "windows": windows, "zones": ZONES}
            connection.execute(text(statement), values)
    for day in range(days):
        with writing(engine).begin() as connection:
            _bulk(connection)
            _fill_day(connection, day)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _bulk(connection: Connection) -> None:
    """No look-up of the foreign key for each row: those that we make are right."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))


def _fill_day(connection: Connection, day: int) -> None:
    """In the order of time, as they would have arrived."""
    per_day = DAY_S // WINDOW_S
    windows = (
        f"SELECT {day * per_day} + n AS n, timestamptz '2026-01-01 00:00:00+00'"
        f" + ({day * per_day} + n - 1) * interval '{WINDOW_S} s' AS t"
        f" FROM generate_series(1, {per_day}) AS n"
    )
    digest = "sha256(CAST(d.pk || ':' || w.n AS bytea))"
    for statement in (
        f"INSERT INTO batches SELECT d.pk, w.n, {digest}, 1, w.t, w.t, '{KEY.key_id}',"
        f" repeat('0f', 64) FROM ({windows}) AS w, devices AS d ORDER BY w.n, d.pk",
        f"INSERT INTO releases SELECT d.pk, w.n, w.n, {digest}"
        f" FROM ({windows}) AS w, devices AS d ORDER BY w.n, d.pk",
        "INSERT INTO zone_reports SELECT s.device_pk, w.t, s.pk, w.n, :window, 'published', 'none',"
        " 12, 9, 15, 4, 3, 2, 2, 1, 0.9, 1.0, 0.25, 0.0, 'visit', 'laplace'"
        f" FROM ({windows}) AS w, series AS s ORDER BY w.n, s.pk",
    ):
        connection.execute(text(statement), {"window": WINDOW_S} if ":window" in statement else {})


def sizes(engine: Engine) -> None:
    """Rows and bytes of each large table, indexes included."""
    with engine.connect() as connection:
        for table in ("zone_reports", "releases", "batches"):
            names = [part.name for part in partitions(connection, table)] or [table]
            total = sum(
                connection.execute(
                    text("SELECT pg_total_relation_size(to_regclass(:name))"), {"name": name}
                ).scalar_one()
                for name in names
            )
            rows = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            click.echo(
                f"{table}: {rows:,} rows, {total / 1e9:.2f} GB, {total / rows:.0f} bytes each"
            )


def queries(engine: Engine, devices: int, end: datetime) -> None:
    """What readers ask for, timed."""
    day = ReportFilter(SITE, since=end - timedelta(days=1), until=end)
    month = ReportFilter(SITE, since=end - timedelta(days=30), until=end)

    def newest(limit: int) -> Callable[[Connection], object]:
        return lambda c: page(c, ZONE, ReportFilter(SITE, newest_first=True), limit)

    asked: dict[str, Callable[[Connection], object]] = {
        "newest 100 of a site": newest(100),
        "oldest 100 of a site": lambda c: page(c, ZONE, ReportFilter(SITE), 100),
        "a day of a site": lambda c: page(c, ZONE, day, 10_000),
        "budgets of a day of a site": lambda c: list_budgets(c, SITE, (day.since, day.until)),  # type: ignore[arg-type]
        "30 days of a site, page by page": lambda _: list(pages(engine, ZONE, month, 5000)),
        "/v1/devices of all": lambda c: list_devices(c, dict.fromkeys(range(1, devices + 1), "s")),
        "/metrics": lambda _: Metrics().text(engine, 0),
    }
    for name, ask in asked.items():
        took = []
        for _ in range(15):
            with engine.connect() as connection:
                started = time.perf_counter()
                ask(connection)
                took.append(time.perf_counter() - started)
        click.echo(f"{name}: median {statistics.median(took) * 1e3:.1f} ms")


def ingest(engine: Engine, url: str, devices: int, windows: int, rounds: int) -> None:
    """Groups of batches of one release each, through the code of the collector's writer."""
    store = Store(engine, CollectorSettings(db=url), KeyCache(engine))
    key = VerifyKey.load(KEY.alg, KEY.public)
    senders = [Device(f"{pk:032x}", KEY, windows + 1) for pk in range(1, devices + 1)]
    wall, cpu, turn = [], [], 0
    for _ in range(rounds + 5):
        group = []
        for _ in range(GROUP):
            pk = turn % devices + 1
            turn += 1
            known = CachedKey(f"{pk:032x}", pk, pk, pk, key)
            envelope = parse(senders[pk - 1].batch(ZONES))
            group.append(read_batch(envelope, known, datetime.now(timezone.utc), None))
        started, used = time.perf_counter(), time.process_time()
        answers = store(group)
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
        assert all(answer.content["accepted"] == 1 for answer in answers)
    per = GROUP
    click.echo(
        f"ingest: median {statistics.median(wall[5:]) / per * 1e3:.2f} ms per release of {ZONES}"
        f" zones, of which {statistics.median(cpu[5:]) / per * 1e3:.2f} ms CPU of the collector"
    )


def migrated(engine: Engine, end: datetime) -> None:
    """The same reports in a table without partitions, and what it takes to give it some."""
    table = "plain_reports"
    with writing(engine).begin() as connection:
        for statement in (
            f"CREATE TABLE {table} (LIKE zone_reports INCLUDING ALL)",
            f"INSERT INTO {table} SELECT * FROM zone_reports",
            f"ALTER TABLE {table} ADD FOREIGN KEY (series_pk) REFERENCES series (pk)",
        ):
            connection.execute(text(statement))

    def migrate() -> None:
        with writing(engine).begin() as connection:
            partition_by_month(connection, table, "window_start", end)

    timed("migration of the reports of a table without partitions", migrate)


def timed(name: str, act: Callable[[], object]) -> None:
    """How long something takes once."""
    started = time.perf_counter()
    act()
    click.echo(f"{name}: {time.perf_counter() - started:.2f} s")


@click.command()
@click.option("--devices", default=100, show_default=True)
@click.option("--days", default=365, show_default=True)
@click.option("--rounds", default=100, show_default=True, help="Groups of batches to store.")
def main(devices: int, days: int, rounds: int) -> None:
    """Fill a year, and measure."""
    with (
        tempfile.TemporaryDirectory(prefix="privcv-pg-", dir="/tmp") as folder,
        postgresql(Path(folder)) as server,
    ):
        url = server.new_database("year")
        engine = open_database(url)
        timed("load", lambda: fill(engine, devices, days))
        sizes(engine)
        queries(engine, devices, YEAR + timedelta(days=days))
        ingest(engine, url, devices, days * DAY_S // WINDOW_S, rounds)
        end = YEAR + timedelta(days=days)
        migrated(engine, end)
        keep = CollectorSettings(keep_reports_d=180)
        timed("first upkeep with keep_reports_d of 180", lambda: look_after(engine, keep, end))
        timed("the next", lambda: look_after(engine, keep, end))
        sizes(engine)
        engine.dispose()


if __name__ == "__main__":
    main()
