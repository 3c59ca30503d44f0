# SPDX-License-Identifier: Apache-2.0
"""The key check: a small sealed text beside the stores, by which a wrong key is found at the start.

Without it a process would start with the wrong key and only later meet a store that it cannot open.
"""

from pathlib import Path

from privcv_core.at_rest.keys import keys_in_use
from privcv_core.at_rest.sealed_text import key_id, seal, unseal
from privcv_core.errors import FileWriteError, KeyFileError
from privcv_core.files.atomic_file import write_atomically, write_new
from privcv_core.files.regular_file import read_regular

NAME = "at-rest.check"
_PLACE, _CONTENT = "key check", b"privcv"


def check_keys(path: Path | None) -> None:
    """Raise ``KeyFileError`` where the keys of this process cannot be read or are not the stores'.

    Where nothing is there yet it is made, if this user may write there. ``path`` None: the keys are
    only read.
    """
    ring = keys_in_use()
    if path is None:
        return
    try:
        text = read_regular(path)
    except FileNotFoundError:
        if ring is not None:
            _make(path)
        return
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
    if ring is None:
        raise KeyFileError(
            f"{path}: what is kept here is encrypted: set at_rest_key in the site file, or run "
            "'privcv at-rest unseal --site FILE' with it and then take it out"
        )
    try:
        if key_id(text) is None or unseal(_PLACE, text) != _CONTENT:
            raise ValueError("is not sealed")
    except ValueError as error:
        raise KeyFileError(f"{path}: {error}; remove it, a new one is made") from error


def renew_check(path: Path) -> None:
    """Seal it with the newest key. Raises ``FileWriteError``."""
    write_atomically(path, seal(_PLACE, _CONTENT), mode=0o644)


def _make(path: Path) -> None:
    try:
        write_new(path, seal(_PLACE, _CONTENT), mode=0o644)
    except FileWriteError:
        return  # another process made it just now, or one of another user has to
