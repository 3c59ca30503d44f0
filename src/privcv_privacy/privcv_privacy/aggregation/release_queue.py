# SPDX-License-Identifier: Apache-2.0
"""Release queue of one camera: closed windows are charged, noised, committed, in order of time."""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from privcv_core.protocol import release as schema
from privcv_privacy.aggregation.payments import Lived, Payments
from privcv_privacy.aggregation.publisher import Dropped, EstimatorState, Publisher
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.errors import LedgerError
from privcv_privacy.noise.mechanisms import NoiseMaker
from privcv_privacy.settings import PrivacySettings

MAX_QUEUE = 4096
"""Closed windows that wait for a ledger that fails; the newest are lost beyond."""


@dataclass(frozen=True)
class Closed:
    """A window or dwell period whose contributions are complete."""

    span: Span
    counts: npt.NDArray[np.int64]  # (zones, bins), true
    lived: Lived  # when the units in it were there
    affordable_s: int  # if the budget does not allow it: event time from which it is sure to, s
    dwell: bool = False
    dropped: Dropped | None = None  # who reached the bound in it


class ReleaseQueue:
    """Takes what is closed through the ledger, once each, and keeps what it could not commit.

    ``run``: names the cohort of this process's memory, see ``Payments``.
    """

    def __init__(
        self,
        settings: PrivacySettings,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
    ) -> None:
        self.publisher = Publisher(settings, zones.names, zones.boxes_m, noise)
        self.payments = Payments(
            settings, zones.camera, len(zones.names), self.publisher.votes, run
        )
        self.state = EstimatorState()
        self.exhausted_until_s: int | None = None
        self.withheld: Reason | None = None  # why nothing is shown now, whatever was seen
        self._settings, self._zones, self._ledger = settings, zones, ledger
        self._waiting: deque[Closed] = deque()
        self._releases: list[Release] = []  # committed, not yet delivered
        self._error: LedgerError | None = None
        self._drawn = ""  # key of the release that noise was last drawn for

    def __len__(self) -> int:
        """Closed windows that the ledger could not commit yet."""
        return len(self._waiting)

    def put(self, closed: Closed) -> None:
        """One more window, later than all before."""
        if len(self._waiting) < MAX_QUEUE:
            self._waiting.append(closed)

    def flush(self) -> None:
        """Commit what waits, oldest first; an error is kept for ``deliver``."""
        if self._error is not None:
            return
        try:
            while self._waiting:
                release = self._release(self._waiting[0])
                self._waiting.popleft()
                if release.payload:
                    self._releases.append(release)
        except LedgerError as error:
            self._error = error

    def deliver(self) -> list[Release]:
        """The releases since the last call; raises ``LedgerError`` and keeps what is left."""
        if self._error is None:
            self.flush()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        releases, self._releases = self._releases, []
        return releases

    def _release(self, closed: Closed) -> Release:
        span = closed.span
        observed = span.coverage > 0 and span.coverage >= self._settings.min_coverage
        unshown: Reason | None = self.withheld or (None if observed else "unobserved")
        after = self.state
        content: schema.Release | None = None

        def render(sequence: int, affordable: bool) -> bytes:
            nonlocal after, content
            self._drawn = key
            reason: Reason = unshown or "budget"
            publisher = self.publisher
            zones: list[schema.ZoneReport] = []
            dwell: list[schema.DwellReport] = []
            if closed.dwell:
                if not unshown and affordable:
                    dwell = publisher.dwell_reports(span, closed.counts)
                else:
                    dwell = publisher.suppressed_dwell(span, reason)
            elif not unshown and affordable:
                zones, after = publisher.zone_reports(
                    span, closed.counts, closed.dropped, self.state
                )
            else:
                zones = publisher.suppressed(span, reason)
            content = schema.Release(sequence=sequence, zones=zones, dwell=dwell)
            return content.canonical()

        kind = "dwell" if closed.dwell else "zones"
        key = f"{span.camera}|{span.start_s}|{span.length_s}|{kind}"
        if closed.lived.era.number:  # the same time of another clock: other people
            key += f"|era {closed.lived.era.number}"
        charges = (
            self.payments.charges(
                span,
                closed.lived,
                dwell=closed.dwell,
                bias=closed.dropped is not None,
                scale=self.publisher.counts_noise.scale,
            )
            if not unshown
            else []
        )
        paid = self.publisher.dwell_cell_epsilon if closed.dwell else self.publisher.cell_epsilon
        costs = {} if unshown else dict.fromkeys(self._zones.names, paid)
        release = self._ledger.release(key, charges, render, costs)
        # Not fresh, but drawn here: it was committed, and then the ledger failed.
        if not unshown and (release.fresh or self._drawn == key):
            self.state = after  # only now: a draw that was rolled back is never looked at
            if release.affordable:
                self.payments.settle(dwell=closed.dwell)
                self.exhausted_until_s = None
            else:
                self.exhausted_until_s = closed.affordable_s
        return replace(release, content=content) if release.fresh else release
