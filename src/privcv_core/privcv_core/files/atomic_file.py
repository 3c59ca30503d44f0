# SPDX-License-Identifier: Apache-2.0
"""The atomic, durable writer of files: write beside, fsync, rename, fsync the folder.

Whatever happens, the name holds either the whole old content or the whole new one, and once a
function here has returned, the new one survives a power cut. The name for the time of writing is
random and must not exist (``O_EXCL``), so neither a link nor another writer can stand there. A
link at the final name is replaced, not followed; one to its folder counts where root or this user
made it.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from privcv_core.errors import FileWriteError
from privcv_core.files.folder import opened, sync_opened

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_atomically(path: Path, content: bytes | str, *, mode: int | None = None) -> None:
    """Let ``content`` take the place of what ``path`` holds; see ``replacing``. Text is UTF-8."""
    with replacing(path, mode=mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[IO[bytes]]:
    """A file that takes the place of ``path`` when the ``with`` block ends, and not if it fails.

    ``mode`` are the permissions it shall have; None: what the umask leaves of 0666. The folder
    must exist. Raises ``FileWriteError``, also for an ``OSError`` of the block; what else the
    block raises goes through.
    """
    fresh = f".{path.name}.{secrets.token_hex(8)}"
    with _failing_as(path), opened(path.parent) as folder:
        _refuse_special(path)
        with _made(folder, fresh, mode) as file:
            yield file
            _sync(file)
            os.replace(fresh, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        sync_opened(folder)


def write_new(path: Path, content: bytes | str, *, mode: int | None = None) -> None:
    """Write a file that must not exist yet, durably; a failure leaves none.

    Raises ``FileWriteError``, also where something has that name: it is never replaced.
    """
    with _failing_as(path), opened(path.parent) as folder:
        with _made(folder, path.name, mode) as file:
            file.write(content.encode() if isinstance(content, str) else content)
            _sync(file)
        sync_opened(folder)


@contextlib.contextmanager
def _made(folder: int, name: str, mode: int | None) -> Iterator[IO[bytes]]:
    """A new file, which is removed again where the block fails."""
    descriptor = os.open(name, _FLAGS, 0o666 if mode is None else mode & 0o700, dir_fd=folder)
    try:
        with open(descriptor, "wb") as file:
            if mode is not None and stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
                os.fchmod(descriptor, mode)  # exactly, whatever the umask
            yield file
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _refuse_special(path: Path) -> None:
    """A pipe or a device is for reading and writing, not for being replaced by a file."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise FileWriteError(f"{path}: is not a regular file; name another")


@contextlib.contextmanager
def _failing_as(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileWriteError(f"{path}: cannot be written: {error.strerror or error}") from error
