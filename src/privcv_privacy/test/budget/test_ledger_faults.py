# SPDX-License-Identifier: Apache-2.0
"""What kind of fault a ledger has: one that passes, or one that lasts until it is opened again."""

import sqlite3

import pytest

from privcv_core.sqlite_codes import BUSY, FULL, READONLY, result_code
from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError


def charge() -> Charge:
    return Charge("lobby", "run", 0.1, 0.0, 1.0, 0.0, 0, 10**9)


def noise(sequence: int, affordable: bool) -> bytes:
    return b"x" * 20_000


@pytest.fixture
def ledger(tmp_path):
    """Its folder has the word by which faults were once told apart."""
    with Ledger(tmp_path / "restart" / "ledger.db") as opened:
        yield opened


def test_a_full_file_is_a_fault_that_passes(ledger):
    """SQLite itself says that it is full: no page may be added."""
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match="nothing was released") as caught:
        ledger.release("a", [charge()], noise)
    assert not caught.value.lasting
    ledger._db.execute("PRAGMA max_page_count = 100000")
    assert ledger.release("a", [charge()], noise).sequence == 1


def test_an_error_after_which_the_disk_is_unknown_lasts(ledger):
    real = ledger._db
    real.execute("DROP TABLE costs")  # SQLite raises what nobody foresaw
    with pytest.raises(LedgerError, match="cannot be written") as caught:
        ledger.release("a", [charge()], noise, {"hall": 0.1})
    assert caught.value.lasting
    with pytest.raises(LedgerError, match="cannot be written") as again:
        ledger.release("a", [charge()], noise)
    assert again.value.lasting


def test_an_old_copy_lasts_though_its_text_has_another_word(ledger):
    ledger.release("a", [charge()], noise)
    for _ in range(2):
        with pytest.raises(LedgerError, match="it is an old copy") as caught:
            ledger.acknowledge(7)
        assert caught.value.lasting


@pytest.mark.parametrize("told", [True, False], ids=["code", "Python 3.10: text only"])
def test_codes_of_sqlite(tmp_path, told):
    """Raised by SQLite; where Python does not tell the code, its constant text does."""

    def code_of(database: sqlite3.Connection, statement: str) -> int | None:
        with pytest.raises(sqlite3.OperationalError) as caught:
            database.execute(statement)
        error = caught.value if told else sqlite3.OperationalError(str(caught.value))
        return result_code(error)

    path = tmp_path / "some.db"
    first = sqlite3.connect(path, isolation_level=None, timeout=0)
    first.execute("CREATE TABLE t (a)")
    first.execute("PRAGMA max_page_count = 2")
    assert code_of(first, "INSERT INTO t VALUES (zeroblob(20000))") == FULL
    reading = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    assert code_of(reading, "DELETE FROM t") == READONLY
    second = sqlite3.connect(path, isolation_level=None, timeout=0)
    first.execute("BEGIN IMMEDIATE")
    assert code_of(second, "BEGIN IMMEDIATE") == BUSY
    for database in (first, second, reading):
        database.close()


def test_a_text_that_only_mentions_a_code_is_none():
    error = sqlite3.OperationalError("no such table: database or disk is full")
    assert result_code(error) is None
