# SPDX-License-Identifier: Apache-2.0
"""Changes of the names in a folder that others may have put a link before: none is followed.

Every name is made, moved and removed in its folder's descriptor, which ``open_folder`` gives: links
to folders count where root or this user made them.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from privcv_core.files.regular_file import give_to_keeper, open_folder

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def make_folder(path: Path, mode: int = 0o755) -> None:
    """Make the folder ``path`` where it is not there, and those above it that are missing.

    ``mode``, less the umask, are the permissions of ``path`` itself if it is made; others can write
    in none that is made here, whatever the umask. One that root makes in a folder where one other
    user writes alone is that user's. Raises ``OSError`` whose ``strerror`` says what stands there
    instead.
    """
    try:
        os.close(open_folder(path))
        return
    except FileNotFoundError:
        if path == path.parent:
            raise
    if path.is_symlink():
        raise OSError(errno.ENOENT, "is a link that leads nowhere")
    make_folder(path.parent)
    with opened(path.parent) as folder, contextlib.suppress(FileExistsError):
        os.mkdir(path.name, mode, dir_fd=folder)
        if os.geteuid() == 0:
            made = os.open(path.name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            try:
                give_to_keeper(made, folder)
            finally:
                os.close(made)
    os.close(open_folder(path))


def remove(path: Path) -> None:
    """Remove a regular file, or a link itself. Raises ``OSError``, also for a folder."""
    with opened(path.parent) as folder:
        if stat.S_ISDIR(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.EISDIR, "is a folder")
        os.unlink(path.name, dir_fd=folder)


def remove_empty(path: Path) -> None:
    """Remove a folder that is empty. Raises ``OSError``, also for a link to one."""
    with opened(path.parent) as folder:
        os.rmdir(path.name, dir_fd=folder)


def rename(path: Path, name: str) -> None:
    """Call ``path`` ``name`` in the same folder, instead of what has that name. ``OSError``."""
    with opened(path.parent) as folder:
        os.rename(path.name, name, src_dir_fd=folder, dst_dir_fd=folder)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: those made, renamed and removed. Raises ``OSError``."""
    with opened(path) as folder:
        sync_opened(folder)


def sync_opened(folder: int) -> None:
    """The same for the folder of a descriptor."""
    descriptor = os.open(".", _FOLDER, dir_fd=folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of the folder ``path`` for the length of a ``with`` block."""
    descriptor = open_folder(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
