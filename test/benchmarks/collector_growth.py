# SPDX-License-Identifier: Apache-2.0
"""What a report costs when the table holds ten million: ``python collector_growth.py --help``.

Two databases with the same hundred devices, one empty, one with ``--reports`` rows loaded in bulk.
Groups of batches are stored in one and the other by turns, through the code that the collector's
writer runs (locks, checks, inserts, durable commit), and the medians compared.
"""

import signal
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import click
from collector_ingest import Device
from report_load import START
from sqlalchemy import Connection, Engine, insert, text

from privcv_collector.devices.key_cache import CachedKey, KeyCache
from privcv_collector.ingest.batch import Batch, read_batch
from privcv_collector.ingest.store import Store
from privcv_collector.queries.report_kinds import ZONE
from privcv_collector.queries.report_queries import ReportFilter, page
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage import tables
from privcv_collector.storage.database import open_database, writing
from privcv_core.protocol.envelope import parse
from privcv_core.protocol.signing import SigningKey, VerifyKey

SITES, DEVICES, ZONES = 10, 100, 10
BATCHES_IN_GROUP = 32
KEY = SigningKey(alg="Ed25519", secret=b"\x01" * 32)


class Database:
    """One of the two databases, and the devices that go on sending to it."""

    def __init__(self, url: str, windows: int) -> None:
        self.engine = open_database(url)
        self.devices = [Device(f"{pk:032x}", KEY, windows + 1) for pk in range(1, DEVICES + 1)]
        with writing(self.engine).begin() as connection:
            add_devices(connection, windows)
        if windows:
            load(self.engine, windows)
        self.store = Store(self.engine, CollectorSettings(db=url), KeyCache(self.engine))
        self.next = 0
        self.wall_s: list[float] = []
        self.cpu_s: list[float] = []
        self.read_s: list[float] = []

    def group(self) -> Sequence[Batch]:
        """The next batch of some devices, as they are after signature and schema were checked."""
        key, group = VerifyKey.load(KEY.alg, KEY.public), []
        for _ in range(BATCHES_IN_GROUP):
            pk = self.next % DEVICES + 1
            self.next += 1
            device = self.devices[pk - 1]
            known = CachedKey(device.name, pk, (pk - 1) % SITES + 1, pk, key)
            envelope = parse(device.batch(ZONES))
            group.append(read_batch(envelope, known, datetime.now(timezone.utc), None))
        return group

    def round(self, counted: bool) -> None:
        """Store a group, then read the newest page of a site."""
        group = self.group()
        wall, cpu = time.perf_counter(), time.process_time()
        answers = self.store(group)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        assert all(answer.content["accepted"] == 1 for answer in answers)
        started = time.perf_counter()
        with self.engine.connect() as connection:
            page(connection, ZONE, ReportFilter({3: "site_3"}, newest_first=True), 100)
        if counted:
            self.wall_s.append(wall)
            self.cpu_s.append(cpu)
            self.read_s.append(time.perf_counter() - started)


def add_devices(connection: Connection, windows: int) -> None:
    """Sites, devices, keys and zones."""
    now = datetime.now(timezone.utc)
    connection.execute(
        insert(tables.sites), [{"pk": pk, "name": f"site_{pk}"} for pk in range(1, SITES + 1)]
    )
    pks = range(1, DEVICES + 1)
    state = {"last_batch": windows, "last_release": windows, "dropped": 0, "dropped_unused": 0}
    connection.execute(
        insert(tables.devices),
        [
            {
                "pk": pk,
                "device": f"{pk:032x}",
                "site_pk": (pk - 1) % SITES + 1,
                "enrolled_at": now,
                **state,
            }
            for pk in pks
        ],
    )
    key = {"key_id": KEY.key_id, "alg": KEY.alg, "key": KEY.public, "added_at": now}
    connection.execute(
        insert(tables.device_keys), [{"pk": pk, "device_pk": pk, **key} for pk in pks]
    )
    connection.execute(
        insert(tables.series),
        [
            {
                "pk": (pk - 1) * ZONES + zone + 1,
                "device_pk": pk,
                "camera": "lobby",
                "zone": f"zone_{zone}",
            }
            for pk in pks
            for zone in range(ZONES)
        ],
    )


def load(engine: Engine, windows: int) -> None:
    """``windows`` minutes of every device, as if they had been sent: in SQL, in order of time."""
    sqlite = engine.dialect.name == "sqlite"
    begin = START.strftime("%Y-%m-%d %H:%M:%S")
    numbers = (
        f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {windows}) "
        f"SELECT n, strftime('%Y-%m-%d %H:%M:%S.000000', '{begin}', '+' || n || ' minutes') AS t "
        "FROM c"
        if sqlite
        else f"SELECT n, timestamptz '{begin}+00' + n * interval '1 minute' AS t "
        f"FROM generate_series(1, {windows}) AS n"
    )
    empty = "zeroblob(32)" if sqlite else "decode(repeat('00', 32), 'hex')"
    with engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # no check of the foreign key for each row
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text("SET synchronous_commit = off"))
        connection.execute(text(f"CREATE TEMPORARY TABLE minutes AS {numbers}"))
        for site in range(1, SITES + 1):
            devices = f"(SELECT pk FROM devices WHERE site_pk = {site})"
            connection.execute(
                text(
                    "INSERT INTO batches SELECT d.pk, m.n, "
                    f"{empty}, 1, m.t, m.t, '{KEY.key_id}', '{'0' * 128}' "
                    f"FROM {devices} AS d CROSS JOIN minutes AS m"
                )
            )
            connection.execute(
                text(
                    f"INSERT INTO releases SELECT d.pk, m.n, m.n, {empty} "
                    f"FROM {devices} AS d CROSS JOIN minutes AS m"
                )
            )
            connection.execute(
                text(
                    f"INSERT INTO zone_reports SELECT {site}, m.t, s.pk, m.n, 60, 'published', "
                    "'none', 12, 9, 15, 4, 3, 2, 2, 1, 0.9, 1.0, 0.25, 0.0, 'visit', 'laplace' "
                    f"FROM minutes AS m CROSS JOIN (SELECT pk FROM series WHERE device_pk IN "
                    f"{devices} ORDER BY pk) AS s"
                )
            )
            connection.commit()
            click.echo(f"loaded site {site} of {SITES}", err=True)
    engine.dispose()
    finish = "PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "VACUUM ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(finish)


@click.command()
@click.option("--empty", help="URL of an empty database; by default SQLite in a temporary folder.")
@click.option("--full", help="URL of another; both are filled. Drop them afterwards.")
@click.option("--reports", default=10_000_000, show_default=True, help="Rows to load.")
@click.option("--rounds", default=60, show_default=True)
def main(empty: str | None, full: str | None, reports: int, rounds: int) -> None:
    """Compare the cost of a report in an empty and in a full table."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its folder is to be removed
    with tempfile.TemporaryDirectory(prefix="privcv-growth-") as folder:
        windows = reports // (DEVICES * ZONES)
        small = Database(empty or f"sqlite:///{folder}/empty.db", 0)
        large = Database(full or f"sqlite:///{folder}/full.db", windows)
        with large.engine.connect() as connection:
            rows = connection.execute(text("SELECT count(*) FROM zone_reports")).scalar()
        size = sum(file.stat().st_size for file in Path(folder).glob("full.db*"))
        click.echo(f"{rows} reports" + (f", {size / 1e9:.2f} GB" if size else ""))
        for turn in range(rounds + 10):
            for database in (small, large) if turn % 2 else (large, small):
                database.round(counted=turn >= 10)
        per = BATCHES_IN_GROUP * ZONES
        for label, name in (("store", "wall_s"), ("store, our cpu", "cpu_s")):
            for kind in (statistics.median, statistics.fmean):
                one, other = (kind(getattr(item, name)) for item in (small, large))
                click.echo(
                    f"{label}, {kind.__name__}: {one / per * 1e6:.1f} us per report empty, "
                    f"{other / per * 1e6:.1f} us full, ratio {other / one:.2f}"
                )
        one, other = (statistics.median(item.read_s) for item in (small, large))
        click.echo(f"newest 100 of a site: {one * 1e3:.1f} ms empty, {other * 1e3:.1f} ms full")


if __name__ == "__main__":
    main()
