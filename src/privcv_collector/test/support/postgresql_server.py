# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server for tests, on a socket in a folder of its own; also one that fails over."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from waiting import wait_until

STARTS_S = 120.0


class PostgresqlServer:
    """One server; its superuser is 'privcv'. ``folder`` must be short: it holds the socket."""

    def __init__(self, folder: Path, *settings: str, copy_of: "PostgresqlServer | None" = None):
        self.folder = folder
        self._settings = settings
        self._process: Any = None
        folder.mkdir(exist_ok=True)
        if (user := _user()) is not None:
            shutil.chown(folder, user)
        if copy_of is None:
            options = ["-U", "privcv", "-A", "trust", "-E", "UTF8", "--no-sync"]
            self._call("initdb", "-D", self._data, *options)
        else:  # a standby that follows
            self._call(
                "pg_basebackup", "-D", self._data, "-h", copy_of.folder, "-U", "privcv",
                "-R", "--no-sync", "-c", "fast",
            )  # fmt: skip

    @classmethod
    def existing(cls, folder: Path, *settings: str) -> "PostgresqlServer":
        """The server whose data lie in ``folder`` already."""
        server = cls.__new__(cls)
        server.folder, server._settings, server._process = folder, settings, None
        return server

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        listens = ["-k", str(self.folder), "-c", "listen_addresses=", "-c", "max_connections=200"]
        options = [part for setting in self._settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", self._data, *listens, *options],
                user=_user(), cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self.connects, STARTS_S)

    def crash(self) -> None:
        """End it at once; the next start recovers from its log, as after a power cut."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(60)

    def promote(self) -> None:
        """Let a standby take writes."""
        self._call("pg_ctl", "promote", "-D", self._data, "-w", "-t", "60")

    def connects(self) -> bool:
        """Whether it takes connections."""
        try:
            psycopg.connect(host=str(self.folder), user="privcv", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def new_database(self, name: str) -> str:
        """Create a database; its URL."""
        with psycopg.connect(
            host=str(self.folder), user="privcv", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://privcv@/{name}?host={self.folder}"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _call(self, name: str, *arguments: Any) -> None:
        subprocess.run(
            [program(name), *map(str, arguments)],
            user=_user(), cwd=self.folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def postgresql(folder: Path) -> Iterator[PostgresqlServer]:
    """Run a new server while a ``with`` block runs."""
    server = PostgresqlServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.crash()  # nobody needs the data


def program(name: str) -> str:
    """Path of a program of PostgreSQL: on the path, or where Debian puts the newest."""
    found = sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))
    path = shutil.which(name) or (found[-1] if found else None)
    if path is None:
        raise FileNotFoundError(f"{name} of PostgreSQL is not installed")
    return path


def is_installed() -> bool:
    """Whether a server can be made here."""
    try:
        return bool(program("initdb") and program("postgres"))
    except FileNotFoundError:
        return False


def _user() -> str | None:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
