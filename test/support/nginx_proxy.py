# SPDX-License-Identifier: Apache-2.0
"""A real nginx for tests: it ends TLS and passes on, or answers in the place of, a collector."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from waiting import wait_until

from privcv_core.protocol.demo_certificates import DemoCertificates

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


@dataclass
class Nginx:
    """A running server; ``configure`` replaces what it does with requests."""

    folder: Path
    port: int
    tls: DemoCertificates

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://localhost:{self.port}"

    def configure(self, *location: str) -> None:
        """Have lines of a ``location /`` from now on."""
        self.write(*location)
        before = self._workers()
        subprocess.run(
            [str(NGINX), *self._options, "-s", "reload"], check=True, stderr=subprocess.DEVNULL
        )
        # A worker of before answers with the configuration of before.
        wait_until(lambda: self._workers() and not self._workers() & before, 60.0)

    def _workers(self) -> set[str]:
        master = (self.folder / "pid").read_text().strip()
        return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())

    def write(self, *location: str) -> None:
        """Write its configuration with these lines of ``location /``."""
        folder = self.folder
        paths = " ".join(
            f"{name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
            f"user root;\nevents {{}}\nhttp {{ access_log {folder}/access.log; {paths}\n"
            f"server {{ listen 127.0.0.1:{self.port} ssl; ssl_protocols TLSv1.3;\n"
            f"ssl_certificate {self.tls.certificate}; ssl_certificate_key {self.tls.key};\n"
            f"location / {{ {' '.join(location)} }} }} }}\n"
        )

    @property
    def answers(self) -> list[int]:
        """Statuses that it answered, in order."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [int(line.split('" ')[1].split()[0]) for line in lines]

    @property
    def _options(self) -> list[str]:
        return ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server."""
        process = subprocess.Popen([str(NGINX), *self._options], stderr=subprocess.DEVNULL)
        wait_until(self._listens, 60.0)
        return process

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True


@contextmanager
def nginx(folder: Path, tls: DemoCertificates, *location: str) -> Iterator[Nginx]:
    """Run an nginx with these lines of ``location /`` while a ``with`` block runs."""
    folder.mkdir()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        server = Nginx(folder, free.getsockname()[1], tls)
    server.write(*location)
    process = server.start()
    try:
        yield server
    finally:
        process.terminate()
        process.wait(10)
