# SPDX-License-Identifier: Apache-2.0
"""The lock (flock) by which one process at a time writes an audit chain."""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from privcv_core.audit.entry import AuditLogError
from privcv_core.audit.files import lock_file
from privcv_core.files.folder import make_folder
from privcv_core.files.regular_file import make_regular, open_regular


def lock_chain(folder: Path, chain: str, wait_s: float) -> int:
    """Lock ``chain`` and return the descriptor whose ``os.close`` lets it go; makes ``folder``.

    Waits up to ``wait_s`` for another writer. Raises ``AuditLogError`` where there still is one, or
    where the lock's file cannot be opened.
    """
    path = lock_file(folder, chain)
    deadline_s = time.monotonic() + wait_s
    try:
        make_folder(folder)
        with contextlib.suppress(FileExistsError):
            os.close(make_regular(path, os.O_RDWR, 0o640))
        lock = open_regular(path, os.O_RDWR)
    except OSError as error:
        raise AuditLogError(f"{path}: cannot be opened: {error.strerror}") from error
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError as error:
            if time.monotonic() >= deadline_s:
                os.close(lock)
                raise AuditLogError(
                    f"{path}: another process writes this chain; every writer needs its own"
                ) from error
            time.sleep(0.02)
