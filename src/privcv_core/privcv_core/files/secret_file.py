# SPDX-License-Identifier: Apache-2.0
"""The reader of secret files: signing keys, TLS private keys, tokens and passwords.

What is accepted, whoever reads:

- a regular file of bounded size, that belongs to this user or to root and that nobody else can
  read or write (0600 or less);
- a systemd credential, that is a file below ``$CREDENTIALS_DIRECTORY``. systemd grants it by an
  access list, whose mask shows as the group's permission: 0440, of root. So looks a Kubernetes
  secret for a pod with an ``fsGroup``, whose mount can be named there;
- a symbolic link that this user or root made, as certbot (``live/NAME/privkey.pem``) and Kubernetes
  lay them; what it leads to must be as above. A link that somebody else made is refused: whoever
  can write in a folder could otherwise have us read, and send, another secret of ours.

Pipes, devices and folders are refused before they are opened, so nothing ever waits for them.
"""

import os
import stat
from pathlib import Path

from privcv_core.errors import KeyFileError
from privcv_core.files.regular_file import open_to_read

MAX_SECRET_BYTES = 65536
"""Largest secret file that is read, bytes."""


def read_secret(path: Path, max_bytes: int = MAX_SECRET_BYTES, *, if_missing: str = "") -> bytes:
    """The content of a file with a secret.

    ``if_missing`` says what to do where there is no file. Raises ``KeyFileError``, also for a file
    larger than ``max_bytes``.
    """
    try:
        with open_to_read(path, follow=True) as file:
            _refuse_if_shared(path, os.fstat(file.fileno()))
            content = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        hint = f"; {if_missing}" if if_missing else ""
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}{hint}") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        words = getattr(error, "strerror", None) or error
        raise KeyFileError(f"{path}: cannot be read: {words}") from error
    if len(content) > max_bytes:
        raise KeyFileError(f"{path}: is larger than {max_bytes} bytes; name the right file")
    return content


def read_secret_text(path: Path) -> str:
    """A token or a password, as it stands in its file; raises ``KeyFileError``."""
    try:
        return read_secret(path).decode()
    except UnicodeError as error:
        raise KeyFileError(f"{path}: is not text") from error


def check_secret(path: Path) -> None:
    """Refuse what ``read_secret`` refuses, for a library that reads the file itself."""
    read_secret(path)


def credential(name: str) -> Path | None:
    """The systemd credential ``name``, where this process was given one."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / name if folder else None
    return path if path and path.exists() else None


def is_shared(status: os.stat_result) -> bool:
    """Whether others than its owner can read or write a file."""
    return bool(stat.S_IMODE(status.st_mode) & 0o077)


def _refuse_if_shared(path: Path, status: os.stat_result) -> None:
    granted = 0o040 if _is_credential(path) else 0
    if stat.S_IMODE(status.st_mode) & 0o077 & ~granted:
        raise KeyFileError(f"{path}: others can read it; run 'chmod 600 {path}', then replace it")
    if not _is_trusted(status):
        raise KeyFileError(
            f"{path}: belongs to another user; run 'chown {os.geteuid()} {path}', then replace it"
        )


def _is_trusted(status: os.stat_result) -> bool:
    return status.st_uid in (0, os.geteuid())


def _is_credential(path: Path) -> bool:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(folder) and Path(str(folder)).resolve() in path.resolve().parents
