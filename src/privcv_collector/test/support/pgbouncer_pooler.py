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
from urllib.parse import parse_qsl, urlsplit

from waiting import wait_until

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


@contextmanager
def pgbouncer(url: str, folder: Path, pool_mode: str, sessions: int = 3) -> Iterator[str]:
    """The URL of the same database through a pooler that has so many sessions with the server."""
    parts = urlsplit(url)
    server = dict(parse_qsl(parts.query))["host"]
    folder.mkdir()
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={server} user=privcv\n"
        f"[pgbouncer]\nunix_socket_dir = {folder}\nlisten_port = 6543\nauth_type = any\n"
        f"pool_mode = {pool_mode}\ndefault_pool_size = {sessions}\nmax_client_conn = 500\n"
        f"logfile = {folder}/log\n"
    )
    user = None
    if os.geteuid() == 0:  # it refuses to run as root
        user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
        shutil.chown(folder, user)
    pooler = subprocess.Popen(
        [str(PGBOUNCER), "-q", config], user=user, cwd=folder, stderr=subprocess.DEVNULL
    )
    pooled = f"postgresql://privcv@{parts.path}?host={folder}&port=6543"
    try:
        wait_until(lambda: (folder / ".s.PGSQL.6543").exists(), 60.0)
        yield pooled
    finally:
        pooler.send_signal(signal.SIGINT)
        pooler.wait(20)
