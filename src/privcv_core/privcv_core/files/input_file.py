# SPDX-License-Identifier: Apache-2.0
"""Inputs that a user names: whatever they link to, but a file, so that nobody waits for a pipe.

What is read of its own accord, from folders that others may write to, goes through
``regular_file``, which follows no link of others.
"""

import errno
import os
import stat
from pathlib import Path
from typing import IO

from privcv_core.files.regular_file import digest_of, read_bounded

MAX_INPUT_BYTES = 1 << 30
"""Largest input that is read whole, bytes."""


def open_input(path: Path) -> IO[bytes]:
    """The file ``path`` for reading. Raises ``OSError`` whose ``strerror`` says what it is not."""
    _refuse_irregular(os.stat(path))  # before it is opened: that may do something, or wait
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _refuse_irregular(os.fstat(descriptor))
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_input(path: Path, max_bytes: int = MAX_INPUT_BYTES) -> bytes:
    """The content of ``path``; raises ``OSError``, also for more than ``max_bytes``."""
    with open_input(path) as file:
        return read_bounded(file, max_bytes)


def digest_input(path: Path) -> str:
    """SHA-256 of the content of ``path``, 64 hex digits; raises ``OSError``."""
    with open_input(path) as file:
        return digest_of(file)


def check_input(path: Path) -> None:
    """Raise ``OSError`` as ``open_input`` does, for a library that opens the file itself."""
    open_input(path).close()


def check_inputs(place: Path) -> None:
    """``check_input`` of a file or of each in a folder; ``OSError`` has its name in ``filename``.

    Who opens a pipe waits for ever. A link to nowhere is left to whoever needs what it leads to.
    """
    for file in sorted(place.iterdir()) if place.is_dir() else [place]:
        try:
            if not file.is_dir():
                check_input(file)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file)) from error


def _refuse_irregular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is a pipe, a socket or a device; name a file")
