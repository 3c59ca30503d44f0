# SPDX-License-Identifier: Apache-2.0
"""The opener of files in folders that others may write to: no link, no pipe, nobody else's file.

Whoever may make names in a folder can put a link, a pipe or a file of their own where we expect
ours. So every file is opened in its folder (``openat``) without following a link, without waiting
for a pipe's other end, and is looked at again through its descriptor. Links to *folders*, and with
``follow`` those to files, count where root or this user made them, as an administrator lays them.

To write, the file must belong to root, to this user, or to the owner of a folder that nobody else
may write to, and have no other name (hard link).
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

MAX_TEXT_BYTES = 1 << 20
"""Largest file of settings, records or notes that is read, bytes."""

PART_BYTES = 1 << 20
"""So much is read at once."""

_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITES = os.O_WRONLY | os.O_RDWR
_MAX_LINKS = 16


def open_regular(
    path: Path, flags: int = os.O_RDONLY, mode: int = 0o600, *, follow: bool = False
) -> int:
    """A descriptor of the regular file ``path``, opened with ``flags``; see the module.

    Raises ``OSError`` whose ``strerror`` says what stands there instead.
    """
    with _place(path, follow) as (folder, name):
        return _opened(folder, name, flags, mode)


def make_regular(path: Path, flags: int, mode: int) -> int:
    """A descriptor of a new file, opened with ``flags``; ``FileExistsError`` where there is one.

    Made by root in a folder where one other user writes alone, it is that user's: else what was
    done once with sudo would keep a service out of its own files. Raises ``OSError``.
    """
    with _place(path, follow=False) as (folder, name):
        descriptor = _opened(folder, name, flags | os.O_CREAT | os.O_EXCL, mode)
        give_to_keeper(descriptor, folder)
        return descriptor


def give_to_keeper(made: int, folder: int) -> None:
    """Let what root just made be whose ``folder`` is, where nobody else may write in that."""
    place = os.fstat(folder)
    if os.geteuid() == 0 != place.st_uid and not place.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        with contextlib.suppress(
            PermissionError
        ):  # root of a container that may not: it stays ours
            os.fchown(made, place.st_uid, place.st_gid)


def check_regular(path: Path, *, writes: bool = True, follow: bool = False) -> bool:
    """Whether ``path`` is there; raises ``OSError`` as ``open_regular`` does where it is not right.

    It opens nothing, for files that a library opens: closing a descriptor of a SQLite file would
    let go the locks that this process holds on it.
    """
    try:
        with _place(path, follow) as (folder, name):
            descriptor = os.open(name, _LOOK, dir_fd=folder)
            try:
                _check(os.fstat(descriptor), folder, writes)
            finally:
                os.close(descriptor)
    except FileNotFoundError:
        return False
    return True


def restrict(path: Path, permissions: int, *, follow: bool = False) -> int:
    """Take from ``path``, where it is there, all but ``permissions``; returns those it had, or 0.

    Raises ``OSError`` as ``check_regular`` does, and opens nothing either.
    """
    try:
        with _place(path, follow) as (folder, name):
            descriptor = os.open(name, _LOOK, dir_fd=folder)
            try:
                status = os.fstat(descriptor)
                _check(status, folder, writes=True)
                mode = stat.S_IMODE(status.st_mode)
                if mode & ~permissions:
                    # By its descriptor, so that it is what was looked at.
                    os.chmod(f"/proc/self/fd/{descriptor}", mode & permissions)
                return mode
            finally:
                os.close(descriptor)
    except FileNotFoundError:
        return 0


def open_to_read(path: Path, *, follow: bool = False) -> IO[bytes]:
    """The regular file ``path``, whoever owns it, for reading. Raises ``OSError``."""
    return open(open_regular(path, follow=follow), "rb")


def open_to_append(path: Path, mode: int) -> IO[bytes]:
    """``path``, made where it is not there, for adding at its end; links of ours are followed.

    Raises ``OSError``.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    return open(open_regular(path, flags, mode, follow=True), "ab")


def read_regular(path: Path, max_bytes: int = MAX_TEXT_BYTES, *, follow: bool = True) -> bytes:
    """The content of ``path``; raises ``OSError``, also for more than ``max_bytes``."""
    with open_to_read(path, follow=follow) as file:
        return read_bounded(file, max_bytes)


def read_bounded(file: IO[bytes], max_bytes: int) -> bytes:
    """What is left to read of ``file``; raises ``OSError`` for more than ``max_bytes``.

    In parts: a read of as much as is allowed takes that much memory, whatever the file holds, and
    all of it is touched in a process that overwrites what it allocates (``frames.hardening``).
    """
    parts, size = [], 0
    while part := file.read(min(PART_BYTES, max_bytes + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise OSError(errno.EFBIG, f"is larger than {max_bytes} bytes")
    return b"".join(parts)


def digest_regular(path: Path, *, follow: bool = True) -> str:
    """SHA-256 of the content of ``path``, 64 hex digits; raises ``OSError``."""
    with open_to_read(path, follow=follow) as file:
        return digest_of(file)


def digest_of(file: IO[bytes]) -> str:
    """SHA-256 of what is left to read of ``file``, 64 hex digits."""
    digest = hashlib.sha256()
    while part := file.read(PART_BYTES):
        digest.update(part)
    return digest.hexdigest()


def open_folder(path: Path) -> int:
    """A descriptor (``O_PATH``) of a folder, for ``dir_fd``.

    Every link on the way must have been made by root or this user. Raises ``OSError``.
    """
    with _place(path, follow=True) as (folder, name):
        if name != ".":
            os.stat(name, dir_fd=folder, follow_symlinks=False)
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return os.dup(folder)


@contextlib.contextmanager
def _place(path: Path, follow: bool) -> Iterator[tuple[int, str]]:
    """The folder that really holds the file, and its name there; ``.`` for a folder itself."""
    parts = [part for part in str(path if path.is_absolute() else Path.cwd() / path).split("/")
             if part]  # fmt: skip
    folder = os.open("/", _LOOK | os.O_DIRECTORY)
    try:
        links = 0
        while parts:
            name = parts.pop(0)
            is_last = not parts
            if is_last and not follow:
                yield folder, name
                return
            try:
                descriptor = os.open(name, _LOOK, dir_fd=folder)
            except FileNotFoundError:
                if not is_last:
                    raise
                yield folder, name
                return
            status = os.fstat(descriptor)
            if stat.S_ISLNK(status.st_mode):
                target = os.readlink("", dir_fd=descriptor)
                os.close(descriptor)
                links += 1
                if links > _MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
                if status.st_uid not in (0, os.geteuid()):
                    raise OSError(errno.ELOOP, f"{name}: is a link that another user made")
                parts = [part for part in target.split("/") if part] + parts
                if target.startswith("/"):
                    os.close(folder)
                    folder = os.open("/", _LOOK | os.O_DIRECTORY)
            elif is_last and not stat.S_ISDIR(status.st_mode):
                os.close(descriptor)
                yield folder, name
                return
            elif stat.S_ISDIR(status.st_mode):
                os.close(folder)
                folder = descriptor
            else:
                os.close(descriptor)
                raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        yield folder, "."
    finally:
        os.close(folder)


def _opened(folder: int, name: str, flags: int, mode: int) -> int:
    _refuse_special(folder, name)
    try:
        descriptor = os.open(name, flags | _SAFE, mode, dir_fd=folder)
    except OSError as error:
        raise _in_words(error) from None
    try:
        _check(os.fstat(descriptor), folder, bool(flags & _WRITES))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_special(folder: int, name: str) -> None:
    """Opening a device may do something, and a pipe may wait: look before."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    _refuse_irregular(status)


def _check(status: os.stat_result, folder: int, writes: bool) -> None:
    _refuse_irregular(status)
    if not writes:
        return
    if status.st_nlink > 1:
        raise OSError(errno.EMLINK, "has another name (hard link), so it is not written")
    place = os.fstat(folder)
    trusted = {0, os.geteuid()}
    if not place.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        trusted.add(place.st_uid)
    if status.st_uid not in trusted:
        raise OSError(errno.EPERM, f"belongs to another user (uid {status.st_uid})")


def _refuse_irregular(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "is a link, which is not followed")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file")


def _in_words(error: OSError) -> OSError:
    if error.errno == errno.ELOOP:
        return OSError(errno.ELOOP, "is a link, which is not followed")
    if error.errno == errno.ENXIO:
        return OSError(errno.EINVAL, "is not a regular file")
    return error
