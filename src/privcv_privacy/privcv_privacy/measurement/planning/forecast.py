# SPDX-License-Identifier: Apache-2.0
"""Forecast: the error to expect of each statistic, before anything runs.

Visitors and flow come out of a filter, so their error is that of simulated visits through the
product's publisher. Of the others the noise is all there is, and its formula says it:
docs/privacy.md, integer Laplace noise of scale s has the standard deviation sqrt(2) s and the mean
absolute deviation s, nearly, from s = 2 on.
"""

import math
from dataclasses import dataclass

import numpy as np

from privcv_privacy.aggregation.bounded_sums import moments_of
from privcv_privacy.aggregation.footfall import LEAF_S
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.measurement.planning.simulation import count_visits, publish
from privcv_privacy.measurement.planning.traffic import Traffic
from privcv_privacy.noise.continual import BRANCH, LEVELS
from privcv_privacy.settings import PrivacySettings

RUNS, ALL_WINDOWS = 20, 480
"""Runs that are simulated, more of few windows: errors within one hang together, since it learns
what is dropped."""

WINDOWS = 24
"""Windows of a run at most, where a site is planned: by then the filter has settled."""

VISITS = 20_000
"""Visits that are simulated at most, beyond two runs: with so many the noise is what is small."""


@dataclass(frozen=True)
class Outlook:
    """What to expect of one statistic in one window of one zone or line."""

    statistic: str
    mean: float  # the true value, people, visits or crossings
    sd: float  # of the noise alone, before any filter
    error: float  # sum of |told - true| / sum of true
    lost: float  # share that bound or cap leaves out
    shown: float = 1.0  # share of values that clear k


def visitors(
    traffic: Traffic, settings: PrivacySettings, windows: int, seed: int = 0, draws: int = 0
) -> tuple[Outlook, float]:
    """Expected error of visitors in ``windows`` windows, and expected accuracy of flow.

    ``draws``: runs to simulate; 0: ``RUNS``, fewer of many visits. A value that is suppressed
    counts as 0, as in ``privcv evaluate totals``.
    """
    off = true = kept = shown = cells = 0
    flows = []
    each = traffic.per_hour * windows * settings.window_s / 3600
    runs = draws or max(2, math.ceil(min(_runs(windows), VISITS / max(each, 1.0))))
    for draw in range(runs):
        random = np.random.default_rng((seed, draw))
        counted = count_visits(traffic, settings, windows, random)
        published = publish(traffic, settings, counted, random)
        people = counted.true.sum(axis=2)
        off += int(np.abs(published.value - people).sum())
        true, kept = true + int(people.sum()), kept + int(counted.bounded.sum())
        shown, cells = shown + int(published.shown.sum()), cells + published.shown.size
        flows.append(published.flow)
    scale = settings.counts_epsilon and _votes(traffic, settings) / settings.counts_epsilon
    flow = float(np.nanmean(flows)) if not np.all(np.isnan(flows)) else math.nan
    return Outlook(
        "visitors",
        true / cells,
        math.sqrt(2 * 5) * scale,
        off / true if true else math.nan,
        1 - kept / true if true else 0.0,
        shown / cells,
    ), flow


def presence(traffic: Traffic, settings: PrivacySettings, windows: int, seed: int = 0) -> Outlook:
    """Expected error of the mean number of people in a zone: its cap, and its noise."""
    random = np.random.default_rng(seed)
    counted = count_visits(traffic, settings, windows, random)
    step = settings.window_s // TICK_S
    mean, capped = counted.moments.mean() / step, counted.capped.mean() / step
    scale = _times(settings) * moments_of(settings) / settings.presence_epsilon / step
    lost = 1 - capped / mean if mean else 0.0
    # What the cap leaves out is missing in every window; noise comes on top.
    error = folded(mean - capped, scale) / mean if mean else math.nan
    return Outlook("presence", float(mean), math.sqrt(2) * scale, float(error), float(lost))


def entries(settings: PrivacySettings, per_window: float) -> Outlook:
    """Expected error of the crossings of a line one way, of ``per_window`` on average."""
    scale = _times(settings) * settings.max_crossings / settings.entries_epsilon
    error = scale / per_window if per_window else math.nan
    return Outlook("entries", per_window, math.sqrt(2) * scale, error, 0.0)


def footfall(settings: PrivacySettings, per_hour: float, hours: float) -> Outlook:
    """Expected error of the visits begun in a day of so many ``hours``, at its end."""
    leaves, per_day = max(1, int(hours * 3600 / LEAF_S)), per_hour * hours
    nodes = leaves // BRANCH + leaves % BRANCH  # independent draws in the sum
    sd = math.sqrt(2 * nodes) * LEVELS / settings.footfall_epsilon
    # A sum of several is nearly normal, whose mean absolute deviation is sqrt(2 / pi) of its sd.
    error = math.sqrt(2 / math.pi) * sd / per_day if per_day else math.nan
    return Outlook("footfall", per_day, sd, error, 0.0)


def dwell(settings: PrivacySettings, per_period: float) -> Outlook:
    """Expected error of one class of dwell in a zone and period, of ``per_period`` visits."""
    times = 1 if settings.unit == "visit" else 2
    scale = times * settings.max_cells / settings.dwell_epsilon
    error = scale / per_period if per_period else math.nan
    return Outlook("dwell", per_period, math.sqrt(2) * scale, error, 0.0)


def _runs(windows: int) -> int:
    return max(RUNS, math.ceil(ALL_WINDOWS / windows))


def _times(settings: PrivacySettings) -> int:
    """What an event leaves within the bound another may take: it moves twice as much."""
    return 2 if settings.unit == "event" else 1


def _votes(traffic: Traffic, settings: PrivacySettings) -> int:
    if settings.unit == "visit":
        return settings.bound
    return min(settings.bound, len(traffic.zones.names))


def folded(missing: float, scale: float) -> float:
    """The mean error of a value that misses some, under Laplace noise.

    E |missing + Laplace(scale)| = missing + scale exp(-missing / scale).
    """
    return missing + scale * math.exp(-missing / scale) if scale else missing
