# SPDX-License-Identifier: Apache-2.0
"""Windows of one camera in event time: the open ones, and what goes to the queue at their end."""

from privcv_privacy.aggregation.contribution import Contributions
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.release_queue import Closed, Dropped, ReleaseQueue
from privcv_privacy.aggregation.windows import OpenWindow, next_length_s
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.noise.mechanisms import NoiseMaker
from privcv_privacy.settings import PrivacySettings

MAX_CATCH_UP = 2016
"""Windows released one by one after a silence: a week of 5 min."""


class CameraWindows:
    """Windows and dwell periods of one camera, in event time.

    Parameters as of ``Aggregator``; ``run``: see ``ReleaseQueue``.
    """

    def __init__(
        self,
        settings: PrivacySettings,
        zones: ZoneMap,
        ledger: LedgerProtocol,
        noise: NoiseMaker,
        run: str,
    ) -> None:
        self.queue = ReleaseQueue(settings, zones, ledger, noise, run)
        self.last_tick: int | None = None
        self._settings, self._zones = settings, zones
        self._contributions = Contributions(settings, len(zones.names))
        # Who pays when: a visit may have paid before this run, the weaker units live in a window.
        self._lifetime_s = settings.identity_lifetime_s if settings.unit == "visit" else 0
        self._first_s: int | None = None  # start of the first tick of this run
        self._born_s = 0  # no identity that counts is older
        self._window: OpenWindow | None = None
        self._period: OpenWindow | None = None
        self._bias_since_s: int | None = None

    @property
    def overlong(self) -> int:
        """Sightings of identities that were older than any may be."""
        return self._contributions.overlong

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
            before = self._contributions.zones_before(tick.ids)
            zones = self._zones.locate(tick.cell_xy, before)
            self._contributions.add(tick.tick, tick.ids, zones, tick.direction)
        return self.queue.deliver()

    def advance(self, tick: int) -> list[Release]:
        """Close every window and period that ends at or before the start of ``tick``."""
        self._move_to(tick * TICK_S)
        return self.queue.deliver()

    def finish(self) -> list[Release]:
        """Close the open window and period before their end."""
        if self._window is not None:
            period = self._period
            self._close(self._window)
            if period is not None and period is self._period:
                self._close_period(period)
        self._window = self._period = None
        return self.queue.deliver()

    def renew(self, tick: int) -> None:
        """No identity from before the start of ``tick`` counts from now on."""
        self._contributions.retire()
        self.queue.payments.renew()
        self._born_s = tick * TICK_S
        self._bias_since_s = None
        for window in (self._window, self._period):
            if window is not None:
                window.observed_s = 0.0

    def _opened(self, now_s: int) -> tuple[OpenWindow, OpenWindow]:
        """The window and the period that hold ``now_s``, opened if none is."""
        if self._first_s is None:
            self._first_s = now_s
        if self._period is None:
            length_s = self._settings.dwell_period_s
            self._period = OpenWindow(now_s // length_s * length_s, length_s)
        if self._window is None:
            step_s = 60 if self._settings.adaptive else self._settings.window_s
            self._window = self._next_window(now_s // step_s * step_s)
        return self._window, self._period

    def _next_window(self, start_s: int) -> OpenWindow:
        scale = self.queue.publisher.counts_noise.scale
        return OpenWindow(
            start_s, next_length_s(self._settings, scale, start_s, self.queue.state.rates)
        )

    def _move_to(self, now_s: int) -> None:
        closed = 0
        while self._window is not None and now_s >= self._window.end_s:
            if closed == MAX_CATCH_UP:
                self._contributions.close_window()
                self._contributions.close_dwell()
                self._contributions.close_bias()
                self._window = self._period = None
                return
            end_s = self._window.end_s
            self._close(self._window)
            self.queue.flush()  # the next length depends on what was released
            self._window = self._next_window(end_s)
            closed += 1

    def _close(self, window: OpenWindow) -> None:
        span = Span(self._zones.camera, window.start_s, window.length_s, window.coverage)
        counts = self._contributions.close_window()
        born_s = self._earliest_birth_s(window.start_s)
        dropped = self._dropped(window)
        self.queue.put(Closed(span, counts, born_s, self._affordable_s(span), dropped=dropped))
        self._contributions.forget(window.end_s // TICK_S)
        if self._period is not None and window.end_s >= self._period.end_s:
            self._close_period(self._period)
            length_s = self._settings.dwell_period_s
            self._period = OpenWindow(window.end_s // length_s * length_s, length_s)

    def _close_period(self, period: OpenWindow) -> None:
        first_s = max(period.start_s, self._first_s or 0)
        visit = self._settings.unit == "visit"
        born_s = self._earliest_birth_s(first_s if visit else period.start_s)
        span = Span(self._zones.camera, period.start_s, period.length_s, period.coverage)
        counts = self._contributions.close_dwell()
        if self.queue.publisher.dwell_noise is not None:
            self.queue.put(Closed(span, counts, born_s, self._affordable_s(span), dwell=True))

    def _earliest_birth_s(self, since_s: int) -> int:
        """Before this no unit existed that was there at ``since_s`` or later."""
        if self._settings.unit != "visit":
            return since_s
        return max(since_s - self._settings.identity_lifetime_s, self._born_s)

    def _affordable_s(self, span: Span) -> int:
        """Event time from which nothing paid before this run holds a window back any more, s."""
        return max((self._first_s or 0) + self._lifetime_s, span.end_s)

    def _dropped(self, window: OpenWindow) -> Dropped | None:
        """What the bound dropped since the last count, if it is time to count it.

        A visit pays for being counted once in its life. What visits of an earlier run may have
        paid is unknown, so the first lifetime of a run is not counted.
        """
        if self.queue.publisher.bias_noise is None:
            return None
        if self._bias_since_s is None:
            self._bias_since_s = self._born_s or (self._first_s or 0) + self._lifetime_s
        if window.start_s < self._bias_since_s:
            self._contributions.close_bias()
            return None
        if window.end_s - self._bias_since_s < self._settings.bias_period_s:
            return None
        since_s, self._bias_since_s = self._bias_since_s, window.end_s
        return Dropped(self._contributions.close_bias(), self._earliest_birth_s(since_s))
