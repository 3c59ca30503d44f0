# SPDX-License-Identifier: Apache-2.0
"""Whether an audit log is what was written: every entry, its order, its beginning and its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from privcv_core.audit.entry import GENESIS, Entry, Head, read_entry
from privcv_core.audit.files import files_of, lines_of

_ATTEMPTS = 3


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a chain, in words."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class ChainReport:
    """What verification found.

    ``first`` and ``head`` are the ends of what was read. ``covered`` is the newest entry that a
    kept checkpoint vouches for: the end could have been rewritten after it, but not before.
    """

    chain: str
    entries: int
    first: int
    head: Head
    covered: int
    problems: tuple[Problem, ...]


def verify_chain(
    folder: Path, chain: str, kept: Sequence[Head] = (), since: int = 0
) -> ChainReport:
    """Read every entry of ``chain`` and hold it against ``kept``, heads from kept checkpoints.

    Shown without checkpoints: an edited entry, a deleted one, a changed order, a beginning that is
    missing without a record of its pruning. Shown with them too: an end that was cut off, and an
    end that was cut off and written anew. With ``since`` reading begins with the file that
    holds that entry, for those who have verified what is before it.
    """
    for _ in range(_ATTEMPTS):
        files = files_of(folder, chain)
        try:
            report = _Verification(chain, kept, since).read(folder)
        except FileNotFoundError:
            continue
        if files == files_of(folder, chain):
            break  # else the writer began a new file meanwhile: look again
    return report


def read_chain(folder: Path, chain: str, event: str = "") -> Iterator[Entry]:
    """The entries of ``chain`` that are whole, in order; ``verify_chain`` tells of the others.

    With ``event`` only those of that event, which is much faster in a long chain.
    """
    wanted = f'"event":"{event}"'.encode() if event else b""
    for _, _, line in lines_of(folder, chain):
        if wanted in line:
            try:
                entry = read_entry(line)
            except ValueError:
                continue
            if event in ("", entry.event):
                yield entry


class _Verification:
    def __init__(self, chain: str, kept: Sequence[Head], since: int) -> None:
        self._chain = chain
        self._since = since
        self._kept = {head.sequence: head.hash for head in kept if head.sequence > 0}
        self._problems: list[Problem] = []
        self._pruned: set[Head] = set()
        self._first: Entry | None = None
        self._head = Head(0, GENESIS)
        self._entries = 0
        self._covered = 0

    def read(self, folder: Path) -> ChainReport:
        for path, number, line in lines_of(folder, self._chain, self._since):
            self._entries += 1
            where = f"{path.name}:{number}"
            try:
                self._entry(where, read_entry(line))
            except ValueError as error:
                self._found(where, f"edited: the line {error}")
                # Its hash is not known, so that the next entry cannot be held against it.
                self._head = Head(self._head.sequence + 1, "")
        self._beginning()
        self._end()
        first = self._first.sequence if self._first else 0
        return ChainReport(
            self._chain, self._entries, first, self._head, self._covered, tuple(self._problems)
        )

    def _entry(self, where: str, entry: Entry) -> None:
        if entry.chain != self._chain:
            self._found(where, f"moved: the entry belongs to the chain '{entry.chain}'")
            return
        if self._first is None:
            self._first = entry
            if self._entries == 1:
                self._head = Head(entry.sequence - 1, entry.previous)
        missing = entry.sequence - self._head.sequence - 1
        if missing < 0:
            self._found(where, f"reordered: {entry.sequence} comes after {self._head.sequence}")
            return
        if missing > 0:
            self._found(where, f"deleted or moved: {missing} missing before {entry.sequence}")
        elif self._head.hash and entry.previous != self._head.hash:
            self._found(where, f"edited: entry {self._head.sequence} is not the one written")
        if entry.event == "log.pruned":
            self._pruned.add(Head(int(entry.facts["through"]), str(entry.facts["hash"])))
        if entry.sequence in self._kept:
            if self._kept[entry.sequence] == entry.hash:
                self._covered = entry.sequence
            else:
                self._found(where, "rewritten: a kept checkpoint has another entry here")
        self._head = entry.head

    def _beginning(self) -> None:
        first = self._first
        if first is None or self._since or first.sequence == 1:
            if first is not None and first.sequence == 1 and first.previous != GENESIS:
                self._found(self._chain, "edited: entry 1 does not begin a chain")
            return
        if Head(first.sequence - 1, first.previous) not in self._pruned:
            self._found(self._chain, f"deleted: entries before {first.sequence}, without a record")

    def _end(self) -> None:
        last = max(self._kept, default=0)
        if last > self._head.sequence:
            self._found(
                self._chain,
                f"truncated: ends with entry {self._head.sequence}, "
                f"but a kept checkpoint saw entry {last}",
            )

    def _found(self, where: str, what: str) -> None:
        self._problems.append(Problem(where, what))
