# SPDX-License-Identifier: Apache-2.0
"""Behind a real PgBouncer sessions are not ours: what is promised holds in each transaction."""

import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from pgbouncer_pooler import PGBOUNCER, pgbouncer
from sqlalchemy import text

from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import open_database, writing

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: it holds a socket."""
    with tempfile.TemporaryDirectory(prefix="privcv-pool-") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "p"


@pytest.mark.parametrize("pool_mode", ["transaction", "session"])
def test_each_transaction_is_durable_whatever_session_it_gets(postgresql_url, folder, pool_mode):
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        connection.execute(f"ALTER DATABASE {name} SET timezone = 'Europe/Berlin'")
    with pgbouncer(postgresql_url, folder, pool_mode, sessions=8) as pooled:
        engines = [open_database(pooled) for _ in range(2)]
        together = threading.Barrier(8)  # as many sessions at once

        def settings(number: int) -> tuple[str, str]:
            with writing(engines[number % 2]).begin() as connection:
                together.wait(20)
                return tuple(
                    connection.scalar(text(f"SHOW {name}"))
                    for name in ("synchronous_commit", "timezone")
                )

        for _ in range(3):
            with ThreadPoolExecutor(8) as threads:
                assert set(threads.map(settings, range(8))) == {("on", "UTC")}
        for engine in engines:
            engine.dispose()


def test_two_collectors_behind_a_pooler_refuse_nobody(postgresql_url, folder, running, release):
    """Prepared statements of one session would be met by the other, or be gone."""
    with pgbouncer(postgresql_url, folder, "transaction") as pooled, ExitStack() as stack:
        servers = [stack.enter_context(running(pooled)) for _ in range(2)]
        devices = [server.enrolled() for server in servers for _ in range(3)]
        readers = [f"Bearer {server.token('auditor')}" for server in servers]

        def deliver(device):
            return [device.send(release(number)).status for number in range(1, 26)]

        def read(server, reader):
            paths = ("/v1/devices", "/v1/refusals", "/v1/totals", "/healthz")
            return [
                server.call("GET", path, Authorization=reader).status
                for _ in range(10)
                for path in paths
            ]

        with ThreadPoolExecutor(8) as threads:
            answers = [
                *threads.map(deliver, devices),
                *threads.map(read, servers, readers),
            ]
        assert {status for some in answers for status in some} <= {200, 403}
        assert servers[0].rows("SELECT count(*) FROM releases") == [(6 * 25,)]


def test_where_nobody_stands_in_between_statements_are_prepared(postgresql_url):
    engine = open_database(postgresql_url)
    for _ in range(10):
        with engine.begin() as connection:  # a rollback would forget them
            connection.execute(text("SELECT count(*) FROM devices"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) > 0
    engine.dispose()


def test_a_pooler_without_transactions_is_refused_by_name(postgresql_url, folder):
    with (
        pgbouncer(postgresql_url, folder, "statement") as pooled,
        pytest.raises(CollectorError, match="statement pooling mode") as refused,
    ):
        open_database(pooled)
    assert "\n" not in str(refused.value)
