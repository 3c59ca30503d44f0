# SPDX-License-Identifier: Apache-2.0
"""Databases that fail: a SQLite file, and PostgreSQL behind a pooler of transactions."""

import signal
import tempfile
from pathlib import Path

from pgbouncer_pooler import PGBOUNCER, Pooler
from postgresql_server import PostgresqlServer, is_installed


class SqliteDatabase:
    """A file, whose writes fail where its disk is full."""

    def __init__(self, folder: Path) -> None:
        self.url = self.direct_url = f"sqlite:///{folder}/collector.db"

    def start(self) -> None:
        """Nothing runs."""

    def fail(self, what: str) -> None:
        """Nothing to restart."""

    def stop(self) -> None:
        """Nothing runs."""


class PooledDatabase:
    """PostgreSQL behind PgBouncer, which gives each transaction another session."""

    def __init__(self, _folder: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(
            prefix="privcv-pg-", dir="/tmp"
        )  # holds sockets: short
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        self._server = PostgresqlServer(folder / "s")
        self._server.start()
        self.direct_url = self._server.new_database("chaos")
        self._pooler = Pooler(self.direct_url, folder / "p", "transaction", sessions=4)
        self.url = self._pooler.url

    def start(self) -> None:
        """Start the pooler too."""
        self._pooler.start()

    def fail(self, what: str) -> None:
        """Kill and start again the pooler, or the server."""
        if what == "kill pooler":
            self._pooler.end(signal.SIGKILL)
            self._pooler.start()
        elif what == "crash database":
            self._server.crash()
            self._server.start()

    def stop(self) -> None:
        """End both."""
        self._pooler.end(signal.SIGKILL)
        self._server.crash()
        self._folder.cleanup()


def can_pool() -> bool:
    """Whether PostgreSQL and PgBouncer are installed here."""
    return PGBOUNCER is not None and is_installed()
