# SPDX-License-Identifier: Apache-2.0
"""Where a chain goes on: what is on disk of it, read once before its writer appends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from privcv_core.audit.entry import GENESIS, Entry, Head, read_entry
from privcv_core.audit.files import files_of, lines_in, opened_line
from privcv_core.audit.retention import PRUNED, pruning

NOTHING = Head(0, GENESIS)
"""Before the first entry."""


@dataclass(frozen=True)
class Resumed:
    """The end of a chain.

    ``first``: sequence of the growing file's first entry; ``first_s``: its running time, s, where
    it has one. ``bytes``: the growing file's length; ``torn_bytes``: of a line without an end after
    it, which was acknowledged to nobody: its writer died.
    """

    head: Head = NOTHING
    last_event: str = ""
    time: str = ""  # of the last entry
    ran_s: int = 0
    first: int = 1
    first_s: int | None = None
    bytes: int = 0
    torn_bytes: int = 0


def before_growing(folder: Path, chain: str, growing: Path) -> Resumed | None:
    """The end of what is before the growing file: of a full one, or of where the chain lay.

    Raises ``OSError``, ``ValueError`` and ``AuditLogError``.
    """
    before = [path for path in files_of(folder, chain) if path != growing]
    for path in reversed(before):
        last = b""
        for _, line in lines_in(path):
            last = line if line.endswith(b"\n") else last
        if last:
            entry = read_entry(last)
            first = entry.sequence + 1
            return Resumed(entry.head, entry.event, entry.time, entry.running_s or 0, first)
    return None


def resume(before: Resumed | None, chain: str, growing: Path, file: int) -> Resumed:
    """The end of the growing file, open as ``file``, which has to follow ``before``.

    Raises ``OSError``, ``ValueError`` and ``AuditLogError``.
    """
    with open(file, "rb", closefd=False) as opened:
        content = opened.read()
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.splitlines(keepends=True)
    entries = [read_entry(opened_line(growing, line)) for line in lines]
    if before is None:
        head = _told_beginning(entries)
        before = Resumed(head, first=head.sequence + 1)
    end = before
    for entry in entries:
        if entry.previous != end.head.hash or entry.chain != chain:
            raise ValueError(f"entry {entry.sequence} does not follow the one before it")
        end = replace(
            end,
            head=entry.head,
            last_event=entry.event,
            time=entry.time,
            ran_s=entry.running_s or end.ran_s,
            first_s=entry.running_s if end.first_s is None else end.first_s,
        )
    return replace(end, bytes=len(whole), torn_bytes=len(content) - len(whole))


def _told_beginning(entries: Sequence[Entry]) -> Head:
    """What is before the growing file where no other is left: all were deleted, which it tells."""
    told = {pruning(entry).through for entry in entries if entry.event == PRUNED}
    if entries and Head(entries[0].sequence - 1, entries[0].previous) in told:
        return Head(entries[0].sequence - 1, entries[0].previous)
    return NOTHING
