# SPDX-License-Identifier: Apache-2.0
"""A user without rights: runs a command, or anything else, as ``nobody`` in a process of its own.

The process is forked and drops its rights then, since ``nobody`` may not come to where Python and
its packages lie; so what it needs has to be imported before.
"""

import codecs
import json
import os
import select
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner

NOBODY = 65534
codecs.lookup("utf-16be")  # of canonical JSON; it is imported when it is first used
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be somebody else")


class Said(NamedTuple):
    """What came of a command: its exit status, and all that it printed or ended with."""

    status: int
    output: str


@contextmanager
def folder_of_all(mode: int = 0o755) -> Iterator[Path]:
    """A folder to which everybody may come; pytest's own are closed for others than its user."""
    with tempfile.TemporaryDirectory(prefix="privcv-test-", dir="/tmp") as folder:
        os.chmod(folder, mode)
        yield Path(folder)


def run(command: click.Command, *arguments: str) -> Said:
    """Run ``command`` in this process, as whoever this is; an error is its output."""
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    failed = result.exception is not None and not isinstance(result.exception, SystemExit)
    words = f"{type(result.exception).__name__}: {result.exception}" if failed else ""
    return Said(result.exit_code, result.output + words)


def run_as_nobody(command: click.Command, *arguments: str, timeout_s: float = 60.0) -> Said:
    """Run ``command`` as ``nobody``."""
    return Said(*as_nobody(lambda: list(run(command, *arguments)), timeout_s))


def as_nobody(work: Callable[[], Any], timeout_s: float = 60.0, *, rights: bool = False) -> Any:
    """What ``work`` returns (as JSON has it) where ``nobody`` does it; it may not take longer.

    With ``rights`` it stays who it is: in a process of its own what waits for ever can be ended.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if not rights:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
                os.umask(0o022)
            os.write(writing, json.dumps(work()).encode())
            status = 0
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(status)
    os.close(writing)
    try:
        content = b""
        while select.select([reading], [], [], timeout_s)[0]:
            if not (part := os.read(reading, 65536)):
                break
            content += part
        else:
            os.kill(child, signal.SIGKILL)
            pytest.fail(f"it did not end within {timeout_s} s")
    finally:
        os.close(reading)
        _, status = os.waitpid(child, 0)
    assert status == 0, content.decode()
    return json.loads(content)
