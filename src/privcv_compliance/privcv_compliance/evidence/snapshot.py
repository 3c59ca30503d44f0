# SPDX-License-Identifier: Apache-2.0
"""Reads the SQLite files of running nodes without disturbing them.

The uplink holds its outbox exclusively, so a copy is read: the file and its write-ahead log, in a
folder that only this user can enter and that is removed at once.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from privcv_compliance.errors import ComplianceError
from privcv_core.at_rest.database import open_database
from privcv_core.files.regular_file import check_regular, open_to_read


@contextmanager
def open_copy(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a private copy of ``path``. Raises ``ComplianceError``."""
    with tempfile.TemporaryDirectory(prefix="privcv-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            _copy(path, copy)
            log = path.with_name(path.name + "-wal")
            if check_regular(log, writes=False):
                try:
                    _copy(log, copy.with_name(copy.name + "-wal"), follow=False)
                except FileNotFoundError:  # its last writer just moved it into the database
                    _copy(path, copy)
            with closing(open_database(copy, or_clear=True)) as db:
                yield db
        except (OSError, sqlite3.Error) as error:
            raise ComplianceError(f"{path}: cannot be read: {error}") from error


def _copy(source: Path, target: Path, *, follow: bool = True) -> None:
    with open_to_read(source, follow=follow) as content, target.open("wb") as into:
        shutil.copyfileobj(content, into)


def tables_of(db: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Table -> its columns."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: tuple(row[1] for row in db.execute("SELECT * FROM pragma_table_info(?)", (name,)))
        for name in names
        if not name.startswith("sqlite_")
    }
