# SPDX-License-Identifier: Apache-2.0
"""What is whole of a damaged outbox moves to a new file.

At every moment, also when the power fails or the disk is full, either the damaged file or the
finished new one is there: the new one is written under another name, and takes the place of the
damaged one only when it is complete. The damaged file stays beside it.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from privcv_core.at_rest.database import open_database
from privcv_core.files.database_file import check_database
from privcv_core.files.folder import remove, rename
from privcv_core.sqlite_codes import ERROR, result_code

logger = logging.getLogger(__name__)

DAMAGE = (sqlite3.DatabaseError, UnicodeError, OverflowError)
"""What reading a damaged file raises."""


def is_refusal(error: Exception) -> bool:
    """Whether ``error`` tells of a disk that refuses or a closed file, rather than of damage."""
    if isinstance(error, sqlite3.OperationalError):
        return result_code(error) != ERROR
    return isinstance(error, sqlite3.ProgrammingError)


def rescue(path: Path, schema: str, tables: Sequence[str]) -> None:
    """Let a new file with the readable rows of ``tables`` take the place of ``path``.

    Raises ``sqlite3.OperationalError`` or ``OSError`` where the disk refuses; ``path`` is then as
    it was.
    """
    unfinished = _beside(path, ".rescuing")
    _remove(unfinished)
    try:
        with contextlib.closing(open_database(unfinished, isolation_level=None)) as new:
            new.executescript(schema)
            new.execute("BEGIN IMMEDIATE")
            for table in tables:
                columns = len(new.execute(f"SELECT * FROM {table}").description)
                marks = ", ".join("?" * columns)
                for row in _readable_rows(path, table):
                    row = (*row, *[None] * columns)[:columns]  # whose schema may be damaged
                    with contextlib.suppress(sqlite3.IntegrityError):  # it broke its own rules
                        new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
            new.execute("COMMIT")
    except (sqlite3.Error, OSError):
        _remove(unfinished)
        raise
    rename(unfinished, _beside(path, ".rescued").name)
    finish_rescue(path)


def finish_rescue(path: Path) -> None:
    """Put a complete new file, if there is one, in the place of the damaged one."""
    rescued, damaged = _beside(path, ".rescued"), _beside(path, ".damaged")
    if not check_database(rescued):  # raises for one that somebody else put there
        return
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            rename(_beside(path, suffix), _beside(damaged, suffix).name)
    rename(rescued, path.name)
    logger.error("%s: the damaged file is now %s", path, damaged)


def has_damaged(path: Path) -> bool:
    """Whether a damaged file was set aside. Raises ``OSError`` for what is no file of ours."""
    return check_database(_beside(path, ".damaged"))


def remove_damaged(path: Path) -> None:
    """Remove it, and its log. Raises ``OSError``."""
    _remove(_beside(path, ".damaged"))


def _readable_rows(path: Path, table: str) -> Iterator[tuple[Any, ...]]:
    """Rows from the front up to an unreadable page, then from the back down to it."""
    # Each row has a digest of its own, by which what a damaged page yields is judged later.
    with contextlib.closing(open_database(path, lenient=True, timeout=1.0)) as database:
        database.text_factory = bytes
        seen = set()
        for order in ("ASC", "DESC"):
            try:
                for row in database.execute(f"SELECT rowid, * FROM {table} ORDER BY 1 {order}"):
                    if row[0] in seen:
                        break
                    seen.add(row[0])
                    yield row[1:]
            except DAMAGE as error:
                if is_refusal(error):  # it may be readable later: nothing of it is given up now
                    raise


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            remove(_beside(path, suffix))
