# SPDX-License-Identifier: Apache-2.0
"""A collector as a process of its own: a public test double for users' tests, and for our demo.

It is the real program on a free port; nothing in the package itself uses this module.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from privcv_collector.errors import CollectorError
from privcv_core.parent import parent_environment


class CollectorProcess:
    """Starts ``privcv collector`` and waits until it accepts requests.

    ``url`` is where it listens. ``options`` are further ones of the command line. Raises
    ``CollectorError`` with what the process said where it does not start.
    """

    def __init__(
        self,
        db: str,
        *options: str,
        port: int = 0,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "privcv_collector", "--db", db]
        command += ["--port", str(port), *options]
        if tls is not None:
            command += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **parent_environment()},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if " listening on " not in line:
            raise CollectorError(f"the collector did not start (exit {self._process.wait()})")
        self.url = line.split()[-1]

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def stop(self, timeout_s: float = 60.0) -> int:
        """End it as a service manager does (SIGTERM), and return its exit status."""
        self._process.terminate()
        return self._wait(timeout_s)

    def kill(self) -> None:
        """End it as a power cut does (SIGKILL)."""
        self._process.kill()
        self._wait(15.0)

    def _wait(self, timeout_s: float) -> int:
        try:
            return self._process.wait(timeout_s)
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()


@contextmanager
def running_collector(
    db: str, *options: str, port: int = 0, tls: tuple[Path, Path] | None = None
) -> Iterator[CollectorProcess]:
    """A collector for the time of a ``with`` block, made as ``CollectorProcess`` is."""
    process = CollectorProcess(db, *options, port=port, tls=tls)
    try:
        yield process
    finally:
        process.stop()
