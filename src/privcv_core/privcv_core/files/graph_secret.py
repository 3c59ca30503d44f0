# SPDX-License-Identifier: Apache-2.0
"""The secret of one device's graph: the HMAC key by which its processes know each other's messages.

It lies in the state folder, ``graph.secret``: 32 random bytes as hex. Whichever process starts
first makes it. It is readable by its owner only, or by the group where the folder belongs to a
group on purpose (setgid, as systemd-tmpfiles makes it for one user per process).
"""

import os
import secrets
import stat
from pathlib import Path

from privcv_core.errors import KeyFileError
from privcv_core.files.folder import make_folder, opened
from privcv_core.files.regular_file import open_to_read

NAME = "graph.secret"
SECRET_BYTES = 32
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def graph_secret(path: Path) -> bytes:
    """The secret at ``path``, made where there is none. Raises ``KeyFileError``."""
    try:
        return read_graph_secret(path)
    except FileNotFoundError:
        _make(path)
    try:
        return read_graph_secret(path)
    except FileNotFoundError as error:
        raise KeyFileError(f"{path}: is gone again; who removes it?") from error


def read_graph_secret(path: Path) -> bytes:
    """The secret at ``path``. Raises ``KeyFileError``; ``FileNotFoundError`` where it is not."""
    try:
        with open_to_read(path) as file:
            _refuse_if_shared(path, os.fstat(file.fileno()))
            text = file.read(2 * SECRET_BYTES + 2)
        secret = bytes.fromhex(text.decode("ascii").strip())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise KeyFileError(f"{path}: is not a secret of a graph; remove it, a new one is made")
    return secret


def _make(path: Path) -> None:
    """Write it beside and link it into place, so that of two who make one the first wins."""
    fresh = f".{path.name}.{secrets.token_hex(8)}"
    try:
        make_folder(path.parent, 0o700)
        with opened(path.parent) as folder:
            mode = 0o640 if _is_shared_folder(os.fstat(folder)) else 0o600
            with open(os.open(fresh, _WRITE, mode, dir_fd=folder), "wb") as file:
                os.fchmod(file.fileno(), mode)  # exactly, whatever the umask
                file.write(secrets.token_hex(SECRET_BYTES).encode())
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path.name, src_dir_fd=folder, dst_dir_fd=folder)
            except FileExistsError:
                pass
            finally:
                os.unlink(fresh, dir_fd=folder)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be made: {error.strerror}") from error


def _is_shared_folder(status: os.stat_result) -> bool:
    """Whether it is root's, given to a group, so that each process of the group has its user."""
    return bool(status.st_mode & stat.S_ISGID) and status.st_uid == 0


def _refuse_if_shared(path: Path, status: os.stat_result) -> None:
    folder = path.parent.stat()
    shared = _is_shared_folder(folder) and status.st_gid == folder.st_gid
    if stat.S_IMODE(status.st_mode) not in ((0o600, 0o640) if shared else (0o600, 0o400)):
        raise KeyFileError(f"{path}: others can use it; remove it, a new one is made")
    if not shared and status.st_uid not in (0, os.geteuid()):
        raise KeyFileError(f"{path}: belongs to another user; remove it, a new one is made")
