# SPDX-License-Identifier: Apache-2.0
"""Reports of hours, days and weeks, from sums of what windows drew: free post-processing.

Let n windows of a period each have drawn noise of variance v on a value. Their sum has noise of
variance n v, and no bias: nothing was hidden from it, cut at 0, or smoothed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.calendar import Calendar
from privcv_core.protocol.release import StatisticReport
from privcv_privacy.aggregation.period_sums import PeriodSum
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.statistic_publisher import (
    SAMPLING_SHARE,
    needed_to_show,
    places_of_presence,
    statistic_report,
    ways_of,
)
from privcv_privacy.aggregation.zones import FLOOR, ZoneMap
from privcv_privacy.noise.drop_ratio import NOTHING_DROPPED, Ratio
from privcv_privacy.noise.intervals import interval, variance_reach
from privcv_privacy.settings import PrivacySettings

Value = tuple[int, int, int]
"""A value, and the bounds of its interval."""


class PeriodReports:
    """The reports of one camera's periods."""

    def __init__(self, settings: PrivacySettings, zones: ZoneMap, calendar: Calendar) -> None:
        self.settings, self.zones, self.calendar = settings, zones, calendar

    def span(self, period: PeriodSum) -> Span:
        """When it was, and the share of the time that the place was open that it tells of."""
        open_s = self.calendar.open_s(period.start_s, period.end_s)
        coverage = min(period.observed_s / open_s, 1.0) if open_s else 0.0
        return Span(self.zones.camera, period.start_s, period.end_s - period.start_s, coverage)

    def of(
        self,
        period: PeriodSum,
        ratio: Ratio = NOTHING_DROPPED,
        withheld: Reason | None = None,
        epsilon: float = 0.0,
    ) -> list[StatisticReport]:
        """Every place's report, also where it says why there is no value.

        ``ratio``: what was dropped by the contribution bound, per cell that counted; ``withheld``:
        why nothing is shown, whatever was seen; ``epsilon``: that was paid for it alone.
        """
        span = self.span(period)
        observed = span.coverage > 0 and span.coverage >= self.settings.min_coverage
        reason: Reason = withheld or ("below_k" if observed else "unobserved")
        places = self._places(period)
        if reason != "below_k":
            values: Sequence[Value | None] = [None] * len(places)
        elif period.kind == "zones":
            values = self._people_windows(period, ratio)
        elif period.kind == "presence":
            values = self._presence(period)
        else:
            values = self._crossings(period)
        return [
            statistic_report(
                self.settings,
                span,
                (statistic, place, period.unit),
                0.0 if place == FLOOR else epsilon,
                value,
                area_m2,
                reason,
            )
            for (statistic, place, area_m2), value in zip(places, values, strict=True)
        ]

    def _places(self, period: PeriodSum) -> list[tuple[str, str, float]]:
        """Statistic, place and area, m2, of each report."""
        if period.kind == "zones":
            return [("people_windows", place, 0.0) for place in (FLOOR, *period.places)]
        if period.kind == "presence":
            return places_of_presence(self.zones)
        return [(way, line, 0.0) for way, line in ways_of(self.zones)]

    def _people_windows(self, period: PeriodSum, ratio: Ratio) -> list[Value | None]:
        """Of the floor, the sum of the zones that are shown, and of each zone."""
        totals = np.array(period.values, dtype=float)
        zones = self._counted(totals, np.full(len(totals), period.variance), ratio)
        shown = [value is not None for value in zones]
        if not any(shown):
            return [None, *zones]
        visible = np.array([totals[shown].sum()])
        return [*self._counted(visible, np.array([period.variance * sum(shown)]), ratio), *zones]

    def _counted(
        self, totals: npt.NDArray[np.float64], variance: npt.NDArray[np.float64], ratio: Ratio
    ) -> list[Value | None]:
        values = np.rint(np.maximum(totals, 0) * (1 + ratio.median)).astype(np.int64)
        low, high = interval(np.maximum(totals, 0), variance, self.settings.confidence, ratio)
        low, high = np.minimum(low, values), np.maximum(high, values)
        rows = zip(values.tolist(), low.tolist(), high.tolist(), strict=True)
        return [row if row[0] >= needed_to_show(self.settings) else None for row in rows]

    def _presence(self, period: PeriodSum) -> list[Value | None]:
        """Of the floor and of each zone: thousandths of a person, on average over the moments at
        which people were looked for."""
        if period.moments == 0:
            return [None] * (1 + len(period.values))
        sums = [(sum(period.values), len(period.values)), *((one, 1) for one in period.values)]
        values: list[Value | None] = []
        for total, zones in sums:
            more = SAMPLING_SHARE * max(total, 0)
            reach = self._reach(period, zones, more)
            low, value, high = (
                max(round(1000 * one / period.moments), 0)
                for one in (total - reach, total, total + reach)
            )
            values.append((value, low, high))
        return values

    def _crossings(self, period: PeriodSum) -> list[Value | None]:
        # A whole number holds half of one more at both ends; that of one draw is exact.
        reach = round(self._reach(period) - 0.5 * (period.draws > 1))
        needed = needed_to_show(self.settings)
        return [
            (one, max(one - reach, 0), one + reach) if one >= needed else None
            for one in (max(value, 0) for value in period.values)
        ]

    def _reach(self, period: PeriodSum, times: int = 1, more: float = 0.0) -> float:
        return variance_reach(
            times * period.draws, times * period.variance, self.settings.confidence, more
        )
