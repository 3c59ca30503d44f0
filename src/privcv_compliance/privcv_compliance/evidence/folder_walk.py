# SPDX-License-Identifier: Apache-2.0
"""A walk through a folder that leaves nothing out: files, links, mounts, what cannot be read."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from privcv_core.files.regular_file import open_regular


@dataclass(frozen=True)
class Met:
    """Something in a folder. ``problem`` is empty for a regular file, which has to be looked at."""

    path: Path
    bytes: int
    what: str = ""
    problem: str = ""


def walk(folder: Path) -> Iterator[Met]:
    """Everything under ``folder``, in order of name. Folders are entered, links are not.

    However deep: who may make folders could else end the walk by many of them in one another.
    """
    waiting = [_entries(folder)]
    while waiting:
        for met in waiting[-1]:
            if isinstance(met, Path):
                waiting.append(_entries(met))
                break
            yield met
        else:
            waiting.pop()


def _entries(folder: Path) -> Iterator[Met | Path]:
    """What is in ``folder`` itself; a ``Path`` is a folder in it, which has to be entered."""
    try:
        device = os.lstat(folder).st_dev
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        yield _unreadable(folder, error)
        return
    for name in names:
        path = folder / name
        try:
            status = os.lstat(path)
        except OSError as error:
            yield _unreadable(path, error)
            continue
        if stat.S_ISDIR(status.st_mode):
            if status.st_dev != device:
                yield Met(path, 0, "a mount", "what lies beneath another file system is not seen")
            yield path
        elif stat.S_ISREG(status.st_mode):
            yield Met(path, status.st_size)
        elif stat.S_ISLNK(status.st_mode):
            yield Met(path, status.st_size, "a link", "a link leads out of what was looked at")
        else:
            yield Met(path, status.st_size, "a special file", "a pipe, a socket or a device")


def has_hole(path: Path, size: int) -> bool:
    """Whether a part of the file was never written: it says to be larger than it is."""
    descriptor = open_regular(path)
    try:
        return size > 0 and os.lseek(descriptor, 0, os.SEEK_HOLE) < size
    finally:
        os.close(descriptor)


def _unreadable(path: Path, error: OSError) -> Met:
    hint = "" if os.geteuid() == 0 else "; ask again as root"
    what = f"what is in it is not known: {error.strerror}{hint}"
    return Met(path, 0, "something that cannot be read", what)
