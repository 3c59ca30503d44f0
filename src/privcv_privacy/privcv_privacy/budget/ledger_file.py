# SPDX-License-Identifier: Apache-2.0
"""The SQLite file of a ledger: its tables, how it is opened, and how it is checked."""

import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from privcv_core.at_rest.database import open_database
from privcv_core.files.database_file import check_database
from privcv_core.files.held_lock import hold
from privcv_core.sqlite_codes import FULL, result_code
from privcv_privacy.budget.charge import Charge, charge_of, merged
from privcv_privacy.budget.entries import ENTRIES, forgotten, upgrade_entries
from privcv_privacy.budget.ledger_chain import Anchor, Link, first_link, next_link
from privcv_privacy.errors import LedgerError

VERSION = 2
LAST_LINKS = 20_000  # checked on opening; a second or less
MALFORMED = (ValueError, TypeError, AttributeError, KeyError)
"""What reading raises, besides errors of SQLite, where a file holds what nobody wrote."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS releases (
    sequence INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    payload BLOB,                  -- NULL once delivered and pruned
    digest BLOB NOT NULL,          -- SHA-256 of the payload
    affordable INTEGER NOT NULL,
    booked TEXT,                   -- charges and costs, JSON; NULL once pruned
    booked_digest BLOB NOT NULL,   -- its SHA-256
    hash BLOB NOT NULL             -- of the audit chain, this entry included
);
CREATE TABLE IF NOT EXISTS costs (
    day TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    epsilon REAL NOT NULL,
    released INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    PRIMARY KEY (day, camera, zone)
) WITHOUT ROWID;
"""


def make_tables(db: sqlite3.Connection) -> None:
    """Make the tables of a new ledger, or bring one of format 1 up to date where it lies.

    Raises ``LedgerError`` for a format that this program does not know.
    """
    empty = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        db.executescript(
            f"BEGIN IMMEDIATE; {SCHEMA} {ENTRIES} PRAGMA user_version = {VERSION}; COMMIT;"
        )
        return
    if _check_version(db) == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    upgrade_entries(db)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def _check_version(db: sqlite3.Connection) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version not in (1, VERSION):
        raise LedgerError(
            f"the ledger has format {version}, this program knows {VERSION}: use the program that "
            "made it until its last day is over, then begin a new ledger"
        )
    return version


def real_file(path: Path) -> Path:
    """The file that links of ours lead to: one ledger has one lock, whatever it is called."""
    try:
        check_database(path)
    except OSError as error:
        raise LedgerError(f"{path}: cannot be opened: {error.strerror}") from error
    return Path(os.path.realpath(path))


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing, durably: WAL, and a commit returns when it is on disk."""
    try:
        db = open_database(path, isolation_level=None, timeout=5.0)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        return db
    except (sqlite3.Error, OSError, UnicodeError) as error:
        raise LedgerError(f"{path}: cannot be opened: {error}") from error


def lock(path: Path) -> int:
    """Take the lock beside the ledger; the kernel frees it however the process ends."""
    try:
        return hold(path)
    except BlockingIOError as error:
        raise LedgerError(
            f"{path}: is in use by another process; one ledger has one writer: stop the other, or "
            "give this one a ledger of its own"
        ) from error
    except OSError as error:
        raise LedgerError(f"{path}: cannot be opened: {error.strerror}") from error


def disk_full(error: sqlite3.Error | OSError) -> bool:
    """Space may come back, and nothing reached the disk."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return result_code(error) == FULL


def store_kept(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep ``value`` under ``name``, in the transaction that is open, or in one of its own."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"kept|{name}", value))


def read_kept(db: sqlite3.Connection, name: str) -> str | None:
    """What was kept last under ``name``; None: nothing."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (f"kept|{name}",)).fetchone()
    return None if row is None else str(row[0])


def never_released(path: Path) -> bool:
    """True for a ledger that a crash left between its making and that of its anchor."""
    try:
        db = connect(path)
        try:
            made = db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'releases'")
            if made.fetchone() == (0,):
                return True
            return bool(db.execute("SELECT COUNT(*) FROM releases").fetchone() == (0,))
        finally:
            db.close()
    except (sqlite3.Error, LedgerError):
        return False


@contextmanager
def open_for_reading(path: Path, check: bool = False) -> Iterator[sqlite3.Connection]:
    """Read beside the process that writes; ``check`` verifies the whole audit chain first."""
    if not path.exists():
        raise LedgerError(f"{path}: is not there; name the ledger with --ledger")
    try:
        check_database(path, writes=False)
        with closing(open_database(path, writes=False)) as db:
            db.execute("BEGIN")  # one moment, whatever is released meanwhile
            if db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() != (0,):
                _check_version(db)
            row = db.execute("SELECT value FROM meta WHERE name = 'ledger_id'").fetchone()
            if row is None:
                raise LedgerError(f"{path}: is a ledger in which nothing was released yet")
            if check:
                _verify_whole(db, row[0], path)
            yield db
    except (sqlite3.Error, UnicodeError, OSError) as error:
        raise LedgerError(f"{path}: cannot be read as a ledger: {error}") from error


def _verify_whole(db: sqlite3.Connection, ledger_id: bytes, path: Path) -> None:
    try:
        verify(db, first_link(bytes(ledger_id)))
    except MALFORMED as error:
        raise LedgerError(f"{path}: is corrupt: {error}; restore the latest copy") from error


def verify(db: sqlite3.Connection, start: Link, whole: bool = True) -> Link:
    """Check every page, the links of the chain, and that its spends were booked.

    Not ``whole`` checks the last ``LAST_LINKS`` only. Returns the end of the chain. Raises
    ``LedgerError`` naming what does not fit.
    """
    # With the indexes: a spend or a key that is missing in one would not be found again.
    answer = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise LedgerError(f"the ledger is corrupt: {answer}; restore the latest copy")
    link = start if whole else _recent(db, start)
    spends: dict[tuple[str, str], Charge] = {}
    rows = db.execute(
        "SELECT sequence, key, payload, digest, affordable, booked, booked_digest, hash"
        " FROM releases WHERE sequence > ? ORDER BY sequence",
        (link.sequence,),
    )
    for sequence, key, payload, digest, paid, booked, booked_digest, hash in rows:
        link = next_link(link, key, digest, bool(paid), booked_digest)
        intact = _is(payload, digest) and _is(booked and booked.encode(), booked_digest)
        if link.sequence != sequence or link.hash != hash or not intact:
            raise LedgerError(
                f"the ledger's audit chain breaks at release {sequence}: an entry was changed or "
                "is missing; restore the latest copy"
            )
        for content in json.loads(booked)["charges"] if booked else []:
            charge = charge_of(content)
            name = (charge.scope, charge.cohort)
            spends[name] = merged(charge, spends.get(name))
    for charge in spends.values():
        if forgotten(db, charge):
            raise LedgerError(
                f"the ledger forgot what was spent in {charge.scope}: it was changed; restore the "
                "latest copy"
            )
    return link


def compare_with_anchor(db: sqlite3.Connection, path: Path, head: Link, anchor: Anchor) -> None:
    """Refuse a ledger that ends before its anchor, or was rewritten; else anchor its end."""
    anchored = anchor.read()
    if anchored is None and head.sequence > 0:
        raise LedgerError(f"{anchor.path}: the anchor is damaged; restore it")
    if anchored is not None and anchored.sequence > head.sequence:
        raise LedgerError(
            f"{path}: ends at release {head.sequence} but its anchor knows "
            f"{anchored.sequence}: it is an old copy; restore the latest"
        )
    if anchored is not None and anchored.sequence > 0:
        row = db.execute(
            "SELECT hash FROM releases WHERE sequence = ?", (anchored.sequence,)
        ).fetchone()
        if row[0] != anchored.hash:
            raise LedgerError(
                f"{path}: release {anchored.sequence} is not the one its anchor knows: "
                "it was rewritten; restore the latest copy"
            )
    try:
        anchor.write(head)
    except OSError as error:
        raise LedgerError(f"{anchor.path}: cannot be written: {error.strerror}") from error


def _recent(db: sqlite3.Connection, start: Link) -> Link:
    """The link before the last ``LAST_LINKS``."""
    row = db.execute(
        "SELECT sequence, hash FROM releases"
        " WHERE sequence = (SELECT MAX(sequence) FROM releases) - ?",
        (LAST_LINKS,),
    ).fetchone()
    return Link(*row) if row else start


def _is(content: bytes | None, digest: bytes) -> bool:
    """True for what has this digest, and for what was pruned."""
    return content is None or hashlib.sha256(content).digest() == digest
