# SPDX-License-Identifier: Apache-2.0
"""The outbox's SQLite file: durable transactions, rescue of a damaged file."""

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from privcv_core.at_rest.database import open_database
from privcv_core.files.held_lock import hold
from privcv_core.sqlite_codes import BUSY, READONLY, result_code
from privcv_uplink.errors import UplinkError
from privcv_uplink.outbox.rescue import DAMAGE, finish_rescue, is_refusal, rescue
from privcv_uplink.outbox.state import State, check_version, digest, is_whole

logger = logging.getLogger(__name__)

# 'age_s' is when a release came, on the outbox's own clock. SQLite does not notice a flipped bit:
# rows carry a digest of their own.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS releases
  (sequence INTEGER PRIMARY KEY, payload BLOB NOT NULL, digest BLOB NOT NULL, age_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS quarantine
  (id INTEGER PRIMARY KEY, sequence INTEGER, payload BLOB, reason TEXT, age_s REAL);
CREATE TABLE IF NOT EXISTS state
  (id INTEGER PRIMARY KEY CHECK (id = 1), content BLOB NOT NULL, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS site_record
  (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_TABLES = ("releases", "quarantine", "state", "site_record", "notes")


class StorageFull(UplinkError):
    """The disk has no room, or refuses to write. What was asked for was not done."""


def _is(error: Exception, code: int) -> bool:
    return isinstance(error, sqlite3.Error) and result_code(error) == code


class OutboxFile:
    """The one connection to the file. ``pending`` and ``pending_bytes`` sum up its releases.

    ``state`` is replaced inside a transaction and saved with it.
    """

    pending: int
    pending_bytes: int
    state: State
    _database: sqlite3.Connection
    _locked: int | None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._ticked = time.monotonic()
        self._damage: Exception | None = None  # what a rescue that was refused is still to mend
        try:
            self._locked = hold(path)
        except BlockingIOError as error:
            raise UplinkError(f"{path}: is locked; is another uplink using it?") from error
        except OSError as error:
            raise UplinkError(f"{path}: {error.strerror}") from error
        try:
            self._open_or_rescue(path)
        except BaseException:
            os.close(self._locked)
            self._locked = None
            raise

    def _open_or_rescue(self, path: Path) -> None:
        try:
            finish_rescue(path)
            self._open()
        except OSError as error:
            raise UplinkError(f"{path}: {error.strerror}") from error
        except DAMAGE as error:
            if is_refusal(error):
                hint = "; is another uplink using it?" if _is(error, BUSY) else ""
                raise UplinkError(f"{path}: {error}{hint}") from error
            self._rescue(error)

    def close(self) -> None:
        """Release the file; whatever is asked of it after this raises ``StorageFull``."""
        with self._lock:
            self._database.close()
            if self._locked is not None:
                os.close(self._locked)
                self._locked = None

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """The block may read; raises ``StorageFull`` where the file cannot be read."""
        with self._lock, self._errors_translated():
            yield

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block reaches the disk, or none of it and ``StorageFull`` is raised."""
        with self._lock, self._errors_translated():
            before = self.state, self.pending, self.pending_bytes
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield
                if self.pending != before[1] or self.state != before[0]:
                    self.state = replace(self.state, held=self._held())
                if self.state != before[0]:
                    self._save_state()
                self._database.execute("COMMIT")
            except BaseException:
                self.state, self.pending, self.pending_bytes = before
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _errors_translated(self) -> Iterator[None]:
        if self._damage is not None:
            self._rescue(self._damage)
        try:
            yield
        except DAMAGE as error:
            if is_refusal(error):
                raise StorageFull(str(error)) from error
            self._rescue(error)
            raise StorageFull("the outbox file was damaged") from error

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Run one statement, inside a transaction, and fetch all its rows."""
        return self._database.execute(statement, values).fetchall()

    def running_s(self) -> float:
        """Seconds that this outbox has been open, over all its runs: no clock can make it jump."""
        return self._running_before_s + time.monotonic() - self._ticked

    def _open(self) -> None:
        self._database = open_database(
            self._path, timeout=1.0, isolation_level=None, check_same_thread=False
        )
        self._database.text_factory = bytes
        try:
            for pragma in (
                "locking_mode = EXCLUSIVE",  # one writer: a second uplink is refused
                "journal_mode = WAL",
                "synchronous = FULL",
                "journal_size_limit = 8388608",
                "cache_size = -4000",  # kB: what is handed out is read once, not again to remove it
                "secure_delete = FAST",  # what was delivered is no secret: do not write it again
                "cell_size_check = ON",
            ):
                self._database.execute(f"PRAGMA {pragma}")
            self._database.executescript(_SCHEMA)
            self._add_age()
            self._check()
            self._check_writable()
            self._load_state()
        except Exception:
            self._database.close()
            raise

    def _add_age(self) -> None:
        """Files of 0.1.0 do not say since when something is set aside."""
        columns = self._database.execute("SELECT name FROM pragma_table_info('quarantine')")
        if (b"age_s",) not in columns.fetchall():
            self._database.execute("ALTER TABLE quarantine ADD COLUMN age_s REAL")

    def _check(self) -> None:
        """Raise where the file is damaged: rows read from it might come twice, or never end."""
        (found,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
        if found != b"ok":
            raise sqlite3.DatabaseError(found.decode(errors="replace"))

    def _check_writable(self) -> None:
        """Raise where a damaged header, not the disk, keeps SQLite from writing.

        One that seems to be of a newer version is opened to be read only, and never written again.
        """
        try:
            self._database.execute("DELETE FROM state WHERE id = 0")  # there is none
        except sqlite3.OperationalError as error:
            if _is(error, READONLY) and os.access(self._path, os.W_OK):
                raise sqlite3.DatabaseError("its header is damaged") from error
            raise

    def _load_state(self) -> None:
        self.pending, self.pending_bytes, first = self._database.execute(
            "SELECT count(*), coalesce(sum(length(payload)), 0), min(sequence) FROM releases"
        ).fetchone()
        row = self._database.execute("SELECT content, digest FROM state").fetchone()
        if row is not None and isinstance(row[0], bytes) and digest(0, row[0]) == row[1]:
            check_version(self._path, row[0])
            self.state = State.read(row[0])
            self._count_lost()
        else:
            if row is not None or self.pending or self._damage is not None:
                self._say_state_is_lost()
            # What came before the oldest release that waits has been dealt with.
            self.state = State(accepted_through=max((first or 1) - 1, 0), held=0)
            # The clock of their ages begins again: else a gap would wait for it to catch up.
            self._database.execute("UPDATE releases SET age_s = 0")
            self._database.execute("UPDATE quarantine SET age_s = 0")
            self._save_state()
        self._running_before_s = float(self.state.running_s)
        self._ticked = time.monotonic()

    def _count_lost(self) -> None:
        """Count as missing what was acknowledged and is neither here nor dealt with."""
        held = self._held()
        if self.state.held == held:
            return
        rows = self._database.execute(
            "SELECT sequence, payload, digest FROM releases WHERE sequence > ?",
            (self.state.accepted_through,),
        )
        # A row with a damaged number is set aside and counted when it is met.
        strayed = sum(not is_whole(*row) for row in rows)
        lost = max((self.state.held or held) - held - strayed, 0)
        if lost:
            logger.error("%s: %d releases that waited were lost with it", self._path, lost)
        self.state = replace(self.state, held=held, missing=self.state.missing + lost)
        self._save_state()

    def _held(self) -> int:
        """How many rows there are up to ``accepted_through``; few are above it."""
        (above,) = self._database.execute(
            "SELECT count(*) FROM releases WHERE sequence > ?", (self.state.accepted_through,)
        ).fetchone()
        return self.pending - int(above)

    def _say_state_is_lost(self) -> None:
        logger.error(
            "%s: its counters were lost: they begin again at 0, with batch 1, and releases"
            " that were lost with them are counted nowhere",
            self._path,
        )

    def _save_state(self) -> None:
        content = self.state.write()
        self._database.execute(
            "INSERT OR REPLACE INTO state VALUES (1, ?, ?)", (content, digest(0, content))
        )

    def _rescue(self, error: Exception) -> None:
        """Set the damaged file aside and go on with what is whole of it.

        Where there is no room for that the file stays as it is, for the next attempt.
        """
        logger.error("%s: %s; what is whole of it is kept", self._path, error)
        self._damage = error
        self._database.close()
        try:
            rescue(self._path, _SCHEMA, _TABLES)
        except (sqlite3.OperationalError, OSError) as failure:
            raise StorageFull(
                f"{self._path} is damaged, and what is whole cannot be saved: {failure}"
            ) from failure
        self._open()
        self._damage = None
