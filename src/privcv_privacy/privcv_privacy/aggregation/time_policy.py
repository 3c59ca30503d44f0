# SPDX-License-Identifier: Apache-2.0
"""Time policy of a live camera's ticks: which are counted, and when a set clock is believed.

Event time of a live camera goes on as fast as time really passes, which a clock that nobody sets
knows (the node takes CLOCK_BOOTTIME).
A tick that breaks this is refused until ``CONFIRMING_TICKS`` in a row agree with each other and
with the device's own clock; then the clock was set, and time goes on from there: a *step*. In
between nothing is counted that could be a stray. A replay has no clock, so nothing is judged there.
"""

from dataclasses import dataclass
from typing import Literal

from privcv_privacy.anonymous_tick import TICK_S

CONFIRMING_TICKS = 3
"""Ticks in a row that must agree before a step is believed."""

AGREE_S = 2.0 * TICK_S
"""So far apart may be what two ticks in a row say of one clock, s: ticks wait for frames."""

DRIFT = 1e-3
"""Seconds per second that a camera's clock may be fast, so that drift adds up to no step."""

Reason = Literal["future", "ahead", "behind", "not later"]


@dataclass(frozen=True)
class Accept:
    """The tick is the next one: count it."""


@dataclass(frozen=True)
class Refuse:
    """The tick must not be counted.

    ``future``: ahead of the device's clock. ``ahead``, ``behind``: time jumped there and that is
    not confirmed. ``not later``: it is the last one again or before it, by no more than ticks
    are late. ``off_s``: how far it is from where it was expected, s.
    """

    reason: Reason
    off_s: float


@dataclass(frozen=True)
class Step:
    """The clock was set by ``seconds``: end what is open, then count the tick as the first."""

    seconds: float


Judgement = Accept | Refuse | Step


@dataclass(frozen=True)
class _Observed:
    """A tick, and what the clocks said when it came."""

    tick: int
    at_s: float  # the clock that nobody sets, or the device's where there is none
    offset_s: float  # end of the tick less that
    lag_s: float  # the device's clock less the end of the tick
    is_timed: bool  # whether there is a clock that nobody sets


class TimePolicy:
    """Judges the ticks of one live camera, in the order in which they come.

    ``tolerance_s``: how far ahead of the device's clock, or of the time that really passed, a tick
    may be, s.
    """

    def __init__(self, tolerance_s: float) -> None:
        self._tolerance_s = tolerance_s + TICK_S
        self._last: _Observed | None = None  # the last tick that was accepted
        self._floor = 0  # no tick before this one is accepted
        self._expected_s = 0.0  # offset of a tick that is neither late nor early
        self._since_s = 0.0  # monotonic time of the last tick that was accepted
        # Ticks of a step that is not confirmed, oldest first; and while the camera is silent.
        self._tentative: list[_Observed] = []
        self._tentative_silent: list[_Observed] = []

    def judge(self, tick: int, now_s: float, monotonic_s: float | None = None) -> Judgement:
        """What to do with ``tick`` when the device's clock says ``now_s`` (s since the epoch).

        ``monotonic_s``: any clock that nobody sets, s. Without one a clock that was set ahead
        cannot be told from time that passed: only one that was set back is a step.
        """
        seen = _observed(tick, now_s, monotonic_s)
        judgement = self._judged(seen, self._tentative)
        if not isinstance(judgement, Refuse):
            self._last, self._floor = seen, tick + 1
        return judgement

    def silent(
        self, now_s: float, monotonic_s: float | None = None
    ) -> tuple[int, Judgement] | None:
        """The tick that a camera which sends nothing has reached, and what to do with it.

        Call it now and then while the camera is silent; its next tick may be that one. ``None``
        before the first tick: the camera has no time yet.
        """
        if self._last is None:
            return None
        tick = int((now_s - self._last.lag_s) // TICK_S) - 1
        seen = _observed(tick, now_s, monotonic_s)
        judgement = self._judged(seen, self._tentative_silent)
        if not isinstance(judgement, Refuse):
            self._floor = tick
        return tick, judgement

    def _judged(self, seen: _Observed, tentative: list[_Observed]) -> Judgement:
        if seen.lag_s < -self._tolerance_s:
            tentative.clear()
            return Refuse("future", -seen.lag_s)
        if self._last is None:
            self._expected_s, self._since_s = seen.offset_s, seen.at_s
            return Accept()
        off_s = seen.offset_s - self._expected_s - DRIFT * max(0.0, seen.at_s - self._since_s)
        if off_s > self._tolerance_s:
            return self._confirm(seen, "ahead", off_s, tentative)
        if seen.tick >= self._floor:
            tentative.clear()
            self._follow(seen)
            return Accept()
        behind_s = off_s if seen.is_timed else float(seen.tick - self._floor) * TICK_S
        if behind_s >= -self._tolerance_s:
            return Refuse("not later", behind_s)
        return self._confirm(seen, "behind", behind_s, tentative)

    def _confirm(
        self, seen: _Observed, reason: Reason, off_s: float, tentative: list[_Observed]
    ) -> Judgement:
        """Refuse a tick from another time, until enough of them agree."""
        if not self._agrees_with_clock(seen):
            tentative.clear()
            return Refuse(reason, off_s)
        if tentative:
            before = tentative[-1]
            if seen.tick < before.tick or abs(seen.offset_s - before.offset_s) > AGREE_S:
                tentative.clear()
            elif seen.tick == before.tick:
                return Refuse(reason, off_s)
        tentative.append(seen)
        if len(tentative) < CONFIRMING_TICKS:
            return Refuse(reason, off_s)
        self._tentative.clear()
        self._tentative_silent.clear()
        self._expected_s, self._since_s = seen.offset_s, seen.at_s
        return Step(off_s)

    def _agrees_with_clock(self, seen: _Observed) -> bool:
        """Whether the tick ends now, or as long ago as this camera's ticks always did.

        A recording that is played into a live camera a second time does neither.
        """
        assert self._last is not None
        usual = abs(seen.lag_s - self._last.lag_s) <= AGREE_S
        return usual or seen.lag_s <= self._tolerance_s

    def _follow(self, seen: _Observed) -> None:
        """Let the camera's clock drift, and no more: jumps that are each tolerated add up."""
        most_s = DRIFT * max(0.0, seen.at_s - self._since_s)
        change_s = seen.offset_s - self._expected_s
        self._expected_s += max(-most_s / 10, min(most_s, change_s))
        self._since_s = seen.at_s


def _observed(tick: int, now_s: float, monotonic_s: float | None) -> _Observed:
    end_s = (tick + 1) * TICK_S
    at_s = now_s if monotonic_s is None else monotonic_s
    return _Observed(tick, at_s, end_s - at_s, now_s - end_s, monotonic_s is not None)
