# SPDX-License-Identifier: Apache-2.0
"""Permissions of the SQLite file: it holds token digests and keys, so only its owner reads it.

SQLite gives ``-wal`` and ``-shm`` the permissions of the file that they belong to.
"""

import logging
import os
import stat
from pathlib import Path

from privcv_collector.errors import CollectorError
from privcv_core.files.regular_file import check_regular, open_regular

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(database: Path) -> None:
    """Make ``database`` as 0600 where it is not there, and take it from others where they had it.

    Raises ``CollectorError`` for a link that another user made, a pipe or another user's file.
    """
    try:
        if not check_regular(database, follow=True):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            os.close(open_regular(database, flags, 0o600, follow=True))
        for suffix in ("", "-wal", "-shm", "-journal"):
            file = database.with_name(database.name + suffix)
            if check_regular(file, follow=not suffix):
                _take_from_others(file)
    except FileExistsError:
        return  # another process makes it just now
    except OSError as error:
        words = error.strerror or error
        raise CollectorError(f"{database}: cannot be used as database: {words}") from error
    folder = database.absolute().parent
    if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        _log.warning("%s: others may write in this folder; run 'chmod go-w %s'", folder, folder)


def _take_from_others(file: Path) -> None:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & _OTHERS:
        _log.warning("%s: was open to others (%o); it is now 0600", file, mode)
        file.chmod(mode & ~_OTHERS)
