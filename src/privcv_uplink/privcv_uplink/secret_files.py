# SPDX-License-Identifier: Apache-2.0
"""Files with secrets, signing keys, tokens and passwords alike: refused where others read them."""

import os
import stat
from pathlib import Path

from privcv_uplink.errors import KeyFileError


def read_secret(path: Path, max_bytes: int = 65536) -> bytes:
    """At most ``max_bytes`` of a file with a secret; raises ``KeyFileError`` and ``OSError``."""
    with open(path, "rb") as file:
        _refuse_if_shared(path, os.fstat(file.fileno()))
        return file.read(max_bytes)


def read_secret_text(path: Path) -> str:
    """A token or a password; raises ``KeyFileError``."""
    try:
        return read_secret(path).decode()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise KeyFileError(f"{path}: is not text") from error


def check_secret(path: Path) -> None:
    """Refuse a file that others can read, for whoever reads it; raises as ``read_secret`` does."""
    read_secret(path, 0)


def _refuse_if_shared(path: Path, status: os.stat_result) -> None:
    # systemd grants a credential by an access list, whose mask shows as the group's permission.
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    others = 0o007 if folder and path.parent == Path(folder) else 0o077
    if stat.S_IMODE(status.st_mode) & others:
        raise KeyFileError(f"{path}: others can read it; run 'chmod 600 {path}', then replace it")
    if status.st_uid not in (0, os.geteuid()):
        raise KeyFileError(f"{path}: belongs to another user")
