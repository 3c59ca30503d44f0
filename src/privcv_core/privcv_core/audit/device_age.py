# SPDX-License-Identifier: Apache-2.0
"""The running time of a device, as its audit logs tell: what is kept ages by that, not by a clock.

It is the longest that any of its chains ran. A device that was off kept things for longer; a clock
that is set moves it by nothing.
"""

import os
from pathlib import Path

from privcv_core.audit.entry import AuditLogError, read_entry
from privcv_core.audit.files import chains_in, files_of, last_line, owners_of


def device_running_s(folder: Path) -> int:
    """Seconds that the device has run, by the ends of all chains in ``folder`` that can be read."""
    return max((_running_s(folder, chain) for chain in chains_in(folder)), default=0)


def device_age_s(folder: Path, was_s: int, passed_s: float) -> int:
    """As ``device_running_s``, for one who deletes by it: what others say is believed in bounds.

    ``was_s``: how old the device was for the asker last, ``passed_s`` of wall time ago. A user who
    may write one chain would age everything otherwise. Root's chains and the asker's own count as
    they are; those of others make the device no older than the wall clock does.
    """
    ours = others = 0
    for chain in chains_in(folder):
        age_s = _running_s(folder, chain)
        if _is_ours(folder, chain):
            ours = max(ours, age_s)
        else:
            others = max(others, age_s)
    return max(ours, min(others, was_s + int(max(0.0, passed_s))))


def _is_ours(folder: Path, chain: str) -> bool:
    try:
        return owners_of(folder, chain) <= {0, os.geteuid()}
    except OSError:
        return False


def _running_s(folder: Path, chain: str) -> int:
    try:
        for path in reversed(files_of(folder, chain)):
            try:
                return read_entry(last_line(path)).running_s or 0
            except ValueError:  # empty, torn or not an entry: the file before it tells
                continue
    except (AuditLogError, OSError):
        return 0
    return 0
