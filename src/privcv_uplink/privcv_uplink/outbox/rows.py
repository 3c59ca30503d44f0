# SPDX-License-Identifier: Apache-2.0
"""The releases in the outbox's file: store, read, remove, set aside. All inside a transaction.

A damaged tree of rows may answer anything, say a row that cannot be found by its own number. What
an answer must fulfil is asked of it here, so that no loop over rows waits for ever for its end.
"""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from privcv_core.protocol.timestamps import parse_rfc3339
from privcv_uplink.outbox.file import OutboxFile
from privcv_uplink.outbox.rescue import has_damaged, remove_damaged
from privcv_uplink.outbox.state import digest, is_whole

logger = logging.getLogger(__name__)

QUARANTINE_ROWS = 1000
FIRST_NUMBER = -(2**63)  # of a row whose number was damaged; those of releases begin at 1
DAMAGED_FILE = "the damaged file"
_WRONG_DIGEST = "its digest is wrong"
_STARTS = (("zones", "window_start"), ("dwell", "period_start"), ("statistics", "start"))


def _expect(condition: bool) -> None:
    if not condition:
        raise sqlite3.DatabaseError("its rows contradict each other")


class OutboxRows(OutboxFile):
    """The file with its rows; numbers of releases are their keys."""

    def change(self, **fields: Any) -> None:
        """Replace fields of the state."""
        self.state = replace(self.state, **fields)

    def insert(self, sequence: int, payload: bytes) -> None:
        """Store a release, unless it is stored already."""
        for _, stored in self.payloads(sequence, sequence):
            if stored is not None:
                return
            self.set_aside(sequence, _WRONG_DIGEST)
        self.execute(
            "INSERT INTO releases VALUES (?, ?, ?, ?)",
            (sequence, payload, digest(sequence, payload), self.running_s()),
        )
        self.pending += 1
        self.pending_bytes += len(payload)

    def payloads(self, first: int, last: int) -> Iterator[tuple[int, bytes | None]]:
        """Releases ``first`` to ``last`` with their payloads; None where the digest is wrong.

        They are read one by one, so that who needs no more may stop.
        """
        rows = self._database.execute(
            "SELECT sequence, payload, digest FROM releases WHERE sequence BETWEEN ? AND ?"
            " ORDER BY sequence",
            (first, last),
        )
        before = first - 1
        with contextlib.closing(rows):  # or the file stays locked while an error is handled
            for sequence, payload, expected in rows:
                _expect(before < sequence <= last)
                before = sequence
                yield sequence, payload if is_whole(sequence, payload, expected) else None

    def oldest(self, after: int) -> tuple[int, float] | None:
        """The first release after ``after`` and when it came (``running_s``)."""
        rows = self.execute(
            "SELECT sequence, CAST(age_s AS REAL) FROM releases WHERE sequence > ?"
            " ORDER BY sequence LIMIT 1",
            (after,),
        )
        if not rows:
            return None
        sequence, age_s = rows[0]
        _expect(sequence > after and age_s is not None)
        return sequence, age_s

    def window_start(self, after: int) -> datetime | None:
        """Start of the first window in the first release after ``after``, if it can be read."""
        rows = self.execute(
            "SELECT payload FROM releases WHERE sequence > ? ORDER BY sequence LIMIT 1", (after,)
        )
        try:
            release = json.loads(rows[0][0])
            for reports, start in _STARTS:
                if release.get(reports):
                    return parse_rfc3339(release[reports][0][start])
            return None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return None

    def remove(self, first: int, last: int) -> int:
        """Remove releases ``first`` to ``last``; returns how many there were."""
        count, size = self.size(first, last)
        if count:
            removed = self._database.execute(
                "DELETE FROM releases WHERE sequence BETWEEN ? AND ?", (first, last)
            ).rowcount
            _expect(removed == count)
            self.pending -= count
            self.pending_bytes -= size
        return count

    def size(self, first: int, last: int) -> tuple[int, int]:
        """How many releases ``first`` to ``last`` there are, and the bytes of their payloads."""
        count, size = self.execute(
            "SELECT count(*), coalesce(sum(length(payload)), 0) FROM releases"
            " WHERE sequence BETWEEN ? AND ?",
            (first, last),
        )[0]
        return int(count), int(size)

    def set_aside(self, sequence: int, reason: str) -> None:
        """Move a release to quarantine, where the newest ``QUARANTINE_ROWS`` are kept."""
        logger.error("release %d is set aside: %s", sequence, reason)
        self.execute(
            "INSERT INTO quarantine (sequence, payload, reason, age_s)"
            " SELECT sequence, payload, ?, ? FROM releases WHERE sequence = ?",
            (reason, self.running_s(), sequence),
        )
        self.execute(
            "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?",
            (QUARANTINE_ROWS,),
        )
        _expect(self.remove(sequence, sequence) == 1)
        self.change(quarantined=self.state.quarantined + 1)

    def end_set_aside(self, keep_s: float) -> int:
        """Delete what was set aside more than ``keep_s`` ago, running time; returns how much.

        A damaged file that a rescue left beside counts as one.
        """
        now_s = self.running_s()
        if has_damaged(self._path):
            self.execute(
                "INSERT INTO quarantine (reason) SELECT ?"
                " WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE CAST(reason AS TEXT) = ?)",
                (DAMAGED_FILE, DAMAGED_FILE),
            )
        self.execute("UPDATE quarantine SET age_s = ? WHERE age_s IS NULL", (now_s,))
        ended = self.execute(
            "SELECT CAST(reason AS TEXT) FROM quarantine WHERE CAST(age_s AS REAL) < ?",
            (now_s - keep_s,),
        )
        if ended:
            self.execute("DELETE FROM quarantine WHERE CAST(age_s AS REAL) < ?", (now_s - keep_s,))
        if (DAMAGED_FILE.encode(),) in ended:
            remove_damaged(self._path)
        return len(ended)

    def set_aside_corrupt(self, first: int, last: int) -> int:
        """Set aside what is corrupt of releases ``first`` to ``last``; returns how many it was."""
        corrupt = [number for number, payload in self.payloads(first, last) if payload is None]
        for sequence in corrupt:
            self.set_aside(sequence, _WRONG_DIGEST)
        return len(corrupt)

    def record_version(self) -> tuple[int, bytes] | None:
        """Version and digest of the site record that was sent last; None where none was."""
        rows = self.execute("SELECT version, digest FROM site_record")
        if not rows or not (isinstance(rows[0][0], int) and isinstance(rows[0][1], bytes)):
            return None
        return rows[0][0], rows[0][1]

    def set_record_version(self, version: int, expected: bytes) -> None:
        """Keep the version of the site record with that digest."""
        self.execute("INSERT OR REPLACE INTO site_record VALUES (1, ?, ?)", (version, expected))

    def advance_accepted(self, gap_after_s: float) -> None:
        """Move ``accepted_through`` over what is stored, and over gaps that nobody fills."""
        through = self.state.accepted_through
        while following := self.oldest(through):
            sequence = following[0]
            if self.set_aside_corrupt(sequence, sequence):  # nor is its number to be trusted
                continue
            if sequence > through + 1:
                waited_since_s = self.execute(
                    "SELECT min(CAST(age_s AS REAL)) FROM releases WHERE sequence > ?", (through,)
                )[0][0]
                if self.running_s() - waited_since_s < gap_after_s:
                    break
                if through > 0:  # a new outbox does not know where its device's numbers begin
                    logger.error("releases %d to %d never came", through + 1, sequence - 1)
                    self.change(missing=self.state.missing + sequence - through - 1)
            through = sequence
        self.change(accepted_through=through)
