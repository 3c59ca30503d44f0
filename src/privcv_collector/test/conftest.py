# SPDX-License-Identifier: Apache-2.0
"""What tests of the collector share: one that runs, on each kind of database, and devices."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from collector_client import Device, Server, running_in_thread
from postgresql_server import is_installed, postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Socket folder of a PostgreSQL server of our own; its superuser is 'privcv'."""
    if not is_installed():
        pytest.skip("no PostgreSQL server (initdb, postgres) is installed")
    with (
        tempfile.TemporaryDirectory(prefix="privcv-pg-") as name,  # short: it holds a socket
        postgresql(Path(name)),
    ):
        yield name


@pytest.fixture(scope="session")
def new_database(postgresql_server: str) -> Callable[[], str]:
    """``new_database()``: the URL of a new database on that server."""

    def make() -> str:
        name = "t" + secrets.token_hex(6)
        with psycopg.connect(
            host=postgresql_server, user="privcv", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://privcv@/{name}?host={postgresql_server}"

    return make


@pytest.fixture
def postgresql_url(new_database: Callable[[], str]) -> str:
    """A new database on PostgreSQL."""
    return new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/collector.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def running() -> Callable[..., Any]:
    """``with running(url, **settings) as server``: a collector in a thread of this process."""
    return running_in_thread


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    """A running collector on each kind of database."""
    with running_in_thread(database_url) as server:
        yield server


@pytest.fixture
def sqlite_server(tmp_path: Path) -> Iterator[Server]:
    """A running collector where the kind of database does not matter."""
    with running_in_thread(f"sqlite:///{tmp_path}/collector.db") as server:
        yield server


@pytest.fixture
def new_device() -> type[Device]:
    """``new_device(url)``: a device that is not enrolled."""
    return Device
