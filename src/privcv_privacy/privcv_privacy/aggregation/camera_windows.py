# SPDX-License-Identifier: Apache-2.0
"""Windows of one camera in event time: the open ones, and what goes to the queue at their end."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from privcv_core.event_time.calendar import ALWAYS_UTC, Calendar
from privcv_core.protocol.timestamps import NS_PER_S
from privcv_privacy.aggregation.bounded_sums import BoundedSums
from privcv_privacy.aggregation.contribution import Contributions
from privcv_privacy.aggregation.footfall import leaf_end_s
from privcv_privacy.aggregation.hour_sums import HourSums
from privcv_privacy.aggregation.payments import Lived
from privcv_privacy.aggregation.publisher import dropped_in
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.release_queue import Closed, ReleaseQueue
from privcv_privacy.aggregation.windows import OpenWindow, first_start_s, next_length_s
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import MAX_PEOPLE, TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import LedgerProtocol, Release
from privcv_privacy.budget.charge import Interval
from privcv_privacy.budget.device_time import DeviceTime
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
        time: DeviceTime,
        calendar: Calendar | None = None,
    ) -> None:
        self.queue = ReleaseQueue(settings, zones, ledger, noise, run, calendar)
        self.last_tick: int | None = None
        self._settings, self._zones = settings, zones
        self._contributions = Contributions(settings, len(zones.names))
        self._sums = BoundedSums(settings, len(zones.names), len(zones.lines))
        self._time, self._calendar = time, calendar or ALWAYS_UTC
        self._hours = HourSums(settings, calendar) if calendar and settings.hour_share else None
        self._first_ns: int | None = None  # start of the first tick of this run, ledger time
        self._born_ns = 0  # no identity that counts is older
        self._window: OpenWindow | None = None
        self._period: OpenWindow | None = None
        self._leaf: OpenWindow | None = None  # of footfall
        self._looked = False  # in the last tick
        self._closed = 0  # windows in which an identity that counts may have been
        self._past: list[Interval] = []  # windows of which dwell is still to be released
        self._generation: int | None = None  # of the last tick\'s identities

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
        self._time.resume(start_s)
        self._move_to(start_s)
        replaced = self._generation not in (None, tick.generation)
        self._generation = tick.generation
        if replaced and self._settings.unit != "visit":
            self.renew(tick.tick)  # or one person would be two in the window that is open
        elif replaced:
            self._contributions.end_all()
        in_a_row = tick.tick - 1 == self.last_tick
        opened = self._opened(start_s)
        self.last_tick = tick.tick
        looks = tick.observed_percent > 0
        if self._time.now_ns(start_s) >= self._born_ns:
            for one in opened:
                one.observed_s += TICK_S * tick.observed_percent / 100
            follows = in_a_row and self._looked and looks and start_s > opened[0].start_s
            opened[0].moments += follows
            self._count(tick, follows=follows)
        self._looked = looks
        if in_a_row and len(tick.ids) < MAX_PEOPLE:
            self._contributions.miss(tick.ids)
        self._time.note(start_s + TICK_S)
        return self.queue.deliver()

    def _count(self, tick: AnonymousTick, *, follows: bool) -> None:
        zones, last = self._zones.visited(tick)
        number = self._steady_tick(tick.tick * TICK_S)
        self._contributions.add(number, tick.ids, zones, last, tick.direction)
        visits = self._contributions.visits
        self._sums.add(number, visits, tick.ids, zones, last, tick.crossed, follows=follows)

    def advance(self, tick: int) -> list[Release]:
        """Close every window and period that ends at or before the start of ``tick``."""
        self._move_to(tick * TICK_S)
        if self._first_ns is not None:
            self._time.note(tick * TICK_S)
        return self.queue.deliver()

    def finish(self) -> list[Release]:
        """Close the open window and period before their end."""
        self._close_early()
        return self.queue.deliver()

    def step(self, tick: int) -> list[Release]:
        """The device's clock was set, and the next tick is ``tick``, earlier or later than due.

        What is open is closed as it is: its coverage tells. Nobody pays twice: see ``DeviceTime``.
        """
        self._close_early(self._time.moment.ledger_ns if self._time.moment else None)
        self._forget_hour()
        self._time.step(tick * TICK_S)
        self.last_tick = None
        self._opened(tick * TICK_S)  # also where the camera is silent
        return self.queue.deliver()

    def renew(self, tick: int) -> None:
        """No identity from before the start of ``tick`` counts from now on."""
        self._contributions.retire()
        self._sums.retire()
        self._forget_hour()
        self.queue.payments.renew()
        self._time.resume(tick * TICK_S)
        self._born_ns = self._time.now_ns(tick * TICK_S)
        self._closed = 0
        for window in (self._window, self._period, self._leaf):
            if window is not None:
                window.observed_s, window.moments = 0.0, 0

    def _steady_tick(self, event_s: int) -> int:
        """Ticks of ledger time: how long identities live does not depend on the clock."""
        return self._time.now_ns(event_s) // (TICK_S * NS_PER_S)

    def _opened(self, now_s: int) -> tuple[OpenWindow, OpenWindow, OpenWindow]:
        """The window, the period and the leaf that hold ``now_s``, opened if none is."""
        if self._first_ns is None:
            self._first_ns = self._time.now_ns(now_s)
        if self._period is None:
            self._period = self._next_period(now_s)
        if self._window is None:
            start_s = first_start_s(self._settings, now_s, self._calendar)
            self._window = self._next_window(start_s)
        if self._leaf is None:
            self._leaf = self._next_leaf(self._window.start_s)
        return self._window, self._period, self._leaf

    def _next_leaf(self, start_s: int) -> OpenWindow:
        day_start_s = self._calendar.period("day", start_s).start_s
        length_s = leaf_end_s(day_start_s, start_s) - start_s
        return OpenWindow(start_s, length_s, self._time.current)

    def _next_period(self, now_s: int) -> OpenWindow:
        length_s = self._settings.dwell_period_s
        return OpenWindow(now_s // length_s * length_s, length_s, self._time.current)

    def _next_window(self, start_s: int) -> OpenWindow:
        scale = self.queue.publisher.counts_scale
        rates = self.queue.state.rates
        length_s = next_length_s(self._settings, scale, start_s, rates, self._calendar)
        return OpenWindow(start_s, length_s, self._time.current)

    def _move_to(self, now_s: int) -> None:
        closed = 0
        while self._window is not None and now_s >= self._window.end_s:
            if closed == MAX_CATCH_UP:
                self._contributions.close_window()
                self._contributions.close_dwell()
                self._contributions.close_beyond()
                self._sums.close_window(self._contributions.visits)
                self._sums.close_begun()
                self._forget_hour()
                self._window = self._period = self._leaf = None
                return
            end_s = self._window.end_s
            self._close(self._window)
            self.queue.flush()  # the next length depends on what was released
            self._window = self._next_window(end_s)
            closed += 1

    def _close_early(self, until_ns: int | None = None) -> None:
        """Close what is open before its end; ``until_ns``: ledger time after which nothing is in
        it, None: its end."""
        if self._window is not None:
            period = self._period
            self._close(self._window, until_ns)
            if period is not None and period is self._period:
                self._close_period(period, until_ns)
            if self._leaf is not None and self._leaf.start_s < self._window.end_s:
                self._close_leaf(self._leaf, self._window.end_s, until_ns)
        self._window = self._period = self._leaf = None

    def _close(self, window: OpenWindow, until_ns: int | None = None) -> None:
        span = Span(self._zones.camera, window.start_s, window.length_s, window.coverage)
        counts = self._contributions.close_window()
        lived = self._lived(window, window.time[0], until_ns)
        if self._settings.unit != "visit":
            self._past.append((lived.from_ns, lived.until_ns))
        beyond = self._contributions.close_beyond()
        dropped = dropped_in(self._settings, len(self._zones.names), self._closed, beyond)
        self._closed += 1
        if self.queue.publisher.counts_noise is not None:
            self.queue.put(Closed(span, counts, lived, self._affordable_s(span), dropped=dropped))
        self._close_sums(window, span, lived)
        if self._leaf is not None and window.end_s >= self._leaf.end_s:
            self._close_leaf(self._leaf, window.end_s, until_ns)
            self._leaf = self._next_leaf(window.end_s)
        self._contributions.forget(window.time[1] // (TICK_S * NS_PER_S))
        if self._period is not None and window.end_s >= self._period.end_s:
            self._close_period(self._period)
            self._period = self._next_period(window.end_s)

    def _close_sums(self, window: OpenWindow, span: Span, lived: Lived) -> None:
        presence, crossings = self._sums.close_window(self._contributions.visits)
        affordable_s, statistics = self._affordable_s(span), self.queue.statistics
        if statistics.presence_noise is not None:
            moments = window.moments
            self.queue.put(Closed(span, presence, lived, affordable_s, "presence", None, moments))
        if statistics.entries_noise is not None:
            self.queue.put(Closed(span, crossings, lived, affordable_s, "entries"))
        if self._hours is not None:
            sums = presence, crossings
            for hour in self._hours.add(span, sums, window.moments, lived, affordable_s):
                self.queue.put(hour)

    def _forget_hour(self) -> None:
        if self._hours is not None:
            self._hours.forget()

    def _close_leaf(self, leaf: OpenWindow, end_s: int, until_ns: int | None) -> None:
        """Close a leaf of footfall with the window that ends at ``end_s``."""
        begun = np.array([self._sums.close_begun()], dtype=np.int64)
        if self.queue.footfall.noise is None:
            return
        whole = replace(leaf, length_s=end_s - leaf.start_s)
        span = Span(self._zones.camera, whole.start_s, whole.length_s, whole.coverage)
        lived = self._lived(whole, whole.time[0], until_ns)
        day_start_s = self._calendar.period("day", leaf.start_s).start_s
        affordable_s = self._affordable_s(span)
        closed = Closed(span, begun, lived, affordable_s, "footfall", day_start_s=day_start_s)
        self.queue.put(closed)

    def _close_period(self, period: OpenWindow, until_ns: int | None = None) -> None:
        lived = self._lived(period, period.time[0], until_ns, self._past)
        span = Span(self._zones.camera, period.start_s, period.length_s, period.coverage)
        counts = self._contributions.close_dwell()
        if self.queue.publisher.dwell_noise is not None:
            affordable_s = self._affordable_s(span)
            self.queue.put(Closed(span, counts, lived, affordable_s, "dwell"))
        self._past = [window for window in self._past if window[1] > period.time[1]]

    def _lived(
        self,
        window: OpenWindow,
        from_ns: int,
        until_ns: int | None = None,
        windows: Sequence[Interval] = (),
    ) -> Lived:
        """When the units were there that pay for what ends with ``window``.

        A visit contributes what this run saw of it; a person in a window is there in all of it.
        """
        until_ns = window.time[1] if until_ns is None else min(window.time[1], until_ns)
        if self._settings.unit == "visit":
            from_ns = max(from_ns, self._first_ns or 0, self._born_ns)
        return Lived(
            from_ns,
            max(until_ns, from_ns + 1),
            self._born_ns,
            window.era,
            self._time.slack_ns,
            tuple(one for one in windows if one[0] < until_ns and one[1] > from_ns),
        )

    def _affordable_s(self, span: Span) -> int:
        """Event time from which nothing paid before this run holds a window back any more, s."""
        # Who pays when: a visit may have paid before this run, the weaker units live in a window.
        lifetime_s = self._settings.identity_lifetime_s if self._settings.unit == "visit" else 0
        first_ns = self._time.current.event_ns(self._first_ns or 0)
        return max(first_ns // NS_PER_S + lifetime_s, span.end_s)
