# SPDX-License-Identifier: Apache-2.0
"""What a ledger keeps besides its releases, and what it does where its disk fails."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from privcv_privacy.budget.joint_pools import read_floors, store_floor
from privcv_privacy.budget.ledger_file import disk_full, read_kept, store_kept
from privcv_privacy.errors import LedgerError


class LedgerNotes:
    """Base of ``Ledger``: notes beside the releases, in the same file."""

    path: Path
    _db: sqlite3.Connection
    _fault: str | None

    def join(self, floor: str, cameras: Collection[str]) -> None:
        """See ``LedgerProtocol``."""
        self._check()
        with self._faults("written"):
            known = read_floors(self._db).get(floor, frozenset())
            if not known >= set(cameras):
                store_floor(self._db, floor, known | set(cameras))

    def keep(self, name: str, value: str) -> None:
        """See ``LedgerProtocol``."""
        self._check()
        with self._faults("written"):  # a statement of its own outside of a release
            store_kept(self._db, name, value)

    def kept(self, name: str) -> str | None:
        """See ``LedgerProtocol``."""
        return read_kept(self._db, name)

    def _check(self) -> None:
        if self._fault is not None:
            raise LedgerError(self._fault, lasting=True)

    @contextmanager
    def _faults(self, done: str) -> Iterator[None]:
        """Roll back on any failure, and report those of the disk as ours.

        After an error other than a full disk it is unknown what reached the disk: nothing more is
        released until the ledger is opened, and so checked, again.
        """
        try:
            yield
        except BaseException as error:
            if self._db.in_transaction:
                try:
                    self._db.execute("ROLLBACK")
                except sqlite3.Error as worse:
                    self._fault = f"{self.path}: could not be rolled back: {worse}; restart"
            if isinstance(error, (sqlite3.Error, OSError)):
                message = f"{self.path}: cannot be {done}: {error}; nothing was released"
                if not disk_full(error):
                    self._fault = message = f"{message} and nothing will be until a restart"
                raise LedgerError(message, lasting=self._fault is not None) from error
            raise
