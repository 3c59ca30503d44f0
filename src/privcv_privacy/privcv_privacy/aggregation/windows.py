# SPDX-License-Identifier: Apache-2.0
"""Windows in event time: the open one, and how long the next one is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.calendar import ALWAYS_UTC, Calendar
from privcv_privacy.budget.charge import Interval
from privcv_privacy.budget.device_time import FIRST_ERA, Era
from privcv_privacy.settings import ADAPTIVE_WINDOWS_S, PrivacySettings

ERROR_PER_SCALE = 2.0  # mean error of an estimate from one histogram, in scales of its noise
MEMORY_S = 3600.0  # time over which released rates are averaged


@dataclass(frozen=True)
class Rates:
    """People per second in each zone, averaged over what was released."""

    per_s: npt.NDArray[np.float64]  # (zones,)


def averaged(before: Rates | None, totals: npt.NDArray[np.float64], length_s: int) -> Rates:
    """Moving average of rates after a window of ``length_s``, s.

    ``totals`` (zones,): people estimated from released values.
    """
    now = totals / length_s
    if before is None:
        return Rates(now)
    weight = 1 - np.exp(-length_s / MEMORY_S)
    return Rates(before.per_s + weight * (now - before.per_s))


def first_start_s(settings: PrivacySettings, at_s: int, calendar: Calendar) -> int:
    """When the window began that holds ``at_s``, s since the Unix epoch, the first of a run."""
    period_s = at_s - at_s % settings.dwell_period_s
    return max(calendar.window_start_s(at_s, settings.window_step_s), period_s)


def next_length_s(
    settings: PrivacySettings,
    scale: float,
    start_s: int,
    rates: Rates | None,
    calendar: Calendar = ALWAYS_UTC,
) -> int:
    """Length of the window that starts at ``start_s`` (s since the Unix epoch), s.

    ``scale``: of the noise on counts; ``rates``: of what was released, None: nothing yet;
    ``calendar``: of the place. A window ends where its length does on the clock on the wall, so it
    may be shorter where one begins in between; see ``Calendar.window_end_s``.

    Adaptive: the shortest whose relative error is expected to reach the target, on average over
    the zones in which somebody is expected within the longest window. Chosen from released values
    only, so the choice is free; no window crosses the end of a dwell period.
    """
    left_s = settings.dwell_period_s - start_s % settings.dwell_period_s

    def cut(length_s: int) -> int:
        return min(calendar.window_end_s(start_s, length_s) - start_s, left_s)

    if not settings.adaptive:
        return cut(settings.window_s)
    longest_s = cut(ADAPTIVE_WINDOWS_S[-1])
    if rates is None:
        return longest_s
    used = rates.per_s[rates.per_s * ADAPTIVE_WINDOWS_S[-1] >= 1]
    for length in map(cut, ADAPTIVE_WINDOWS_S):
        if used.size:
            error = np.minimum(ERROR_PER_SCALE * scale / (used * length), 1.0)
            if error.mean() <= settings.target_error:
                return length
    return longest_s


@dataclass
class OpenWindow:
    """The window or period that is being filled."""

    start_s: int
    length_s: int
    era: Era = FIRST_ERA  # in which it was opened
    observed_s: float = 0.0
    moments: int = 0  # between two ticks of it in a row in both of which the camera looked

    @property
    def end_s(self) -> int:
        """Event time at which it closes."""
        return self.start_s + self.length_s

    @property
    def time(self) -> Interval:
        """When it is in ledger time; nothing of it was before its era."""
        return self.era.ns(self.start_s), self.era.ns(self.end_s)

    @property
    def coverage(self) -> float:
        """Share of it that was observed, 0..1."""
        return min(self.observed_s / self.length_s, 1.0)
