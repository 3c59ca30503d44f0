# SPDX-License-Identifier: Apache-2.0
"""Rewrites a file under other keys, or in the clear, so that a crash leaves the old or the new one.

What is new is written beside, read again and compared, and only then takes the old one's place. The
old one's bytes are overwritten then: what a medium keeps of them nonetheless (a flash memory writes
elsewhere) only its own erasure ends.

The caller holds the locks: nobody else has the file open.
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from privcv_core.at_rest.database import open_database, open_with
from privcv_core.at_rest.keys import Keyring
from privcv_core.at_rest.sealed_text import seal_with, unseal
from privcv_core.errors import PrivcvError
from privcv_core.files.atomic_file import replacing
from privcv_core.files.database_file import SUFFIXES
from privcv_core.files.folder import remove, rename, sync_folder
from privcv_core.files.regular_file import open_regular, open_to_read

_CHUNK = 1 << 20


def rewrite_database(path: Path, to: Keyring | None) -> int:
    """Give a SQLite file the newest key of ``to``, or put it in the clear; returns its rows.

    Raises ``PrivcvError`` where it cannot be read whole, and what SQLite raises where it is in use.
    """
    path = Path(os.path.realpath(path))
    fresh = path.with_name(path.name + ".resealing")
    _remove(fresh)
    with overwriting(path):
        with contextlib.closing(
            open_database(path, or_clear=True, isolation_level=None, timeout=1.0)
        ) as old:
            old.execute("PRAGMA locking_mode = EXCLUSIVE")
            if old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise PrivcvError(f"{path}: is in use; stop what uses it")
            with contextlib.closing(open_with(to, fresh, isolation_level=None)) as new:
                _copy(old, new)
            with contextlib.closing(open_with(to, fresh)) as new:
                rows, digest = _content(new)
                intact = new.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            if not intact or (rows, digest) != _content(old):
                _remove(fresh)
                raise PrivcvError(
                    f"{path}: cannot be rewritten: what was written reads differently"
                )
        # The old log is empty and gone with its last connection; nothing of it can meet the new.
        _sync(fresh)
        rename(fresh, path.name)
        sync_folder(path.parent)
    return rows


def rewrite_lines(
    path: Path, place: str, to: Keyring | None, opened: Callable[[bytes], bytes]
) -> int:
    """Do so with each whole line of a file; ``opened`` gives a line as it was before it was sealed.

    Owner and permissions stay. Returns the number of lines.
    """
    count = 0
    with overwriting(path), open_to_read(path) as old, _in_place_of(path, old.fileno()) as new:
        for line in old:
            if line.endswith(b"\n"):
                content = opened(line)[:-1]
                line = (seal_with(to.newest, place, content) if to else content) + b"\n"
                count += 1
            new(line)
    return count


def rewrite_text(path: Path, place: str, to: Keyring | None) -> None:
    """Do so with a small file that is one text. Raises ``PrivcvError`` where it does not open."""
    with overwriting(path), open_to_read(path, follow=True) as old:
        try:
            content = unseal(place, old.read())
        except ValueError as error:
            raise PrivcvError(f"{path}: {error}") from error
        with _in_place_of(path, old.fileno()) as new:
            new(seal_with(to.newest, place, content) if to else content)


@contextlib.contextmanager
def overwriting(path: Path) -> Iterator[None]:
    """Overwrite the bytes of the file that ``path`` names now once another has taken its place."""
    old = open_regular(path, os.O_RDWR, follow=True)
    try:
        yield
        if not os.path.samestat(os.fstat(old), os.stat(path)):
            size = os.fstat(old).st_size
            for begin in range(0, size, _CHUNK):
                os.pwrite(old, bytes(min(_CHUNK, size - begin)), begin)
            os.fsync(old)
    finally:
        os.close(old)


@contextlib.contextmanager
def _in_place_of(path: Path, old: int) -> Iterator[Callable[[bytes], object]]:
    status = os.fstat(old)
    with replacing(Path(os.path.realpath(path)), mode=status.st_mode & 0o777) as file:
        if os.geteuid() == 0:
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        yield file.write


def _copy(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    made = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    schema = old.execute(made).fetchall()
    (version,) = old.execute("PRAGMA user_version").fetchone()
    new.execute("BEGIN IMMEDIATE")
    for kind in ("table", "index"):
        for _, name, statement in (item for item in schema if item[0] == kind):
            new.execute(statement)
            if kind == "table":
                rows = old.execute(f'SELECT * FROM "{name}"')
                marks = ", ".join("?" * len(rows.description))
                new.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
    new.execute(f"PRAGMA user_version = {int(version)}")
    new.execute("COMMIT")


def _content(db: sqlite3.Connection) -> tuple[int, str]:
    """How many rows there are, and a digest of all of them and of the schema."""
    state, count = hashlib.sha256(), 0
    state.update(repr(db.execute("PRAGMA user_version").fetchone()).encode())
    for name, statement in db.execute(
        "SELECT name, sql FROM sqlite_master ORDER BY name"
    ).fetchall():
        state.update(repr((name, statement)).encode())
        if (statement or "").startswith("CREATE TABLE"):
            for row in db.execute(f'SELECT * FROM "{name}"'):
                state.update(repr(row).encode())
                count += 1
    return count, state.hexdigest()


def _sync(path: Path) -> None:
    descriptor = open_regular(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for suffix in SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            remove(path.with_name(path.name + suffix))
