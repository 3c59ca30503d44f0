# SPDX-License-Identifier: Apache-2.0
"""The open window of one camera, and what happens when it closes."""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from privcv_core.protocol import release as schema
from privcv_privacy.aggregation.contribution import Contributions
from privcv_privacy.aggregation.payments import Payments
from privcv_privacy.aggregation.publisher import Knowledge, Publisher
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.windows import OpenWindow, next_length_s
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.errors import LedgerError
from privcv_privacy.noise.mechanisms import NoiseMaker
from privcv_privacy.settings import PrivacySettings

MAX_QUEUE = 4096  # closed windows that wait for a ledger that fails; the newest are lost beyond
MAX_CATCH_UP = 2016  # windows released one by one after a silence: a week of 5 min


@dataclass(frozen=True)
class Dropped:
    """Cells beyond the bound since they were last counted; no unit among them existed before."""

    cells: int
    born_s: int


@dataclass(frozen=True)
class Closed:
    """A window or period whose contributions are complete."""

    span: Span
    counts: npt.NDArray[np.int64]  # (zones, bins)
    born_s: int  # no unit in it existed before
    dwell: bool = False
    dropped: Dropped | None = None  # when it is time to count them


class CameraWindows:
    """Windows and dwell periods of one camera, in event time."""

    def __init__(
        self,
        settings: PrivacySettings,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
    ) -> None:
        self.settings, self.zones, self.ledger = settings, zones, ledger
        self.publisher = Publisher(settings, zones.names, zones.boxes_m, noise)
        self.contributions = Contributions(settings, len(zones.names))
        self.knowledge = Knowledge()
        self.queue: deque[Closed] = deque()
        self.last_tick: int | None = None
        self.exhausted_until_s: int | None = None
        self.lost = 0  # windows that a failing ledger made overflow the queue
        self.skipped = 0  # times that a silence was too long to release its windows
        self.payments = Payments(
            settings, zones.camera, len(zones.names), self.publisher.votes, run
        )
        self._first_s: int | None = None  # start of the first tick of this run
        self._born_s = 0  # no identity that counts is older
        self._made: list[Release] = []
        self._error: LedgerError | None = None
        self._drawn = ""  # key of the release that noise was last drawn for
        self._window: OpenWindow | None = None
        self._period: OpenWindow | None = None
        self._bias_since_s: int | None = None

    @property
    def overlong(self) -> int:
        """Sightings of identities that were older than any may be."""
        return self.contributions.overlong

    @property
    def open_since_s(self) -> int:
        """Start of the window that is open; 0 before the first tick."""
        return self._window.start_s if self._window else 0

    def on_tick(self, tick: AnonymousTick) -> list[Release]:
        """Count one tick that is later than all before."""
        start_s = tick.tick * TICK_S
        self._move_to(start_s)
        window, period = self._opened(start_s)
        self.last_tick = tick.tick
        if start_s >= self._born_s:
            window.observed_s += TICK_S * tick.observed_percent / 100
            period.observed_s += TICK_S * tick.observed_percent / 100
            before = self.contributions.zones_before(tick.ids)
            zones = self.zones.locate(tick.cell_xy, before)
            self.contributions.add(tick.tick, tick.ids, zones, tick.direction)
        return self.deliver()

    def advance(self, tick: int) -> list[Release]:
        """Close every window and period that ends at or before the start of ``tick``."""
        self._move_to(tick * TICK_S)
        return self.deliver()

    def finish(self) -> list[Release]:
        """Close the open window and period before their end."""
        if self._window is not None:
            period = self._period
            self._close(self._window)
            if period is not None and period is self._period:
                self._close_period(period)
        self._window = self._period = None
        return self.deliver()

    def renew(self, tick: int) -> None:
        """No identity from before the start of ``tick`` counts from now on."""
        self.contributions.retire()
        self.payments.renew()
        self._born_s = tick * TICK_S
        self._bias_since_s = None
        for window in (self._window, self._period):
            if window is not None:
                window.observed_s = 0.0

    def deliver(self) -> list[Release]:
        """Release what is closed, oldest first; raises ``LedgerError`` and keeps what is left."""
        if self._error is None:
            self._flush()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        made, self._made = self._made, []
        return made

    def _opened(self, now_s: int) -> tuple[OpenWindow, OpenWindow]:
        """The window and the period that hold ``now_s``, opened if none is."""
        if self._first_s is None:
            self._first_s = now_s
        if self._period is None:
            length_s = self.settings.dwell_period_s
            self._period = OpenWindow(now_s // length_s * length_s, length_s)
        if self._window is None:
            step_s = 60 if self.settings.adaptive else self.settings.window_s
            self._window = self._next_window(now_s // step_s * step_s)
        return self._window, self._period

    def _next_window(self, start_s: int) -> OpenWindow:
        scale = self.publisher.counts_noise.scale
        return OpenWindow(
            start_s, next_length_s(self.settings, scale, start_s, self.knowledge.rates)
        )

    def _move_to(self, now_s: int) -> None:
        closed = 0
        while self._window is not None and now_s >= self._window.end_s:
            if closed == MAX_CATCH_UP:
                self.skipped += 1
                self.contributions.close_window()
                self.contributions.close_dwell()
                self.contributions.close_bias()
                self._window = self._period = None
                return
            end_s = self._window.end_s
            self._close(self._window)
            self._flush()  # the next length depends on what was released
            self._window = self._next_window(end_s)
            closed += 1

    def _close(self, window: OpenWindow) -> None:
        span = Span(self.zones.camera, window.start_s, window.length_s, window.coverage)
        counts = self.contributions.close_window()
        born_s = self._earliest_birth_s(window.start_s)
        self._put(Closed(span, counts, born_s, dropped=self._dropped(window)))
        self.contributions.forget(window.end_s // TICK_S)
        if self._period is not None and window.end_s >= self._period.end_s:
            self._close_period(self._period)
            length_s = self.settings.dwell_period_s
            self._period = OpenWindow(window.end_s // length_s * length_s, length_s)

    def _close_period(self, period: OpenWindow) -> None:
        first_s = max(period.start_s, self._first_s or 0)
        visit = self.settings.unit == "visit"
        born_s = self._earliest_birth_s(first_s if visit else period.start_s)
        span = Span(self.zones.camera, period.start_s, period.length_s, period.coverage)
        counts = self.contributions.close_dwell()
        if self.publisher.dwell_noise is not None:
            self._put(Closed(span, counts, born_s, dwell=True))

    def _earliest_birth_s(self, since_s: int) -> int:
        """Before this no unit existed that was there at ``since_s`` or later."""
        if self.settings.unit != "visit":
            return since_s
        return max(since_s - self.settings.identity_lifetime_s, self._born_s)

    def _dropped(self, window: OpenWindow) -> Dropped | None:
        """What the bound dropped since the last count, if it is time to count it.

        A visit pays for being counted once in its life. What visits of an earlier run may have
        paid is unknown, so the first lifetime of a run is not counted.
        """
        if self.publisher.bias_noise is None:
            return None
        if self._bias_since_s is None:
            wait_s = self.settings.identity_lifetime_s if self.settings.unit == "visit" else 0
            self._bias_since_s = self._born_s or (self._first_s or 0) + wait_s
        if window.start_s < self._bias_since_s:
            self.contributions.close_bias()
            return None
        if window.end_s - self._bias_since_s < self.settings.bias_period_s:
            return None
        since_s, self._bias_since_s = self._bias_since_s, window.end_s
        return Dropped(self.contributions.close_bias(), self._earliest_birth_s(since_s))

    def _put(self, closed: Closed) -> None:
        if len(self.queue) < MAX_QUEUE:
            self.queue.append(closed)
        else:
            self.lost += 1

    def _flush(self) -> None:
        if self._error is not None:
            return
        try:
            while self.queue:
                release = self._release(self.queue[0])
                self.queue.popleft()
                if release.payload:
                    self._made.append(release)
        except LedgerError as error:
            self._error = error

    def _release(self, closed: Closed) -> Release:
        span = closed.span
        observed = span.coverage > 0 and span.coverage >= self.settings.min_coverage
        after = self.knowledge
        content: schema.Release | None = None
        dropped = closed.dropped.cells if closed.dropped else None

        def render(sequence: int, affordable: bool) -> bytes:
            nonlocal after, content
            self._drawn = key
            reason: Reason = "budget" if observed else "unobserved"
            publisher = self.publisher
            zones: list[schema.ZoneReport] = []
            dwell: list[schema.DwellReport] = []
            if closed.dwell:
                if observed and affordable:
                    dwell = publisher.dwell_reports(span, closed.counts)
                else:
                    dwell = publisher.suppressed_dwell(span, reason)
            elif observed and affordable:
                zones, after = publisher.zone_reports(span, closed.counts, dropped, self.knowledge)
            else:
                zones = publisher.suppressed(span, reason)
            content = schema.Release(sequence=sequence, zones=zones, dwell=dwell)
            return content.canonical()

        kind = "dwell" if closed.dwell else "zones"
        key = f"{span.camera}|{span.start_s}|{span.length_s}|{kind}"
        charges = (
            self.payments.charges(
                span,
                closed.born_s,
                dwell=closed.dwell,
                bias_born_s=closed.dropped.born_s if closed.dropped else None,
            )
            if observed
            else []
        )
        paid = self.publisher.dwell_cell_epsilon if closed.dwell else self.publisher.cell_epsilon
        costs = dict.fromkeys(self.zones.names, paid) if observed else {}
        release = self.ledger.release(key, charges, render, costs)
        # Not fresh, but drawn here: it was committed, and then the ledger failed.
        if observed and (release.fresh or self._drawn == key):
            self.knowledge = after  # only now: a draw that was rolled back is never looked at
            if release.affordable:
                self.payments.settle(dwell=closed.dwell)
                self.exhausted_until_s = None
            else:
                wait_s = self.settings.identity_lifetime_s if self.settings.unit == "visit" else 0
                self.exhausted_until_s = max((self._first_s or 0) + wait_s, span.end_s)
        return replace(release, content=content) if release.fresh else release
