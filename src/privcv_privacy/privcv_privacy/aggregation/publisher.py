# SPDX-License-Identifier: Apache-2.0
"""From bounded true counts to reports: noise first, then only what is free."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_core.protocol.release import DwellReport, ZoneReport
from privcv_privacy.aggregation.contribution import Beyond
from privcv_privacy.aggregation.release_content import (
    Reason,
    Span,
    ZoneValue,
    dwell_report,
    zone_report,
)
from privcv_privacy.aggregation.windows import Rates, averaged
from privcv_privacy.aggregation.zones import FLOOR
from privcv_privacy.histogram import BINS, DWELL_BINS
from privcv_privacy.noise import two_depths
from privcv_privacy.noise.correlation import Floats, correlation_of_totals, correlation_of_zones
from privcv_privacy.noise.drop_ratio import NOTHING_DROPPED, DropRatio, Evidence, Ratio
from privcv_privacy.noise.estimation import Estimate, Levels, filter_window
from privcv_privacy.noise.intervals import interval, laplace_reach, round_to_sums
from privcv_privacy.noise.mechanisms import Noise, NoiseMaker, gaussian_epsilon
from privcv_privacy.noise.two_depths import TwoDepths
from privcv_privacy.settings import PrivacySettings

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dropped:
    """Visits that went beyond the contribution bound in a window."""

    beyond: Beyond  # true
    earlier: int  # windows of the run before, of which visits may be among them


def dropped_in(
    settings: PrivacySettings, zones: int, earlier: int, beyond: Beyond
) -> Dropped | None:
    """Visits that went ``beyond`` the bound in a window, after so many ``earlier`` ones of a run.

    None where nobody can have, or where it has no share of the budget. Nobody can in so few windows
    that their ``zones`` are no more cells than the bound; the weaker units know one window only.
    """
    earlier = earlier if settings.unit == "visit" else 0
    if settings.bias_epsilon == 0 or (1 + earlier) * zones <= settings.max_cells:
        return None
    return Dropped(beyond, earlier)


@dataclass(frozen=True)
class EstimatorState:
    """What one camera's releases have shown so far: the state of all post-processing."""

    levels: Levels | None = None
    rates: Rates | None = None
    dropped: Evidence | None = None
    ratio: Ratio = NOTHING_DROPPED  # of the last window
    noisy: Counts | None = None  # (zones,) what was drawn for it


class Publisher:
    """Draws the noise of one camera's releases and turns it into reports.

    ``boxes_m`` (zones, 4): left, bottom, right and top of each zone on the floor, m.
    """

    def __init__(
        self, settings: PrivacySettings, zones: Sequence[str], boxes_m: Floats, noise: NoiseMaker
    ) -> None:
        self.settings = settings
        self.zones = tuple(zones)
        # Where flow is not released nobody is told apart by heading: one number, and its noise.
        self.tells_flow = "flow" in settings.release
        self.draws = BINS if self.tells_flow else 1  # of noise, for each zone
        self.correlation = (
            correlation_of_zones(boxes_m) if self.tells_flow else correlation_of_totals(len(zones))
        )
        unit = settings.unit
        # Votes that one unit may cast: a visit in its life, a person-window in its window.
        self.votes = settings.bound if unit == "visit" else min(settings.bound, len(self.zones))
        self.counts_noise: Noise | None = None
        if settings.counts_epsilon > 0:
            delta = settings.counts_delta
            self.counts_noise = noise(settings.counts_epsilon, delta, self.votes)
        # Taking one window out of a visit moves its dwell votes: each is removed and added.
        self.dwell_votes = settings.max_cells * (1 if unit == "visit" else 2)
        self.dwell_noise = _maybe(noise, settings.dwell_epsilon, self.dwell_votes)
        # A visit is once in its life among those that reached the bound, a person-window once; and
        # once among those that went far beyond it, where these are told.
        self.tells_far = unit == "visit" and two_depths.tells_far(
            len(self.zones), settings.max_cells
        )
        self.bias_noise = _maybe(
            noise, settings.bias_epsilon, two_depths.VOTES if self.tells_far else 1
        )
        self._ratio: DropRatio | TwoDepths | None = None
        if self.bias_noise is not None:
            ratio = TwoDepths if self.tells_far else DropRatio
            self._ratio = ratio(len(self.zones), settings.max_cells, self.bias_noise.scale)

    @property
    def counts_scale(self) -> float:
        """Of the noise on counts; 0 where neither visitors nor flow are released."""
        return self.counts_noise.scale if self.counts_noise is not None else 0.0

    @property
    def cell_epsilon(self) -> float:
        """Epsilon that a unit pays for one vote in one cell; if Gaussian, for its first."""
        delta = self.settings.counts_delta
        if delta > 0:
            return gaussian_epsilon(self.counts_scale, delta)
        return self.settings.counts_epsilon / self.votes

    @property
    def dwell_cell_epsilon(self) -> float:
        """Epsilon that a unit pays for its dwell in one zone and period."""
        return self.settings.dwell_epsilon / self.settings.max_cells

    def zone_reports(
        self, span: Span, counts: Counts, dropped: Dropped | None, before: EstimatorState
    ) -> tuple[list[ZoneReport], EstimatorState]:
        """Reports of every zone and their floor for true bounded ``counts`` (zones, BINS).

        ``dropped``: None where nobody can have reached the bound, or it is not counted.
        """
        if self.counts_noise is None:
            raise ValueError("visitors and flow are not released")
        if not self.tells_flow:
            counts = counts.sum(axis=1, keepdims=True)
        noisy = self.counts_noise.release(counts.reshape(-1)).reshape(counts.shape)
        estimate, levels = filter_window(
            noisy,
            self.counts_noise.scale,
            self.counts_noise.name,
            span.length_s,
            before.levels,
            self.correlation,
        )
        ratio, evidence = self._learn(span, dropped, estimate, before.dropped)
        low, high = interval(estimate.totals, estimate.variance, self.settings.confidence, ratio)
        totals = estimate.totals * (1 + ratio.median)
        occupancy = np.rint(totals).astype(np.int64)
        flow = np.zeros((len(occupancy), BINS), dtype=np.int64)
        if self.tells_flow:
            flow = round_to_sums(estimate.bins, occupancy)
        low, high = np.minimum(low, occupancy), np.maximum(high, occupancy)
        columns = (occupancy.tolist(), low.tolist(), high.tolist(), flow)
        values = [ZoneValue(*row) for row in zip(*columns, strict=True)]
        rates = averaged(before.rates, totals, span.length_s)
        state = EstimatorState(levels, rates, evidence, ratio, noisy.sum(axis=1))
        return self._shown(span, values), state

    def _learn(
        self, span: Span, dropped: Dropped | None, estimate: Estimate, before: Evidence | None
    ) -> tuple[Ratio, Evidence | None]:
        """How much was dropped, from its noisy number and all before."""
        if dropped is None or self.bias_noise is None or self._ratio is None:
            return NOTHING_DROPPED, before
        numbers = np.array([dropped.beyond.reached], dtype=np.int64)
        if self.tells_far:
            numbers = two_depths.votes(*dropped.beyond)
        noisy = self.bias_noise.release(numbers)
        bins = estimate.bins
        kept = float(bins.sum())
        standing = float(bins[:, 0].sum()) if bins.shape[1] == BINS else 0.0  # else not told
        if isinstance(self._ratio, TwoDepths):
            return self._ratio.learn(
                before, noisy, kept, standing, span.length_s, earlier=dropped.earlier
            )
        return self._ratio.learn(
            before, int(noisy[0]), kept, standing, span.length_s, earlier=dropped.earlier
        )

    def suppressed(self, span: Span, reason: Reason) -> list[ZoneReport]:
        """Reports of every zone and their floor that say why there is no value."""
        names = (FLOOR, *self.zones)
        return [zone_report(self.settings, span, name, 0.0, None, reason) for name in names]

    def dwell_reports(self, span: Span, counts: Counts) -> list[DwellReport]:
        """Reports of every zone and their floor for true bounded ``counts`` (zones, 3)."""
        if self.dwell_noise is None:
            raise ValueError("dwell has no share of the budget")
        noisy = self.dwell_noise.release(counts.reshape(-1)).reshape(-1, DWELL_BINS)
        cut = np.maximum(noisy, 0)
        reach = laplace_reach(self.dwell_noise.scale, self.settings.confidence)
        low, high = np.maximum(noisy - reach, 0), np.maximum(noisy + reach, 0)
        reports = [dwell_report(self.settings, span, FLOOR, 0.0, _floor_dwell(cut, reach, noisy))]
        for index, name in enumerate(self.zones):
            visits = (cut[index], low[index], high[index])
            reports.append(dwell_report(self.settings, span, name, self.dwell_cell_epsilon, visits))
        return reports

    def suppressed_dwell(self, span: Span, reason: Reason) -> list[DwellReport]:
        """Dwell reports of every zone and their floor that say why there is no value."""
        names = (FLOOR, *self.zones)
        return [dwell_report(self.settings, span, name, 0.0, None, reason) for name in names]

    def _shown(self, span: Span, values: Sequence[ZoneValue]) -> list[ZoneReport]:
        """Hide what does not clear k, by its noisy value; the floor is the sum of what is shown."""
        needed = self.settings.k + self.settings.margin if self.settings.k > 1 else 0
        shown = [value.occupancy >= needed for value in values]
        reports = [self._floor(span, values, shown)]
        for name, value, clear in zip(self.zones, values, shown, strict=True):
            reports.append(
                zone_report(
                    self.settings,
                    span,
                    name,
                    self.cell_epsilon,
                    value if clear else None,
                    "none" if clear else "below_k",
                )
            )
        return reports

    def _floor(self, span: Span, values: Sequence[ZoneValue], shown: Sequence[bool]) -> ZoneReport:
        """The sum of the zones that are shown; a hidden one could add up to what hides it."""
        visible = [value for value, clear in zip(values, shown, strict=True) if clear]
        if not visible:
            return zone_report(self.settings, span, FLOOR, 0.0, None, "below_k")
        occupancy = sum(value.occupancy for value in visible)
        below = occupancy - sum(value.low for value in visible)
        above = sum(value.high for value in values) - occupancy
        total = ZoneValue(
            occupancy,
            max(occupancy - below, 0),
            occupancy + above,
            np.sum([value.flow for value in visible], axis=0),
        )
        return zone_report(self.settings, span, FLOOR, 0.0, total)


def _maybe(noise: NoiseMaker, epsilon: float, votes: int) -> Noise | None:
    return noise(epsilon, 0.0, votes) if epsilon > 0 else None


def _floor_dwell(cut: Counts, reach: int, noisy: Counts) -> tuple[Counts, Counts, Counts]:
    total = cut.sum(axis=0)
    low = np.maximum(noisy - reach, 0).sum(axis=0)
    high = np.maximum(noisy + reach, 0).sum(axis=0)
    return total, low, high
