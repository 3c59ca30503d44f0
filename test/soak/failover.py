# SPDX-License-Identifier: Apache-2.0
"""Two PostgreSQL servers, of which one follows the other, synchronously; and one that takes over.

A commit returns once both have it. So nothing that a device was told is stored is lost with the
first, and a second failover is as good as the first.
"""

import shutil
import tempfile
import time
from pathlib import Path

from postgresql_server import PostgresqlServer

SYNCHRONOUS = ("synchronous_standby_names=*", "fsync=on")


class FailoverPair:
    """A primary and its standby; ``fail_over`` ends the one and promotes the other."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="privcv-pg-", dir="/tmp")
        self._path = Path(self._folder.name)
        self._path.chmod(0o755)
        self._places = [self._path / "a", self._path / "b"]
        alone = PostgresqlServer(self._places[0])
        alone.start()
        alone.new_database("soak")
        alone.crash()
        self._primary = PostgresqlServer.existing(self._places[0], *SYNCHRONOUS)
        self._primary.start()
        self._standby = self._follow(self._places[1])
        self.failovers = 0
        hosts = ",".join(map(str, self._places))
        self.url = f"postgresql://privcv@/soak?host={hosts}&target_session_attrs=read-write"

    def fail_over(self) -> None:
        """The primary dies; the standby takes its place, and gets a new standby itself."""
        dead, self._primary = self._primary, self._standby
        dead.crash()
        self._primary.promote()
        while (dead.folder / "data").exists():  # its processes end one by one, and tidy up
            shutil.rmtree(dead.folder / "data", ignore_errors=True)
            time.sleep(0.05)
        self._standby = self._follow(dead.folder)
        self.failovers += 1

    def stop(self) -> None:
        """End both; nobody needs the data."""
        for server in (self._standby, self._primary):
            server.crash()
        self._folder.cleanup()

    def _follow(self, folder: Path) -> PostgresqlServer:
        standby = PostgresqlServer(folder, *SYNCHRONOUS, copy_of=self._primary)
        standby.start()
        return standby
