# SPDX-License-Identifier: Apache-2.0
"""The running time of a device, as its audit logs tell: what is kept ages by that, not by a clock.

It is the longest that any of its chains ran. A device that was off kept things for longer; a clock
that is set moves it by nothing.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from privcv_core.audit.entry import AuditLogError, Entry, read_entry
from privcv_core.audit.fact_types import fault_of
from privcv_core.audit.files import chains_in, files_of, last_line, owners_of
from privcv_core.protocol.timestamps import parse_iso8601


def device_running_s(folder: Path, now: datetime) -> int:
    """Seconds that the device has run, by the ends of all chains in ``folder`` that can be read.

    ``now`` (aware; the wall clock): what users of other processes say makes the device no older
    than it was by root's chains and the asker's own, and the time since. Where there are none of
    these, all others have to agree: the youngest of them counts.
    """
    ends = _ends(folder)
    ours = [end for end in ends if end.is_ours]
    if not ours:
        return min((end.age_s for end in ends), default=0)
    last = max(ours, key=lambda end: end.age_s)
    passed_s = (now - parse_iso8601(last.entry.time)).total_seconds()
    return device_age_s(folder, last.age_s, passed_s)


def device_age_s(folder: Path, was_s: int, passed_s: float) -> int:
    """As ``device_running_s``, for one who deletes by it: what others say is believed in bounds.

    ``was_s``: how old the device was for the asker last, ``passed_s`` of wall time ago. A user who
    may write one chain would age everything otherwise. Root's chains and the asker's own count as
    they are; those of others make the device no older than the wall clock does.
    """
    ends = _ends(folder)
    ours = max((end.age_s for end in ends if end.is_ours), default=0)
    others = max((end.age_s for end in ends if not end.is_ours), default=0)
    return max(ours, min(others, was_s + int(max(0.0, passed_s))))


@dataclass(frozen=True)
class _End:
    """The last entry of a chain, and whether it is root's or the asker's own."""

    entry: Entry
    is_ours: bool

    @property
    def age_s(self) -> int:
        return self.entry.running_s or 0


def _ends(folder: Path) -> list[_End]:
    chains = ((chain, last_entry(folder, chain)) for chain in chains_in(folder))
    return [_End(entry, _is_ours(folder, chain)) for chain, entry in chains if entry is not None]


def _is_ours(folder: Path, chain: str) -> bool:
    try:
        return owners_of(folder, chain) <= {0, os.geteuid()}
    except OSError:
        return False


def last_entry(folder: Path, chain: str) -> Entry | None:
    """The newest entry of ``chain``; ``None`` where there is none, or none that makes sense."""
    try:
        for path in reversed(files_of(folder, chain)):
            try:
                entry = read_entry(last_line(path))
            except ValueError:  # empty, torn or not an entry: the file before it tells
                continue
            return None if fault_of(entry) else entry
    except (AuditLogError, OSError):
        return None
    return None
