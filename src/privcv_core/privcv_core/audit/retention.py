# SPDX-License-Identifier: Apache-2.0
"""Retention of an audit log: which full files are old enough to be deleted.

A file ages by the time that the chain's writers have run since its last entry. The wall clock
decides nothing: one that is years ahead for some minutes would delete everything. And whatever the
ages are, at most one in ``SHARE`` of the full files goes each time that one more becomes full.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from privcv_core.audit.entry import Entry, Head, read_entry
from privcv_core.audit.events import Fact
from privcv_core.audit.fact_types import fault_of
from privcv_core.audit.files import first_in_name, last_line

DAY_S = 86400

SHARE = 4
"""At most one in so many full files is deleted at once, but always one."""

SHORTEST_DAYS = 1
"""No log was ever to be kept for less, whatever its records leave out."""

PRUNED = "log.pruned"
UNPROVEN = "unproven"
"""How a problem begins that is no sign of tampering: what 0.1.0 deleted told no age."""

TOO_OLD = "older than audit.retain_days"


CLOCK_MARGIN_S = 3600
"""By so much, s, clocks may have been corrected between two checkpoints."""


@dataclass(frozen=True)
class Sighting:
    """That a chain ended with entry ``sequence`` at ``time_s`` (since the epoch), as was kept."""

    time_s: float
    sequence: int


def in_order(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Those whose order in time is that of their entries, but for ``CLOCK_MARGIN_S``.

    The others contradict each other: a clock was wrong, or one of them is false. Which, they do not
    tell, so that they accuse nobody of deleting; that they differ is for the caller to tell.
    """
    seen = sorted(sightings, key=lambda one: (one.sequence, one.time_s))
    latest = list(accumulate((one.time_s for one in seen), max))
    earliest = list(accumulate((one.time_s for one in reversed(seen)), min))[::-1]
    return [
        one
        for one, before_s, after_s in zip(seen, latest, earliest, strict=True)
        if before_s - CLOCK_MARGIN_S <= one.time_s <= after_s + CLOCK_MARGIN_S
    ]


@dataclass(frozen=True)
class OutdatedFile:
    """A full file that is to be deleted, and why."""

    path: Path
    last: Entry
    retain_days: int
    running_age_s: int

    def facts(self) -> dict[str, Fact]:
        """The facts of the ``log.pruned`` entry: what goes, until when it reached, and why."""
        return {
            "first": first_in_name(self.path) or 0,
            "through": self.last.sequence,
            "hash": self.last.hash,
            "written_until": self.last.time,
            "reason": TOO_OLD,
            "retain_days": self.retain_days,
            "running_age_s": self.running_age_s,
        }


def outdated(full: Sequence[Path], running_s: int, retain_days: int) -> list[OutdatedFile]:
    """The oldest of ``full`` whose last entry is older than ``retain_days`` of running time.

    ``running_s``: the chain's running time now, s. Entries of 0.1.0 have none: they are as old as
    the first entry that has one, so that they are kept for longer and never for less.
    """
    found = []
    for path in full[: max(1, len(full) // SHARE)]:
        last = read_entry(last_line(path))
        age_s = running_s - (last.running_s or 0)
        if age_s <= retain_days * DAY_S:
            break
        found.append(OutdatedFile(path, last, retain_days, age_s))
    return found


@dataclass(frozen=True)
class Pruning:
    """A deletion that the log tells of: its entries up to ``through`` are gone on purpose.

    ``running_age_s`` and ``retain_days`` are ``None`` in records of 0.1.0, which went by the wall
    clock. ``sequence``: of the entry that tells of it; ``ran_s``: its running time, s, if it has
    one.
    """

    through: Head
    time: str
    written_until: str | None
    reason: str | None
    retain_days: int | None
    running_age_s: int | None
    sequence: int
    ran_s: int | None

    @property
    def is_proven(self) -> bool:
        """Whether it says how old the entries were by running time; records of 0.1.0 do not."""
        return self.running_age_s is not None and self.retain_days is not None

    def fault(self, retain_days: int = 0, is_old: bool = False) -> str | None:
        """What speaks against it, in words: it was deleted before its time, or may have been.

        ``retain_days``: the retention that is to be kept, whatever the record says was in force.
        ``is_old``: kept checkpoints prove the age of what a record of 0.1.0 deleted.
        """
        if self.running_age_s is None or self.retain_days is None:
            if self.ran_s is not None:  # since then every record says how old its entries were
                return "pruned too early: the record does not say how old the entries were"
            if is_old:
                return None
            return (
                f"{UNPROVEN}: how old entries up to {self.through.sequence} were when they were "
                f"deleted is not told, as before 0.2.0, but {retain_days} days are to be kept"
                if retain_days
                else None
            )
        kept_for = max(self.retain_days, retain_days)
        if self.retain_days >= 1 and self.running_age_s > kept_for * DAY_S:
            if self.running_age_s > (self.ran_s or 0):
                return "pruned too early: older than the log's whole running time"
            return None
        return (
            f"pruned too early: entries up to {self.through.sequence} were deleted "
            f"{self.running_age_s} s of running time after the last of them, "
            f"but {kept_for} days are to be kept"
            + (f" (the retention then: {self.retain_days})" if kept_for > self.retain_days else "")
        )

    def fault_by_sightings(
        self, sightings: "Sequence[Sighting]", now_s: float, retain_days: int = 0
    ) -> str | None:
        """What kept checkpoints say against it, whatever the log says of its own ages.

        An entry that was not there at one checkpoint, and was gone at a later one, is no older than
        the time between the two.
        """
        kept_for = max(self.retain_days or SHORTEST_DAYS, retain_days)
        before = [seen for seen in sightings if seen.sequence < self.through.sequence]
        after = [seen.time_s for seen in sightings if seen.sequence >= self.sequence]
        if not before:
            return None
        last = max(before, key=lambda seen: seen.time_s)
        age_s = min([now_s, *after]) - last.time_s
        if age_s + CLOCK_MARGIN_S > kept_for * DAY_S:
            return None
        return (
            f"pruned too early: entry {self.through.sequence} was deleted no more than "
            f"{age_s / DAY_S:.1f} days after it was written, by the times of kept checkpoints "
            f"(one saw no more than entry {last.sequence}), but {kept_for} days are to be kept"
        )

    def is_old_by_sightings(self, sightings: "Sequence[Sighting]", retain_days: int) -> bool:
        """Whether kept checkpoints prove that the entries were old enough, also without an age.

        The last of them was there at one checkpoint, and the record of its deletion not yet at one
        that is later by the whole retention.
        """
        there = [seen.time_s for seen in sightings if seen.sequence >= self.through.sequence]
        not_yet = [seen.time_s for seen in sightings if seen.sequence < self.sequence]
        if not there or not not_yet:
            return False
        return max(not_yet) - min(there) - CLOCK_MARGIN_S > retain_days * DAY_S

    def __str__(self) -> str:
        if self.running_age_s is None:
            why = "by the wall clock, before running time was kept"
        else:
            why = (
                f"{self.reason} ({self.retain_days}): {self.running_age_s / DAY_S:.1f} days of "
                "running time old"
            )
        until = f", written until {self.written_until}" if self.written_until else ""
        return f"entries up to {self.through.sequence}{until}: deleted at {self.time}, {why}"


def pruning(entry: Entry) -> Pruning:
    """What a ``log.pruned`` entry tells. Raises ``ValueError`` where its facts are no numbers."""
    if fault := fault_of(entry):
        raise ValueError(f"says what no entry may: {fault}")
    facts = entry.facts

    def number(name: str) -> int | None:
        return int(facts[name]) if name in facts else None

    def text(name: str) -> str | None:
        return str(facts[name]) if name in facts else None

    return Pruning(
        Head(number("through") or 0, str(facts.get("hash"))),
        entry.time,
        text("written_until"),
        text("reason"),
        number("retain_days"),
        number("running_age_s"),
        entry.sequence,
        entry.running_s,
    )
