# SPDX-License-Identifier: Apache-2.0
"""The running time of a device, as its audit logs tell: what is kept ages by that, not by a clock.

It is the longest that any of its chains ran. A device that was off kept things for longer; a clock
that is set moves it by nothing.
"""

from pathlib import Path

from privcv_core.audit.entry import AuditLogError, read_entry
from privcv_core.audit.files import chains_in, files_of, last_line


def device_running_s(folder: Path) -> int:
    """Seconds that the device has run, by the ends of all chains in ``folder`` that can be read."""
    return max((_running_s(folder, chain) for chain in chains_in(folder)), default=0)


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
