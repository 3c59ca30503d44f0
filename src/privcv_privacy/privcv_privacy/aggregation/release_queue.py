# SPDX-License-Identifier: Apache-2.0
"""Release queue of one camera: closed windows are charged, noised, committed, in order of time."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.calendar import Calendar
from privcv_core.protocol import release as schema
from privcv_privacy.aggregation.footfall import FootfallPublisher, Today
from privcv_privacy.aggregation.payments import Lived, Payments
from privcv_privacy.aggregation.period_releases import PeriodReleases
from privcv_privacy.aggregation.period_sums import Drawn
from privcv_privacy.aggregation.publisher import Dropped, EstimatorState, Publisher
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.statistic_publisher import StatisticPublisher
from privcv_privacy.aggregation.zones import FLOOR, ZoneMap
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.charge import (
    ENTRIES,
    ENTRIES_HOUR,
    PRESENCE,
    PRESENCE_HOUR,
    Charge,
)
from privcv_privacy.errors import LedgerError
from privcv_privacy.noise.intervals import noise_variance
from privcv_privacy.noise.mechanisms import Noise, NoiseMaker
from privcv_privacy.settings import PrivacySettings

MAX_QUEUE = 4096
"""Closed windows that wait for a ledger that fails; the newest are lost beyond."""


Kind = Literal["zones", "dwell", "presence", "entries", "footfall", "presence_hour", "entries_hour"]


HOURS = (PRESENCE_HOUR, ENTRIES_HOUR)


@dataclass(frozen=True)
class Closed:
    """A window, a dwell period or a leaf of footfall whose contributions are complete."""

    span: Span
    counts: npt.NDArray[np.int64]  # true: (zones, bins); of a statistic one number for each report
    lived: Lived  # when the units in it were there
    affordable_s: int  # if the budget does not allow it: event time from which it is sure to, s
    kind: Kind = "zones"
    dropped: Dropped | None = None  # who reached the bound in it
    moments: int = 0  # of presence: at which people were looked for
    day_start_s: int = 0  # of footfall


@dataclass(frozen=True)
class _States:
    """What releases have left behind, for those after them."""

    estimator: EstimatorState
    today: Today | None


@dataclass(frozen=True)
class _Reports:
    """What is in a release, and the states after it."""

    after: _States
    zones: list[schema.ZoneReport] = field(default_factory=list)
    dwell: list[schema.DwellReport] = field(default_factory=list)
    statistics: list[schema.StatisticReport] = field(default_factory=list)
    drawn: Drawn | None = None  # noisy, before anything was hidden


class ReleaseQueue:
    """Takes what is closed through the ledger, once each, and keeps what it could not commit.

    ``run``: names the cohort of this process's memory, see ``Payments``. ``calendar``: of the
    hours, days and weeks that are released too; None: of none.
    """

    def __init__(
        self,
        settings: PrivacySettings,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
        calendar: Calendar | None = None,
    ) -> None:
        self.publisher = Publisher(settings, zones.names, zones.boxes_m, noise)
        self.statistics = StatisticPublisher(settings, zones, noise)
        self.footfall = FootfallPublisher(settings, noise)
        self.payments = Payments(
            settings, zones.camera, len(zones.names), self.publisher.votes, run
        )
        self.state = EstimatorState()
        self.today: Today | None = None
        self.exhausted_until_s: int | None = None
        self.withheld: Reason | None = None  # why nothing is shown now, whatever was seen
        self._settings, self._zones, self._ledger = settings, zones, ledger
        self._periods = PeriodReleases(settings, zones, ledger, calendar) if calendar else None
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
            self._flush_periods()
            while self._waiting:
                release = self._release(self._waiting[0])
                closed = self._waiting.popleft()
                if release.payload:
                    self._releases.append(release)
                if self._periods is not None:
                    self._periods.closed(closed.kind, closed.span, closed.lived.era.number)
                    self._flush_periods()
        except LedgerError as error:
            self._error = error

    def _flush_periods(self) -> None:
        if self._periods is not None:
            for release in self._periods.releases(self.state.ratio, self.withheld):
                if release.payload:
                    self._releases.append(release)

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
        span, kind = closed.span, closed.kind
        observed = span.coverage > 0 and span.coverage >= self._settings.min_coverage
        if kind in (PRESENCE, PRESENCE_HOUR):
            observed = observed and closed.moments > 0
        unshown: Reason | None = self.withheld or (None if observed else "unobserved")
        after = _States(self.state, self.today)
        content: schema.Release | None = None

        def render(sequence: int, affordable: bool) -> bytes:
            nonlocal after, content
            self._drawn = key
            if not unshown and affordable:
                reports = self._paid_for(closed)
            else:
                reports = self._suppressed(closed, unshown or "budget")
            after = reports.after
            if self._periods is not None and kind not in HOURS:
                era = closed.lived.era.number
                self._periods.note(closed.kind, span, era, reports.drawn)
            content = schema.Release(
                sequence=sequence,
                zones=reports.zones,
                dwell=reports.dwell,
                statistics=reports.statistics,
            )
            return content.canonical()

        key = f"{span.camera}|{span.start_s}|{span.length_s}|{kind}"
        if closed.lived.era.number:  # the same time of another clock: other people
            key += f"|era {closed.lived.era.number}"
        charges = self._charges(closed) if not unshown else []
        costs = {} if unshown else self._costs(closed)
        release = self._ledger.release(key, charges, render, costs)
        # Not fresh, but drawn here: it was committed, and then the ledger failed.
        if not unshown and (release.fresh or self._drawn == key):
            # Only now: a draw that was rolled back is never looked at.
            self.state, self.today = after.estimator, after.today
            if release.affordable:
                self.payments.settle(kind, span)
                self.exhausted_until_s = None
            else:
                self.exhausted_until_s = closed.affordable_s
        return replace(release, content=content) if release.fresh else release

    def _paid_for(self, closed: Closed) -> _Reports:
        """Noise is drawn here, once: for each release that the ledger pays for."""
        span, counts, before = closed.span, closed.counts, _States(self.state, self.today)
        if closed.kind == "zones":
            zones, state = self.publisher.zone_reports(span, counts, closed.dropped, self.state)
            return _Reports(
                replace(before, estimator=state), zones=zones, drawn=self._drawn_counts(state)
            )
        if closed.kind == "dwell":
            return _Reports(before, dwell=self.publisher.dwell_reports(span, counts))
        if closed.kind == "presence":
            presence, noisy = self.statistics.presence(span, counts, closed.moments)
            drawn = _drawn(noisy, self.statistics.presence_noise, closed.moments)
            return _Reports(before, statistics=presence, drawn=drawn)
        if closed.kind == "entries":
            entries, noisy = self.statistics.entries(span, counts)
            drawn = _drawn(noisy, self.statistics.entries_noise)
            return _Reports(before, statistics=entries, drawn=drawn)
        if closed.kind in HOURS:
            return _Reports(before, statistics=self._hour(closed, None))
        report, today = self.footfall.report(span, int(counts[0]), closed.day_start_s, self.today)
        return _Reports(replace(before, today=today), statistics=[report])

    def _hour(self, closed: Closed, reason: Reason | None) -> list[schema.StatisticReport]:
        """An hour of presence or entries: drawn once, unless there is a ``reason`` not to, or the
        sum of its windows, whichever is better."""
        assert self._periods is not None
        noise, drawn = self.statistics.hour_noise[closed.kind], None
        if reason is None and noise is not None:
            drawn = _drawn(noise.release(closed.counts), noise, closed.moments)
        era, epsilon = closed.lived.era.number, max(self._costs(closed).values(), default=0.0)
        return self._periods.hour(closed.kind, closed.span, era, drawn, epsilon, reason)

    def _drawn_counts(self, state: EstimatorState) -> Drawn | None:
        """Of each zone: the sum of its bins, each of which has noise of its own."""
        noise = self.publisher.counts_noise
        if noise is None or state.noisy is None:
            return None
        draws = self.publisher.draws
        return Drawn(state.noisy, draws, draws * noise_variance(noise))

    def _suppressed(self, closed: Closed, reason: Reason) -> _Reports:
        span, states = closed.span, _States(self.state, self.today)
        if closed.kind == "zones":
            return _Reports(states, zones=self.publisher.suppressed(span, reason))
        if closed.kind == "dwell":
            return _Reports(states, dwell=self.publisher.suppressed_dwell(span, reason))
        if closed.kind in HOURS:
            return _Reports(states, statistics=self._hour(closed, reason))
        if closed.kind == "footfall":
            report = self.footfall.suppressed(span, closed.day_start_s, self.today, reason)
            return _Reports(states, statistics=[report])
        return _Reports(states, statistics=self.statistics.suppressed(closed.kind, span, reason))

    def _charges(self, closed: Closed) -> list[Charge]:
        span, lived, kind = closed.span, closed.lived, closed.kind
        if kind in ("zones", "dwell"):
            return self.payments.charges(
                span,
                lived,
                dwell=kind == "dwell",
                bias=closed.dropped is not None,
                scale=self.publisher.counts_scale,
            )
        return self.payments.statistic_charges(kind, span, lived)

    def _costs(self, closed: Closed) -> dict[str, float]:
        """Epsilon by place, for display."""
        settings = self._settings
        if closed.kind == ENTRIES:
            epsilon = settings.of_windows(settings.entries_epsilon)
            return dict.fromkeys(self._zones.lines, epsilon)
        if closed.kind == ENTRIES_HOUR:
            return dict.fromkeys(self._zones.lines, settings.of_hours(settings.entries_epsilon))
        if closed.kind == "footfall":
            return {FLOOR: settings.footfall_epsilon}
        paid = {
            "zones": self.publisher.cell_epsilon,
            "dwell": self.publisher.dwell_cell_epsilon,
            PRESENCE: self.statistics.presence_epsilon(closed.span.length_s),
            PRESENCE_HOUR: settings.of_hours(settings.presence_epsilon),
        }[closed.kind]
        return dict.fromkeys(self._zones.names, paid)


def _drawn(noisy: npt.NDArray[np.int64], noise: Noise | None, moments: int = 0) -> Drawn | None:
    return None if noise is None else Drawn(noisy, 1, noise_variance(noise), moments)
