# SPDX-License-Identifier: Apache-2.0
"""Permissions of the SQLite file: it holds token digests and keys, so only its owner reads it.

SQLite gives ``-wal`` and ``-shm`` the permissions of the file that they belong to.
"""

import logging
import stat
from pathlib import Path

from privcv_collector.errors import CollectorError
from privcv_core.files.database_file import SUFFIXES, make_private
from privcv_core.files.regular_file import restrict

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(database: Path) -> None:
    """Make ``database`` as 0600 where it is not there, and take it from others where they had it.

    Raises ``CollectorError`` for a link that another user made, a pipe or another user's file.
    """
    try:
        make_private(database)
        for suffix in SUFFIXES:
            file = database.with_name(database.name + suffix)
            mode = restrict(file, ~_OTHERS, follow=not suffix)
            if mode & _OTHERS:
                _log.warning("%s: was open to others (%o); it is now 0600", file, mode)
    except OSError as error:
        words = error.strerror or error
        raise CollectorError(f"{database}: cannot be used as database: {words}") from error
    folder = database.absolute().parent
    if folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        _log.warning("%s: others may write in this folder; run 'chmod go-w %s'", folder, folder)
