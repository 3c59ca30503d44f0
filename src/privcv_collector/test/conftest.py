# SPDX-License-Identifier: Apache-2.0
"""A collector that runs, on each kind of database, and a device to talk to it."""

import http.client
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import uvicorn
from sqlalchemy import text
from waiting import wait_until

from privcv_collector.api.app import create_app
from privcv_collector.collector import Collector
from privcv_collector.limits.connections import bounded
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.administration import issue_access_token, issue_enrolment_token
from privcv_core.protocol.envelope import canonical, seal
from privcv_core.protocol.signing import SigningKey


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Socket folder of a PostgreSQL server of our own; its superuser is 'privcv'."""
    programs = [shutil.which(name) or _debian(name) for name in ("initdb", "postgres")]
    if None in programs:
        pytest.skip("no PostgreSQL server (initdb, postgres) is installed")
    with (
        tempfile.TemporaryDirectory(prefix="privcv-pg-") as name,  # short: it holds a socket
        _postgresql(Path(name), *programs),
    ):
        yield name


@contextmanager
def _postgresql(folder: Path, initdb: str, postgres: str) -> Iterator[None]:
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres" if _has_user("postgres") else "nobody"
        shutil.chown(folder, user)
    data = folder / "data"
    subprocess.run(
        [initdb, "-D", data, "-U", "privcv", "-A", "trust", "-E", "UTF8", "--no-sync"],
        user=user,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = ["-k", str(folder), "-c", "listen_addresses=", "-c", "max_connections=200"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [postgres, "-D", data, *options], user=user, cwd=folder, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: _connects(folder), 30.0)
            yield
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nobody needs the data
            server.wait(20)


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
    return _running


@pytest.fixture
def server(database_url: str) -> Iterator["Server"]:
    """A running collector on each kind of database."""
    with _running(database_url) as server:
        yield server


@pytest.fixture
def sqlite_server(tmp_path: Path) -> Iterator["Server"]:
    """A running collector where the kind of database does not matter."""
    with _running(f"sqlite:///{tmp_path}/collector.db") as server:
        yield server


@contextmanager
def _running(
    url: str, connections: dict[str, float] | None = None, **settings: Any
) -> Iterator["Server"]:
    collector = Collector(CollectorSettings(db=url, **settings))
    app = create_app(collector)
    http = bounded(**(connections or {}))
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", ws="none", http=http)
    runner = uvicorn.Server(config)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        wait_until(lambda: runner.started, 30.0)
        port = runner.servers[0].sockets[0].getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", collector, app)
    finally:
        runner.should_exit = True
        thread.join(20)


class Server:
    """A collector to send requests to."""

    def __init__(self, url: str, collector: Collector, app: Any = None) -> None:
        self.url = url
        self.collector = collector
        self.app = app

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> SimpleNamespace:
        return call(self.url, method, path, body, **headers)

    def token(self, role: str, *sites: str) -> str:
        name = "t" + secrets.token_hex(8)
        return issue_access_token(self.collector.engine, name, role, sites)  # type: ignore[arg-type]

    def read(self, path: str, role: str = "auditor", *sites: str) -> Any:
        answer = self.call("GET", path, Authorization=f"Bearer {self.token(role, *sites)}")
        assert answer.status == 200, answer.content
        return answer.content

    def rows(self, query: str) -> list[Any]:
        with self.collector.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def enrolled(self, site: str = "office", alg: str = "Ed25519") -> "Device":
        device = Device(self.url, alg)
        answer = device.enrol(issue_enrolment_token(self.collector.engine, site))
        assert answer.status == 201, answer.content
        return device


class Device:
    """A device: a key and the number of its next batch."""

    def __init__(self, url: str, alg: Any = "Ed25519") -> None:
        self.url = url
        self.name = secrets.token_hex(16)
        self.key = SigningKey.generate(alg)
        self.sequence = 1

    def enrol(self, token: str) -> SimpleNamespace:
        key = {"alg": self.key.alg, "key": self.key.public, "key_id": self.key.key_id}
        return call(self.url, "POST", "/v1/devices", {"device": self.name, "token": token, **key})

    def sealed(
        self, body: Any, sequence: int, sent_at: datetime | None = None, **other: Any
    ) -> bytes:
        return seal(
            other.get("key", self.key),
            other.get("device", self.name),
            sequence,
            sent_at or datetime.now(timezone.utc),
            canonical(body),
        )

    def batch(self, *releases: Any, dropped: int = 0, **other: Any) -> bytes:
        body = {"dropped": dropped, "releases": list(releases)}
        return self.sealed(body, other.pop("sequence", self.sequence), **other)

    def post(self, raw: bytes, path: str = "/v1/batches", **headers: str) -> SimpleNamespace:
        return call(self.url, "POST", path, raw, **headers)

    def send(self, *releases: Any, **other: Any) -> SimpleNamespace:
        answer = self.post(self.batch(*releases, **other))
        if answer.status == 200:
            self.sequence = answer.content["next_sequence"]
        return answer


def call(url: str, method: str, path: str, body: Any = None, **headers: str) -> SimpleNamespace:
    """One request; ``content`` is JSON where the answer is, else text."""
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, raw, {"Content-Type": "application/json", **sent})
        answer = connection.getresponse()
        content: Any = answer.read().decode()
        if answer.headers.get_content_type() == "application/json":
            content = json.loads(content)
        return SimpleNamespace(status=answer.status, content=content, headers=answer.headers)
    finally:
        connection.close()


@pytest.fixture
def new_device() -> type[Device]:
    """``new_device(url)``: a device that is not enrolled."""
    return Device


def _debian(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else None


def _has_user(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def _connects(folder: Path) -> bool:
    try:
        psycopg.connect(host=str(folder), user="privcv", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
