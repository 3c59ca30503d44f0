# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server for tests, on a socket in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from waiting import wait_until


@contextmanager
def postgresql(folder: Path, initdb: str, postgres: str) -> Iterator[None]:
    """Run a new server while a ``with`` block runs; its superuser is 'privcv'."""
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


def debian_program(name: str) -> str | None:
    """Path of a program of the newest PostgreSQL, where Debian puts it."""
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
