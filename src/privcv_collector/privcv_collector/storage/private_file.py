# SPDX-License-Identifier: Apache-2.0
"""The SQLite file before it is opened: whether it is ours, and that only its owner reads it.

It holds token digests and keys. SQLite gives ``-wal`` and ``-shm`` the permissions of the file that
they belong to.
"""

import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from privcv_collector.errors import CollectorError
from privcv_core.files.database_file import SUFFIXES, check_database, make_private
from privcv_core.files.regular_file import restrict

_log = logging.getLogger(__name__)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


NOT_OURS = "is no database of a collector; name the one that the collector has (--db)"


def refuse_others(database: Path, *, makes: bool) -> None:
    """Leave a file alone, whose name was mistyped: not a byte or permission of it is changed.

    ``makes``: whether a database may be made where there is none, or an empty file. Raises
    ``CollectorError`` for one with tables of somebody else, and for what SQLite does not read.
    """
    try:
        tables = _tables(database) if check_database(database, writes=False) else set()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        words = getattr(error, "strerror", None) or error
        raise CollectorError(f"{database!r}: cannot be used as database: {words}") from error
    except sqlite3.Error as error:
        raise CollectorError(f"{database}: cannot be used as database: {error}") from error
    if "alembic_version" not in tables and (tables or not makes):
        raise CollectorError(f"{database}: {NOT_OURS}")


def _tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


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
