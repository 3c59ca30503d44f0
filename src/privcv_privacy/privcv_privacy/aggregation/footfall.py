# SPDX-License-Identifier: Apache-2.0
"""Footfall: how many visits began since the day did, told a quarter of an hour after the other."""

from dataclasses import dataclass

from privcv_core.protocol.release import StatisticReport
from privcv_privacy.aggregation.release_content import Reason, Span
from privcv_privacy.aggregation.statistic_publisher import statistic_report
from privcv_privacy.aggregation.zones import FLOOR
from privcv_privacy.noise.continual import LEVELS, NOTHING, Prefix
from privcv_privacy.noise.intervals import sum_reach
from privcv_privacy.noise.mechanisms import Noise, NoiseMaker
from privcv_privacy.settings import PrivacySettings

LEAF_S = 900
"""A number is told at the end of the first window after each of these, s since the day began."""


@dataclass(frozen=True)
class Today:
    """What this run counted of a day of the site."""

    day_start_s: int
    since_s: int  # start of the first leaf: the day's, or that of this run
    observed_s: float = 0.0  # of what was paid for
    begun: Prefix = NOTHING


def leaf_end_s(day_start_s: int, start_s: int) -> int:
    """When the leaf is due that begins at ``start_s``."""
    return day_start_s + ((start_s - day_start_s) // LEAF_S + 1) * LEAF_S


class FootfallPublisher:
    """Draws the noise of the visits begun under one camera; a visit is in one leaf of one day."""

    def __init__(self, settings: PrivacySettings, noise: NoiseMaker) -> None:
        self.settings = settings
        self.noise: Noise | None = None
        if settings.footfall_epsilon > 0:
            self.noise = noise(settings.footfall_epsilon, 0.0, LEVELS)

    def report(
        self, leaf: Span, begun: int, day_start_s: int, before: Today | None
    ) -> tuple[StatisticReport, Today]:
        """How many so far, after a ``leaf`` in which ``begun`` visits truly began."""
        assert self.noise is not None
        settings = self.settings
        if before is None or before.day_start_s != day_start_s:
            before = Today(day_start_s, leaf.start_s)
        after = Today(
            day_start_s,
            before.since_s,
            before.observed_s + leaf.coverage * leaf.length_s,
            before.begun.add(begun, self.noise),
        )
        total, nodes = after.begun.total, after.begun.nodes
        # A whole number holds half of one more at both ends; that of one draw is exact.
        reach = round(sum_reach(nodes, self.noise.scale, settings.confidence) - 0.5 * (nodes > 1))
        value = max(total, 0), max(total - reach, 0), max(total + reach, 0)
        needed = settings.k + settings.margin if settings.k > 1 else 0
        return self._report(
            leaf, after, settings.footfall_epsilon, value if value[0] >= needed else None, "below_k"
        ), after

    def suppressed(
        self, leaf: Span, day_start_s: int, before: Today | None, reason: Reason
    ) -> StatisticReport:
        """That there is no value, and why. What began in this leaf is counted no more."""
        if before is None or before.day_start_s != day_start_s:
            before = Today(day_start_s, leaf.start_s)
        return self._report(leaf, before, 0.0, None, reason)

    def _report(
        self,
        leaf: Span,
        today: Today,
        epsilon: float,
        value: tuple[int, int, int] | None,
        reason: Reason,
    ) -> StatisticReport:
        length_s = leaf.end_s - today.since_s
        covered = min(today.observed_s / length_s, 1.0)
        span = Span(leaf.camera, today.since_s, length_s, covered)
        return statistic_report(
            self.settings, span, ("footfall", FLOOR, "day"), epsilon, value, reason=reason
        )
