# SPDX-License-Identifier: Apache-2.0
"""From bounded sums to reports of statistics: noise first, then only what is free."""

import numpy as np
import numpy.typing as npt

from privcv_core.protocol.release import StatisticReport
from privcv_privacy.aggregation.bounded_sums import moments_of
from privcv_privacy.aggregation.payments import most_moments
from privcv_privacy.aggregation.release_content import Reason, Span, start_of
from privcv_privacy.aggregation.zones import FLOOR, ZoneMap
from privcv_privacy.budget.charge import ENTRIES_HOUR, PRESENCE_HOUR
from privcv_privacy.noise.intervals import laplace_reach, sum_reach
from privcv_privacy.noise.mechanisms import Noise, NoiseMaker
from privcv_privacy.settings import PrivacySettings

Counts = npt.NDArray[np.int64]

SAMPLING_SHARE = 0.25
"""Variance of the moments at which people are seen, share of their number: of a stay of five
seconds and more at most a quarter of a moment squared, on average a sixth."""


class StatisticPublisher:
    """Draws the noise of one camera's sums and turns it into reports of windows."""

    def __init__(self, settings: PrivacySettings, zones: ZoneMap, noise: NoiseMaker) -> None:
        self.settings, self.zones = settings, zones
        self.moments = moments_of(settings)
        # What an event leaves within the bound another may take: less of one and more of the other.
        times = 2 if settings.unit == "event" else 1
        moments, crossings = times * self.moments, times * settings.max_crossings
        presence = settings.presence_epsilon
        entries = settings.entries_epsilon if zones.lines else 0.0
        self.presence_noise = _maybe(noise, settings.of_windows(presence), moments)
        self.entries_noise = _maybe(noise, settings.of_windows(entries), crossings)
        self.hour_noise = {
            PRESENCE_HOUR: _maybe(noise, settings.of_hours(presence), moments),
            ENTRIES_HOUR: _maybe(noise, settings.of_hours(entries), crossings),
        }

    def presence_epsilon(self, length_s: int) -> float:
        """Epsilon that one unit pays for its presence in a window of ``length_s``, s."""
        paid = self.settings.of_windows(self.settings.presence_epsilon)
        return paid * min(most_moments(length_s) / self.moments, 1.0)

    def presence(
        self, span: Span, counts: Counts, moments: int
    ) -> tuple[list[StatisticReport], Counts]:
        """Reports of every zone and their floor for bounded person-moments ``counts`` (zones,), and
        what was drawn for them.

        ``moments``: at how many they were looked for, at least 1; it depends on frames only.
        """
        assert self.presence_noise is not None
        noisy = self.presence_noise.release(counts)
        scale, confidence = self.presence_noise.scale, self.settings.confidence

        def thousandths(sum_: int, draws: int) -> tuple[int, int, int]:
            reach = sum_reach(draws, scale, confidence, SAMPLING_SHARE * max(sum_, 0))
            low, value, high = (
                max(round(1000 * x / moments), 0) for x in (sum_ - reach, sum_, sum_ + reach)
            )
            return value, low, high

        values = [thousandths(int(noisy.sum()), len(noisy))]
        values += [thousandths(one, 1) for one in noisy.tolist()]
        epsilon = self.presence_epsilon(span.length_s)
        reports = [
            self._report(span, statistic, place, 0.0 if place == FLOOR else epsilon, value, area_m2)
            for (statistic, place, area_m2), value in zip(
                places_of_presence(self.zones), values, strict=True
            )
        ]
        return reports, noisy

    def entries(self, span: Span, counts: Counts) -> tuple[list[StatisticReport], Counts]:
        """Reports of every line, both ways, for bounded crossings ``counts`` (2 * lines,), and what
        was drawn for them."""
        assert self.entries_noise is not None
        noisy = self.entries_noise.release(counts)
        reach = laplace_reach(self.entries_noise.scale, self.settings.confidence)
        epsilon = self.settings.of_windows(self.settings.entries_epsilon)
        reports = [
            self._report(
                span, statistic, line, epsilon,
                self.shown(max(one, 0), max(one - reach, 0), max(one + reach, 0)),
            )
            for (statistic, line), one in zip(ways_of(self.zones), noisy.tolist(), strict=True)
        ]  # fmt: skip
        return reports, noisy

    def suppressed(self, kind: str, span: Span, reason: Reason) -> list[StatisticReport]:
        """Reports of the same places that say why there is no value."""
        if kind == "presence":
            return [
                self._report(span, statistic, place, 0.0, None, area_m2, reason)
                for statistic, place, area_m2 in places_of_presence(self.zones)
            ]
        return [
            self._report(span, statistic, line, 0.0, None, 0.0, reason)
            for statistic, line in ways_of(self.zones)
        ]

    def shown(self, value: int, low: int, high: int) -> tuple[int, int, int] | None:
        """The value and its interval, where the value clears k."""
        return (value, low, high) if value >= needed_to_show(self.settings) else None

    def _report(
        self,
        span: Span,
        statistic: str,
        place: str,
        epsilon: float,
        value: tuple[int, int, int] | None,
        area_m2: float = 0.0,
        reason: Reason = "below_k",
    ) -> StatisticReport:
        return statistic_report(
            self.settings, span, (statistic, place, "window"), epsilon, value, area_m2, reason
        )


def needed_to_show(settings: PrivacySettings) -> float:
    """What a value must reach to be shown."""
    return settings.k + settings.margin if settings.k > 1 else 0


def places_of_presence(zones: ZoneMap) -> list[tuple[str, str, float]]:
    """Statistic, place and area, m2, of each report of presence; the floor first."""
    names = ["queue" if queue else "presence" for queue in zones.queues]
    areas_m2 = zones.areas_m2
    places = list(zip(names, zones.names, areas_m2, strict=True))
    return [("presence", FLOOR, sum(areas_m2)), *places]


def ways_of(zones: ZoneMap) -> list[tuple[str, str]]:
    """Statistic and line of each report of crossings."""
    return [(way, line) for line in zones.lines for way in ("entries", "exits")]


def statistic_report(
    settings: PrivacySettings,
    span: Span,
    what: tuple[str, str, str],
    epsilon: float,
    value: tuple[int, int, int] | None,
    area_m2: float = 0.0,
    reason: Reason = "below_k",
) -> StatisticReport:
    """One ``StatisticReport`` of ``what``: statistic, place and period.

    ``value``: it, and the bounds of its interval; None: suppressed because of ``reason``.
    """
    statistic, place, period = what
    shown, low, high = value or (0, 0, 0)
    return StatisticReport.model_validate(
        {
            "statistic": statistic,
            "camera": span.camera,
            "place": place,
            "period": period,
            "start": start_of(span),
            "length_s": span.length_s,
            "status": "suppressed" if value is None else "published",
            "reason": reason if value is None else "none",
            "value": shown,
            "low": low,
            "high": high,
            "area_m2": area_m2,
            "confidence": settings.confidence,
            "coverage": round(span.coverage, 3),
            "epsilon": round(epsilon, 9),
            "delta": 0.0,
            "unit": settings.unit,
            "mechanism": "laplace",
        }
    )


def _maybe(noise: NoiseMaker, epsilon: float, votes: int) -> Noise | None:
    return noise(epsilon, 0.0, votes) if epsilon > 0 else None
