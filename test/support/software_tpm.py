# SPDX-License-Identifier: Apache-2.0
"""A TPM 2.0 in software (swtpm), for tests: skipped, with the reason, where there is none."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from privcv_across.attestation.tpm_device import Tpm


def missing() -> str:
    """Why there is no TPM in software here; empty: there is one."""
    if shutil.which("swtpm") is None:
        return "swtpm is not installed"
    try:
        import tpm2_pytss  # noqa: F401
    except ImportError:
        return "tpm2-pytss is not installed (extra 'tpm')"
    return ""


needs_tpm = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")


class SoftwareTpm:
    """One chip, with its state in ``folder``: on from ``__init__``, until ``off``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.on()

    def on(self) -> None:
        """Power: a new boot, of the same chip."""
        for _ in range(20):
            port = _two_free_ports()
            self._process = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}",
                 "--server", f"type=tcp,port={port},bindaddr=127.0.0.1",
                 "--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1",
                 "--flags", "not-need-init,startup-clear"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            self.tcti = f"swtpm:host=127.0.0.1,port={port}"
            if self._answers():
                return
            self.off()
        raise AssertionError("swtpm does not start")

    def off(self, *, orderly: bool = True) -> None:
        """Power off; ``orderly``: after TPM2_Shutdown, as the kernel does."""
        if orderly and self._process.poll() is None:
            with Tpm(self.tcti) as tpm:
                tpm.esys.shutdown(tpm.tss.TPM2_SU.CLEAR)
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        port = int(self.tcti.rpartition("=")[2])
        while self._process.poll() is None:
            try:
                for one in (port, port + 1):
                    socket.create_connection(("127.0.0.1", one)).close()
                return True
            except OSError:
                time.sleep(0.02)  # until it listens, or has ended
        return False


@contextmanager
def software_tpm(folder: Path) -> Iterator[SoftwareTpm]:
    """A chip that is off in the end."""
    folder.mkdir(exist_ok=True)
    chip = SoftwareTpm(folder)
    try:
        yield chip
    finally:
        chip._process.kill()
        chip._process.wait()


def _two_free_ports() -> int:
    """The TSS talks to a port and to the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
