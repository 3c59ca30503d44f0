# SPDX-License-Identifier: Apache-2.0
"""From nothing to a device that joined: the lines of docs/across.md, run as they stand there."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "across.md"
WITHIN_S = 300
"""Until all of it must have run, also where other tests take most of the machine."""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_what_the_document_says_ends_with_a_device_that_joined(tmp_path: Path) -> None:
    found = re.search(r"## How two operators begin\n.*?```sh\n(.*?)```", DOCUMENT.read_text(), re.S)
    assert found
    witness, collector = free_ports(2)
    lines = found[1].replace("127.0.0.1:8484", f"127.0.0.1:{witness}")
    lines = lines.replace("--port 8480", f"--port {collector}")
    lines = lines.replace("--folder witness", f"--folder witness --port {witness}")
    program = tmp_path / "bin" / "privcv"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m privcv_bringup.cli "$@"\n')
    program.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    path = f"{program.parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=work, env={**os.environ, "PATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as shell:  # fmt: skip
        try:
            said, wrong = shell.communicate(timeout=WITHIN_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)  # whatever did not end itself
    assert shell.returncode == 0, wrong[-2000:]
    assert "log: the task stands in it, cosigned by the quorum" in said
    assert "joined, by Chain Ltd and Auditors" in said
    assert "takes part, 3 sites, at least 3, 1 cells, epsilon 0.5" in said
    kept = sorted(path.suffix for path in (work / "state1" / "across").iterdir())
    assert kept == ["", ".proof", ".task"]
    for secret in ("leader/operator.pem", "leader/sign.pem", "helper/sealing.json"):
        assert (work / secret).stat().st_mode & 0o777 == 0o600
