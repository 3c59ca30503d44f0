# SPDX-License-Identifier: Apache-2.0
"""One report of this device for each window of a task: charged and sealed in one transaction.

The ledger commits what a window costs together with the sealed bytes, under a key of the task and
the window. So whatever fails, the same bytes are sent again or none; shares that were drawn and not
committed are forgotten with the random numbers they were made of, and nobody has seen them. A
window is reported once, whatever the clock does: an hour that comes twice is told once.

A window without anybody, one in which no camera looked, one that the budget does not allow and one
that is withheld have a report too, of nothing: whoever sees the traffic learns nothing from it.
"""

import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from privcv_across.noise.floor import Floor
from privcv_across.sealing.sealed_report import seal_report
from privcv_core.protocol.secure_release import SecureRelease
from privcv_core.protocol.signing import SigningKey
from privcv_privacy.across.joined_tasks import JoinedTask
from privcv_privacy.across.task_votes import Part
from privcv_privacy.across.visit_votes import Votes
from privcv_privacy.aggregation.payments import ZONES
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.charge import ACROSS, Charge
from privcv_privacy.errors import LedgerError

MAX_QUEUE = 4096
"""Windows that wait for a ledger that fails; the newest are lost beyond."""

_PRIORITY = secrets.SystemRandom()


class TaskSum:
    """The windows of one task, over all cameras of the device."""

    def __init__(
        self,
        task: JoinedTask,
        key: SigningKey,
        ledger: LedgerProtocol,
        floor: Floor | None = None,
    ) -> None:
        self.task = task
        self.withheld = False
        self.crowded = 0  # windows of which more visits would have counted than may
        self._key, self._ledger = key, ledger
        self._floor = floor or task.task.floor
        self._open: dict[int, list[Part]] = {}
        self._reached: dict[str, int] = {}
        self._waiting: deque[tuple[int, list[Part]]] = deque()
        self._drawn = ""
        self._ended = False

    def put(self, part: Part) -> None:
        """What a camera has for a window that ended for it."""
        if not self.task.sums.takes_time(part.time):
            return
        self._open.setdefault(part.time, []).append(part)

    def reach(self, camera: str, time: int | None) -> None:
        """A camera is in the window ``time``, None: its source ended. A window closes when none of
        those that were heard is in it, or before it."""
        if time is None:
            self._reached.pop(camera, None)
        else:
            self._reached[camera] = time
            self._ended = not self.task.sums.takes_time(time)
        now = min(self._reached.values(), default=None)
        for one in sorted(self._open):
            if (now is None or one < now) and len(self._waiting) < MAX_QUEUE:
                self._waiting.append((one, self._open.pop(one)))

    def deliver(self) -> list[Release]:
        """The releases of what has closed; raises ``LedgerError`` where none could be committed,
        and keeps what is left."""
        releases: list[Release] = []
        while self._waiting:
            try:
                release = self._release(*self._waiting[0])
            except LedgerError:
                if releases:
                    break
                raise
            self._waiting.popleft()
            if release.payload:
                releases.append(release)
        return releases

    @property
    def warnings(self) -> list[str]:
        """What is wrong with it, in words."""
        found = []
        name = f"sum over sites {self.task.name}"
        if self.crowded:
            most = f"more than {self.task.task.most_visits} visits"
            found.append(f"{name}: {most} in {self.crowded} windows, so some were not counted")
        if self._ended:
            begins, expires = self.task.task.begins, self.task.task.expires
            found.append(f"{name}: is from {begins} until {expires}: nothing is sent now")
        return found

    def _release(self, time: int, parts: list[Part]) -> Release:
        task = self.task.task
        limits = task.vdaf.parameters
        charges: list[Charge] = []
        if not self.withheld:
            charges = [one for part in parts if (one := part.charge(self.task))]

        def render(sequence: int, affordable: bool) -> bytes:
            self._drawn = key
            counted = parts if affordable and charges else []
            counts = self._counts([visit for part in counted for visit in part.visits])
            shared = fitted(self._floor.blur(counts), task.cap, in_all="max_value" in limits)
            report = seal_report(self.task.sums, self._key, time, shared).encode()
            return SecureRelease.of(sequence, task.task_id, report).canonical()

        key = f"{ACROSS}|{time * task.window_s}|{task.window_s}|{self.task.name}"
        release = self._ledger.release(key, charges, render)
        if (release.fresh or self._drawn == key) and charges and release.affordable:
            self._drawn = ""
            for part in parts:
                if part.lived is not None:
                    part.payments.settle(ZONES, part.span)
        paid = release.fresh and release.affordable
        return replace(release, epsilon=max((c.epsilon for c in charges), default=0.0) * paid)

    def _counts(self, visits: Sequence[Votes]) -> list[int]:
        """The counts of the window; of more visits than the cap has room for, some at random."""
        most = self.task.task.most_visits
        if len(visits) > most:
            self.crowded += 1
            visits = _PRIORITY.sample(visits, most)
        counts = [0] * len(self.task.task.cells)
        for votes in visits:
            for cell in votes:
                counts[cell] += 1
        return counts


def fitted(blurred: Sequence[int], cap: int, *, in_all: bool) -> list[int]:
    """What the sum takes of counts with noise: no cell, or not all together, above ``cap``.

    It looks at nothing but what has noise already. There is so much room above the most visits
    that it changes something once in more windows than a device lives.
    """
    cells = [min(one, cap) for one in blurred]
    over = sum(cells) - cap if in_all else 0
    for at in sorted(range(len(cells)), key=lambda at: -cells[at]):
        if over <= 0:
            break
        taken = min(over, cells[at])
        cells[at] -= taken
        over -= taken
    return cells
