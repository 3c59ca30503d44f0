# SPDX-License-Identifier: Apache-2.0
"""A walk through a folder that leaves nothing out: files, links, mounts, what cannot be read."""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from privcv_core.files.folder import opened
from privcv_core.files.regular_file import open_regular

ATTRIBUTES = "extended attributes"
"""What a finding is called that is beside the content of a file, which is judged by itself."""

FOLDER = "an empty folder"
"""What a folder is called in which there is nothing: its name may be what somebody left."""

USER = "user."
"""The name space in which whoever may write a file may keep what they like."""


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
    yield from _attributes(folder)
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
    if not names:
        yield Met(folder, 0, FOLDER)
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
            yield from _attributes(path)
            yield path
        elif stat.S_ISREG(status.st_mode):
            yield from _attributes(path)
            yield Met(path, status.st_size)
        elif stat.S_ISLNK(status.st_mode):
            yield Met(path, status.st_size, "a link", "a link leads out of what was looked at")
        else:
            yield Met(path, status.st_size, "a special file", "a pipe, a socket or a device")


def _attributes(path: Path) -> Iterator[Met]:
    """What users have written beside the content of ``path``, which nothing of ours does.

    Attributes of other name spaces are the system's, or root's.
    """
    with contextlib.suppress(OSError), opened_itself(path) as itself:
        names = [name for name in os.listxattr(itself) if name.startswith(USER)]
        if names:
            size = sum(len(os.getxattr(itself, name)) for name in names)
            shown = ", ".join(ascii(name)[1:-1] for name in sorted(names)[:3])
            yield Met(path, size, ATTRIBUTES, f"nothing in this system writes such ({shown})")


def remove_attributes(path: Path) -> None:
    """Remove what ``walk`` found as ``ATTRIBUTES``; the file or folder stays. ``OSError``."""
    with opened_itself(path) as itself:
        for name in os.listxattr(itself):
            if name.startswith(USER):
                os.removexattr(itself, name)


@contextlib.contextmanager
def opened_itself(path: Path) -> Iterator[str]:
    """A name for the file or folder at ``path`` that no link changes, for as long as the block."""
    with opened(path.parent) as folder:
        flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path.name or ".", flags, dir_fd=folder)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


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
