# SPDX-License-Identifier: Apache-2.0
"""The running time that the entries of a chain tell: it never goes back, and its leaps are told.

Running time passes no faster than the wall clock. Where it does by what a chain says, the clock was
set back meanwhile or the writer told more than was: the chain alone does not tell which, so that a
leap is no fault but a gap in what is proven, and is named.
"""

from dataclasses import dataclass

from privcv_core.audit.entry import Entry
from privcv_core.audit.events import REGISTER
from privcv_core.audit.retention import CLOCK_MARGIN_S, DAY_S
from privcv_core.protocol.timestamps import parse_iso8601

OF_DEVICE = frozenset({REGISTER, "desk"})
"""Chains that begin as old as the device is; all others begin with their writer."""


@dataclass(frozen=True)
class Leap:
    """That running time was ``seconds`` more at entry ``sequence`` than the clock says passed."""

    sequence: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"running time leaps by {self.seconds / DAY_S:.1f} days at entry {self.sequence}, more "
            "than passed by its clock: that was set back, or the age of the log is not what it says"
        )


class Ages:
    """Follows the entries of a chain, in order, each of which must pass ``fault_of``."""

    def __init__(self) -> None:
        self.leaps: list[Leap] = []
        self._last: Entry | None = None

    def follow(self, entry: Entry) -> str:
        """What is wrong with the running time of the next entry, in words; empty if nothing."""
        before, ran_s = self._last, entry.running_s
        ran_before_s = (before.running_s or 0) if before else 0
        if ran_s is None:
            return f"running time is missing: entry {entry.sequence}" if ran_before_s else ""
        self._last = entry
        if before is None:
            began_old = entry.sequence == 1 and entry.chain not in OF_DEVICE
            if began_old and ran_s > CLOCK_MARGIN_S:
                self.leaps.append(Leap(1, ran_s))
            return ""
        if ran_s < ran_before_s:
            return f"running time goes back: entry {entry.sequence}"
        passed = parse_iso8601(entry.time) - parse_iso8601(before.time)
        leap_s = ran_s - ran_before_s - max(0.0, passed.total_seconds())
        if leap_s > CLOCK_MARGIN_S:
            self.leaps.append(Leap(entry.sequence, leap_s))
        return ""
