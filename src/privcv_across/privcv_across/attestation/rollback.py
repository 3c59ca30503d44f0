# SPDX-License-Identifier: Apache-2.0
"""Finds that a file was put back from an older copy, by a counter that is nowhere on the disk.

The file holds what the counter shows; it is written down *before* the counter counts. So a crash in
between leaves the counter one behind, never ahead: a counter that is ahead has counted for a newer
file than this one, whatever else was put back together with it.
"""

from typing import Protocol

from privcv_across.errors import TpmError

NOTE = "tpm counter"
EACH_S = 3600.0
"""Between two counts while running, s: an older copy than this is found at the next start."""


class Counter(Protocol):
    """A count that only grows; ``TpmError`` where it cannot be asked."""

    def read(self) -> int:
        """The count; 0 for one that never counted."""

    def increment(self) -> int:
        """Count one more; returns the count."""


class Notes(Protocol):
    """Of the file that could be put back: durable, in the file itself."""

    def keep(self, name: str, value: str) -> None:
        """Write down, durably."""

    def kept(self, name: str) -> str | None:
        """What was written down last."""


class Rollback:
    """Compares at its making, and counts. ``found``: why this is not the newest file, or why
    nobody can know; '' where it is. ``what`` names the file in words. Raises ``TpmError``."""

    def __init__(self, notes: Notes, counter: Counter, what: str) -> None:
        self._notes, self._counter, self._what = notes, counter, what
        self.found = self._compare(notes.kept(NOTE), counter.read())
        self._counted_s: float | None = None
        self.count()

    def count(self) -> None:
        """Count one more, in the file first; raises ``TpmError``."""
        wanted = self._counter.read() + 1
        self._notes.keep(NOTE, str(wanted))
        if (counted := self._counter.increment()) != wanted:
            raise TpmError(
                f"TPM: counter of {self._what}: shows {counted}, not {wanted}: somebody else counts"
            )

    def count_hourly(self, now_s: float) -> bool:
        """``count`` where an hour passed since it last did, and then True; ``now_s`` never goes
        back. Raises ``TpmError``."""
        if self._counted_s is None:
            self._counted_s = now_s
        if now_s - self._counted_s < EACH_S:
            return False
        self._counted_s = now_s
        self.count()
        return True

    def _compare(self, note: str | None, count: int) -> str:
        if note is None:  # right where both are new
            return f"{self._what}: is not the one that its counter in the TPM counted" * bool(count)
        if not (note.isascii() and note.isdigit()):
            return f"{self._what}: its note of the counter in the TPM was changed"
        known = int(note)
        if count > known:
            return (
                f"{self._what}: is an old copy: its counter in the TPM is at {count}, not {known}"
            )
        if count < known - 1:
            return f"{self._what}: its counter in the TPM is at {count}, not {known}: another TPM"
        return ""
