# SPDX-License-Identifier: Apache-2.0
"""A real PgBouncer for tests, before the PostgreSQL server of the tests."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from waiting import wait_until

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Pooler:
    """A pooler before the database ``server_url``; it has so many sessions with the server."""

    def __init__(self, server_url: str, folder: Path, pool_mode: str, sessions: int = 3) -> None:
        parts = urlsplit(server_url)
        server = dict(parse_qsl(parts.query))["host"]
        folder.mkdir()
        self._folder = folder
        self._config = folder / "pgbouncer.ini"
        self._config.write_text(
            f"[databases]\n* = host={server} user=privcv\n"
            f"[pgbouncer]\nunix_socket_dir = {folder}\nlisten_port = 6543\nauth_type = any\n"
            f"pool_mode = {pool_mode}\ndefault_pool_size = {sessions}\nmax_client_conn = 500\n"
            "server_login_retry = 1\n"  # or 15 s pass after each restart of the server
            f"logfile = {folder}/log\n"
        )
        self._user = None
        if os.geteuid() == 0:  # it refuses to run as root
            users = {entry.pw_name for entry in pwd.getpwall()}
            self._user = "postgres" if "postgres" in users else "nobody"
            shutil.chown(folder, self._user)
        self._process: Any = None
        self.url = f"postgresql://privcv@{parts.path}?host={folder}&port=6543"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        socket = self._folder / ".s.PGSQL.6543"
        socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [str(PGBOUNCER), "-q", self._config],
            user=self._user, cwd=self._folder, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(socket.exists, 60.0)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, by default when the transactions that go on are over."""
        self._process.send_signal(how)
        self._process.wait(20)


@contextmanager
def pgbouncer(url: str, folder: Path, pool_mode: str, sessions: int = 3) -> Iterator[str]:
    """The URL of the same database through a pooler, while a ``with`` block runs."""
    pooler = Pooler(url, folder, pool_mode, sessions)
    pooler.start()
    try:
        yield pooler.url
    finally:
        pooler.end()
