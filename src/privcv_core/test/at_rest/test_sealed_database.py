# SPDX-License-Identifier: Apache-2.0
"""A thief of the disk finds nothing in a sealed SQLite file; SQLite finds all that it committed."""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from at_rest_keys import on_disk, write_key

from privcv_core.at_rest.database import open_database
from privcv_core.at_rest.keys import VARIABLE, name_keys, read_keys
from privcv_core.at_rest.rewrite import overwriting, rewrite_database
from privcv_core.errors import KeyFileError

PLANTED = "erika-mustermann-{:05}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = write_key(tmp_path / "at-rest.key")
    name_keys(path)
    return path


def opened(folder: Path) -> sqlite3.Connection:
    db = open_database(folder / "kept.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def filled(folder: Path, rows: int = 400) -> sqlite3.Connection:
    db = opened(folder)
    db.execute("CREATE TABLE people (number INTEGER PRIMARY KEY, planted_name TEXT)")
    db.execute("BEGIN")
    db.executemany(
        "INSERT INTO people VALUES (?, ?)",
        ((number, PLANTED.format(number)) for number in range(rows)),
    )
    db.execute("COMMIT")
    return db


def read_all(path: Path) -> None:
    """Raise ``DatabaseError`` where a page of the file cannot be read, or contradicts others."""
    with contextlib.closing(open_database(path)) as db:
        found = db.execute("PRAGMA integrity_check").fetchone()
        if found != ("ok",):
            raise sqlite3.DatabaseError(found)


def names(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT planted_name FROM people ORDER BY number")]


@pytest.mark.usefixtures("key_file")
def test_no_planted_name_is_ever_on_disk(folder: Path) -> None:
    """In the log, after a checkpoint, on pages that were freed, after a rollback of much, after
    VACUUM, in what a crash leaves; nor the names of tables and columns."""

    def look() -> None:
        content = on_disk(folder)
        assert b"erika" not in content
        assert b"planted_name" not in content

    db = filled(folder, 4000)
    assert (folder / "kept.db-wal").stat().st_size > 100_000
    look()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (folder / "kept.db").stat().st_size > 100_000
    look()
    db.execute("BEGIN")
    db.execute("UPDATE people SET planted_name = planted_name || 'x'")  # more than stays in memory
    look()
    db.execute("ROLLBACK")
    db.execute("DELETE FROM people WHERE number % 7 > 0")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    look()
    db.execute("VACUUM")
    look()
    assert names(db) == [PLANTED.format(number) for number in range(0, 4000, 7)]
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    look()


@pytest.mark.usefixtures("key_file")
def test_what_was_committed_is_there_after_a_crash(folder: Path, tmp_path: Path) -> None:
    db = filled(folder)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("DELETE FROM people WHERE number > 9")
    db.execute("BEGIN")
    db.execute("DELETE FROM people")
    shutil.copytree(folder, tmp_path / "crashed")
    db.execute("COMMIT")
    shutil.copytree(folder, tmp_path / "crashed later")
    for place, count in (("crashed", 10), ("crashed later", 0)):
        with contextlib.closing(opened(tmp_path / place)) as found:
            assert len(names(found)) == count
    db.close()


@pytest.mark.usefixtures("key_file")
def test_a_log_torn_anywhere_ends_with_a_whole_transaction(folder: Path, tmp_path: Path) -> None:
    db = opened(folder)
    db.execute("CREATE TABLE people (number INTEGER PRIMARY KEY, planted_name TEXT)")
    for number in range(12):
        db.execute("INSERT INTO people VALUES (?, ?)", (number, PLANTED.format(number)))
    log = (folder / "kept.db-wal").read_bytes()
    chance = random.Random(5)
    counts = set()
    for _ in range(40):
        torn = tmp_path / "torn"
        shutil.copytree(folder, torn)
        end = chance.randrange(32, len(log))
        (torn / "kept.db-wal").write_bytes(log[:end] + chance.randbytes(len(log) - end))
        (torn / "kept.db-shm").unlink()
        with contextlib.closing(open_database(torn / "kept.db")) as found:
            if found.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,):
                counts.add(len(names(found)))
                assert names(found) == [
                    PLANTED.format(number) for number in range(len(names(found)))
                ]
        shutil.rmtree(torn)
    assert len(counts) > 3
    db.close()


@pytest.mark.usefixtures("key_file")
def test_a_page_that_was_changed_or_moved_does_not_open(
    folder: Path, damage: Callable[[random.Random, bytes], bytes]
) -> None:
    filled(folder).close()
    path = folder / "kept.db"
    whole = path.read_bytes()
    chance = random.Random(3)
    changed = [damage(chance, whole) for _ in range(40)]
    changed.append(whole[:8192] + whole[12288:16384] + whole[8192:12288] + whole[16384:])  # swapped
    for content in changed:
        if content == whole:
            continue
        path.write_bytes(content)
        with pytest.raises(sqlite3.DatabaseError):
            read_all(path)


@pytest.mark.parametrize("given", ["none", "wrong"])
def test_without_its_key_it_is_refused_and_no_byte_is_changed(
    folder: Path, tmp_path: Path, key_file: Path, given: str
) -> None:
    """Also where the last that was committed lies in the log only."""
    db = filled(folder)
    shutil.copytree(folder, tmp_path / "crashed")
    db.close()
    before = on_disk(tmp_path / "crashed")
    name_keys(None if given == "none" else write_key(tmp_path / "wrong.key"))
    for writes in (True, False):
        with pytest.raises(KeyFileError, match=r"kept\.db: is encrypted with key [0-9a-f]{8}"):
            open_database(tmp_path / "crashed" / "kept.db", writes=writes)
    assert on_disk(tmp_path / "crashed") == before
    name_keys(key_file)
    with contextlib.closing(opened(tmp_path / "crashed")) as found:
        assert len(names(found)) == 400


def test_one_in_the_clear_is_refused_for_writing_where_keys_are_named(
    folder: Path, tmp_path: Path
) -> None:
    filled(folder).close()
    before = (folder / "kept.db").read_bytes()
    name_keys(write_key(tmp_path / "at-rest.key"))
    with pytest.raises(KeyFileError, match="is in the clear, and at_rest_key is set: stop"):
        open_database(folder / "kept.db")
    with contextlib.closing(open_database(folder / "kept.db", writes=False)) as db:
        assert len(names(db)) == 400
    assert before == (folder / "kept.db").read_bytes()


def test_a_rewritten_file_holds_the_same_and_the_old_one_is_overwritten(
    folder: Path, tmp_path: Path
) -> None:
    db = filled(folder)
    db.execute("CREATE INDEX by_name ON people (planted_name)")
    db.execute("PRAGMA user_version = 7")
    db.close()
    path = folder / "kept.db"
    key_file = write_key(tmp_path / "at-rest.key")
    with path.open("rb") as old:
        name_keys(key_file)
        assert rewrite_database(path, read_keys(key_file)) == 400
        assert old.read().strip(b"\0") == b""
    assert b"erika" not in on_disk(folder)
    assert {item.name for item in folder.iterdir()} == {"kept.db"}
    with contextlib.closing(opened(folder)) as sealed:
        assert len(names(sealed)) == 400
        assert sealed.execute("PRAGMA user_version").fetchone() == (7,)
        assert sealed.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall() == [
            ("by_name",)
        ]
    assert rewrite_database(path, None) == 400
    name_keys(None)
    with contextlib.closing(sqlite3.connect(path)) as clear:
        assert len(names(clear)) == 400


def test_a_file_that_stays_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"content")
    with overwriting(tmp_path / "kept"):
        pass
    assert (tmp_path / "kept").read_bytes() == b"content"


def test_what_a_process_leaves_open_as_it_ends_is_whole(folder: Path, key_file: Path) -> None:
    """SQLite closes it after the interpreter has forgotten the functions that seal pages."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from privcv_core.at_rest.database import open_database\n"
        "db = open_database(Path(sys.argv[1]), isolation_level=None)\n"
        "db.execute('CREATE TABLE IF NOT EXISTS people (number INTEGER PRIMARY KEY,'\n"
        "' planted_name)')\n"
        "db.execute(\"INSERT INTO people (planted_name) VALUES ('erika')\")\n"
    )
    for count in range(1, 5):
        subprocess.run(
            [sys.executable, "-c", code, str(folder / "kept.db")],
            env={**os.environ, VARIABLE: str(key_file), "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
        )
        with contextlib.closing(open_database(folder / "kept.db", writes=False)) as db:
            assert names(db) == ["erika"] * count


def test_it_works_where_no_memory_is_writable_and_executable(folder: Path, key_file: Path) -> None:
    """As under systemd's MemoryDenyWriteExecute: a process that the kernel denies it."""
    code = (
        "import ctypes, mmap, sys\n"
        "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit(3)\n"  # PR_SET_MDWE
        "try:\n"
        "    mmap.mmap(-1, 4096, prot=7); sys.exit(4)\n"
        "except PermissionError: pass\n"
        "from pathlib import Path\n"
        "from privcv_core.at_rest.database import open_database\n"
        "db = open_database(Path(sys.argv[1]), isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode = WAL')\n"
        "db.execute('CREATE TABLE people (number, planted_name)')\n"
        "db.execute(\"INSERT INTO people VALUES (1, 'erika')\")\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "kept.db")],
        env={**os.environ, VARIABLE: str(key_file), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    if done.returncode == 3:
        pytest.skip("this kernel cannot deny it (before 6.3)")
    assert done.returncode == 0
    with contextlib.closing(opened(folder)) as db:
        assert names(db) == ["erika"]
    assert b"erika" not in on_disk(folder)


@pytest.mark.usefixtures("key_file")
def test_a_python_whose_sqlite_cannot_be_reached_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads what is in the clear, and never takes what is sealed for damaged."""
    from privcv_core.at_rest import database, vfs

    def unreachable() -> object:
        raise KeyFileError("at_rest_key: the SQLite of this Python cannot be reached")

    filled(folder).close()
    monkeypatch.setattr(vfs, "_library", unreachable)
    database._vfs.cache_clear()
    with pytest.raises(KeyFileError, match="cannot be reached"):
        open_database(folder / "kept.db")
    name_keys(None)
    with pytest.raises(KeyFileError, match="is encrypted with key"):
        open_database(folder / "kept.db")
    open_database(folder / "clear.db").close()
    database._vfs.cache_clear()
