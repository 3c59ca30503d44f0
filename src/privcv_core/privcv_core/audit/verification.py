# SPDX-License-Identifier: Apache-2.0
"""One reading of a chain from its first entry to its last, and what was found on the way."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from privcv_core.audit.ages import Ages, Leap
from privcv_core.audit.entry import GENESIS, Entry, Head, read_entry
from privcv_core.audit.fact_types import fault_of
from privcv_core.audit.files import first_in_name, lines_in, users_of
from privcv_core.audit.retention import (
    PRUNED,
    UNPROVEN,
    Pruning,
    Sighting,
    in_order,
    pruning,
)


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
    ``pruned``: the deletions that the log tells of, oldest first: what, when and why.
    ``uncompared``: kept checkpoints of entries before ``first``, which nothing here can confirm.
    ``strange``: those of ``problems`` that are files of users who may not write the chain: what was
    read is without them. ``leaps``: gaps in what its running time proves, which contradict nothing.
    ``may_be_under_way``: the files were such as they are for an instant while the writer makes one.
    """

    chain: str
    entries: int
    first: int
    head: Head
    covered: int
    problems: tuple[Problem, ...]
    pruned: tuple[Pruning, ...] = ()
    may_be_under_way: bool = False
    uncompared: int = 0
    strange: tuple[Problem, ...] = ()
    leaps: tuple[Leap, ...] = ()

    @property
    def verdict(self) -> str:
        """In a word. ``unproven``: what 0.1.0 deleted told no age, and nothing else is wrong."""
        if any(not one.what.startswith(UNPROVEN) for one in self.problems):
            return "BROKEN"
        is_proven = not self.problems and all(one.is_proven for one in self.pruned)
        return "whole" if is_proven else "unproven"


class Asked(NamedTuple):
    """The retention that had to be kept, days, and when kept checkpoints were taken."""

    days: int
    sightings: tuple[Sighting, ...]


class Verification:
    """One reading of the chain ``chain``, held against ``kept``; see ``verify_chain``."""

    def __init__(self, chain: str, kept: Sequence[Head], since: int, asked: Asked) -> None:
        self._chain = chain
        self._since = since
        self._asked = asked
        self._now_s = time.time()
        self._kept: dict[int, str] = {}
        contradicted = set()
        for head in kept:
            if head.sequence > 0 and self._kept.setdefault(head.sequence, head.hash) != head.hash:
                contradicted.add(head.sequence)
        self._problems = [
            Problem(chain, f"rewritten: kept checkpoints have two entries {number}")
            for number in sorted(contradicted)
        ]
        self._sightings = in_order(asked.sightings)
        if contrary := len(asked.sightings) - len(self._sightings):
            self._found(chain, f"disordered: {contrary} kept checkpoints contradict each other")
        self._pruned: list[Pruning] = []
        self._ages = Ages()
        self._first: Entry | None = None
        self._head = Head(0, GENESIS)
        self._entries = 0
        self._covered = 0

    def read(self, files: Sequence[Path], strangers: Sequence[Path]) -> ChainReport:
        may_be_under_way = not files or first_in_name(files[-1]) is not None
        for path in files:
            before = self._entries
            try:
                self._file(path)
            except FileNotFoundError:
                self._found(path.name, "vanished: the file is no longer there")
                may_be_under_way = True
            except OSError as error:
                self._found(path.name, f"cannot be read: {error.strerror}")
            else:
                if self._entries == before and path != files[-1]:
                    self._found(path.name, "emptied: a full file without an entry")
                elif self._entries == before:
                    may_be_under_way = True
        if len(owners := users_of(files)) > 1:
            shown = ", ".join(map(str, sorted(owners)))
            self._found(self._chain, f"moved: its files belong to several users (uid {shown})")
        self._beginning()
        uncompared = self._before_the_beginning()
        self._end()
        if may_be_under_way and not self._problems and (files or not strangers):
            # A writer puts an entry into a file as soon as it has made it.
            self._found(self._chain, "deleted: the file that grows is missing or has no entry")
        strange = tuple(
            Problem(f"{one.parent.name}/{one.name}", "strange: of a user who may not write it")
            for one in strangers
        )
        return ChainReport(
            self._chain,
            self._entries,
            self._first.sequence if self._first else 0,
            self._head,
            self._covered,
            (*self._problems, *strange),
            tuple(self._pruned),
            may_be_under_way,
            uncompared,
            strange,
            tuple(self._ages.leaps),
        )

    def _file(self, path: Path) -> None:
        named = first_in_name(path)
        for number, line in lines_in(path):
            where = f"{path.name}:{number}"
            if not line.endswith(b"\n"):
                if named is not None:
                    self._found(where, "truncated: the last line of a full file has no end")
                return
            self._entries += 1
            try:
                entry = read_entry(line)
                if number == 1 and named not in (None, entry.sequence):
                    self._found(where, f"renamed: the file begins with entry {entry.sequence}")
                self._entry(where, entry)
            except ValueError as error:
                self._found(where, f"edited: the line {error}")
                # Its hash is not known, so that the next entry cannot be held against it.
                self._head = Head(self._head.sequence + 1, "")

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
        if fault := fault_of(entry):
            self._found(where, f"says what no entry may: {fault}")
        else:
            if fault := self._ages.follow(entry):
                self._found(where, fault)
            if entry.event == PRUNED:
                self._pruning(where, entry)
        if entry.sequence in self._kept:
            if self._kept[entry.sequence] == entry.hash:
                self._covered = entry.sequence
            else:
                self._found(where, "rewritten: a kept checkpoint has another entry here")
        self._head = entry.head

    def _pruning(self, where: str, entry: Entry) -> None:
        told = pruning(entry)
        self._pruned.append(told)
        days = self._asked.days
        by_sightings = told.fault_by_sightings(self._sightings, self._now_s, days)
        is_old = told.is_old_by_sightings(self._sightings, days)
        if fault := by_sightings or told.fault(days, is_old):
            self._found(where, fault)

    def _beginning(self) -> None:
        first = self._first
        if first is None or self._since or first.sequence == 1:
            if first is not None and first.sequence == 1 and first.previous != GENESIS:
                self._found(self._chain, "edited: entry 1 does not begin a chain")
            return
        if Head(first.sequence - 1, first.previous) not in {told.through for told in self._pruned}:
            self._found(self._chain, f"deleted: entries before {first.sequence}, without a record")

    def _before_the_beginning(self) -> int:
        """How many kept heads are of entries that are gone; the last of those can be compared."""
        begin = self._first.sequence if self._first and not self._since else 0
        gone = {told.through.sequence: told.through.hash for told in self._pruned}
        uncompared = 0
        for sequence, hash_ in self._kept.items():
            if sequence < begin and gone.get(sequence, hash_) != hash_:
                self._found(self._chain, f"rewritten: a kept checkpoint has another {sequence}")
            uncompared += sequence < begin and sequence not in gone
        return uncompared

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
