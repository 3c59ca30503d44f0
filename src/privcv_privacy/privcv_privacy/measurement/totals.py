# SPDX-License-Identifier: Apache-2.0
"""Totals of the real chain against the truth: what each stage loses or invents.

The anonymizer, the aggregator and the estimator are those of the product. Only the noise is
replaced: by none, to see what is lost before it, or by seeded noise of the same distribution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_core.event_time.calendar import ALWAYS_UTC, Calendar
from privcv_core.protocol.timestamps import s_from_ns, to_ns
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.no_noise import NoNoise
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.measurement.tracked_frames import (
    SAME_FRAME_DIGITS,
    TrackedFrame,
    anonymous_ticks,
    trajectories_of,
)
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout
from privcv_privacy.noise.mechanisms import Noise, NoiseMaker
from privcv_privacy.settings import BudgetShares, PrivacySettings

Counts = npt.NDArray[np.int64]
"""(windows, zones) people."""

CAMERA = "camera"
ORIGIN_S = 1_600_041_600
"""Event time of the first frame: a day's start, and thereby near that of a window; any would do."""

UNBOUNDED = 1_000_000
"""Cells that one unit may count in where the bound is taken away."""


@dataclass(frozen=True)
class Difference:
    """How one stage's counts differ from those before it, summed over zones and windows."""

    lost: int  # people too few
    invented: int  # people too many

    @staticmethod
    def between(before: Counts, after: Counts) -> "Difference":
        """From ``before`` to ``after``, both (windows, zones)."""
        change = after - before
        return Difference(int(np.maximum(-change, 0).sum()), int(np.maximum(change, 0).sum()))


@dataclass(frozen=True)
class NoisyTotals:
    """Published values under noise, over all draws."""

    epsilon: float
    accuracy: float  # 1 - sum |released - n| / sum n
    signed_error: float  # sum (released - n) / sum n
    interval_coverage: float  # share of intervals that hold the true count
    draws: int


@dataclass(frozen=True)
class Totals:
    """Counts of one layout of zones, and what each stage did to them."""

    layout: ZoneLayout
    true: Counts
    tracked: Counts  # distinct numbers of the tracker by place; the truth, of perfect tracks
    counted: Counts  # without noise, before the bound
    bounded: Counts  # without noise, after the bound
    noisy: tuple[NoisyTotals, ...] = ()

    @property
    def ratio(self) -> float:
        """Counted over true; NaN where nobody was there."""
        return float(self.counted.sum() / self.true.sum()) if self.true.sum() else math.nan

    @property
    def accuracy(self) -> float:
        """``1 - sum |counted - true| / sum true``; NaN where nobody was there."""
        return accuracy_of(self.counted, self.true)


@dataclass(frozen=True)
class Windows:
    """The whole windows of a recording, from its first frame on."""

    length_s: int
    count: int

    @staticmethod
    def within(length_s: int, recorded_s: float) -> "Windows":
        """Those that a recording of ``recorded_s`` fills. Raises ``PrivacyError`` for none."""
        count = math.floor(recorded_s / length_s + 1e-6)
        if count < 1:
            raise PrivacyError(
                f"--window {length_s}: the recording lasts {recorded_s:.1f} s, which is no whole "
                "window: give a shorter one"
            )
        return Windows(length_s, count)


def evaluate_totals(
    frames: Sequence[TrackedFrame],
    truth: Trajectories,
    layout: ZoneLayout,
    windows: Windows,
    privacy: PrivacySettings,
    anonymization: AnonymizationSettings,
    epsilons: Sequence[float] = (),
    seeds: int = 20,
) -> Totals:
    """Totals of ``layout`` from tracked ``frames``, against ``truth``.

    Times of both count from the first frame, s. ``privacy``: unit, bound and estimator of the
    product. For each of ``epsilons`` noise is drawn ``seeds`` times; then what ``privacy`` shares
    out for dwell and bias is paid.
    """
    origin_s = aligned_origin_s(windows.length_s)
    ticks = anonymous_ticks(frames, anonymization, privacy, CAMERA, origin_s)
    bare = privacy.model_copy(update={"shares": BudgetShares(counts=1, dwell=0, bias=0)})
    free = bare.model_copy(update={"max_cells": UNBOUNDED})
    true = distinct_people(truth, layout, windows)
    return Totals(
        layout,
        true,
        distinct_people(trajectories_of(frames), layout, windows),
        _published(ticks, layout, windows, free, NoNoise, origin_s)[0],
        _published(ticks, layout, windows, bare, NoNoise, origin_s)[0],
        tuple(
            _noisy(ticks, layout, windows, privacy, epsilon, seeds, true, origin_s)
            for epsilon in epsilons
        ),
    )


def distinct_people(tracks: Trajectories, layout: ZoneLayout, windows: Windows) -> Counts:
    """How many distinct ids have a sample in each zone during each window."""
    counts = np.zeros((windows.count, len(layout.zones)), dtype=np.int64)
    for window, zone, _ in cells_of(tracks, layout, windows):
        counts[window, zone] += 1
    return counts


def cells_of(
    tracks: Trajectories, layout: ZoneLayout, windows: Windows
) -> set[tuple[int, int, int]]:
    """Window, zone and id of everybody who has a sample in a zone during a whole window."""
    zone = layout.zone_of(tracks.x_m, tracks.y_m)
    t_s = np.round(tracks.t_s, SAME_FRAME_DIGITS)  # as frames are
    window = np.floor(t_s / windows.length_s + 1e-12).astype(np.int64)
    there = (zone >= 0) & (window >= 0) & (window < windows.count)
    rows = np.unique(np.column_stack([window, zone, tracks.id])[there], axis=0)
    return {(int(w), int(z), int(i)) for w, z, i in rows}


def accuracy_of(counted: Counts, true: Counts) -> float:
    """``1 - sum |counted - true| / sum true``; NaN where nobody was there."""
    return float(1 - np.abs(counted - true).sum() / true.sum()) if true.sum() else math.nan


def _noisy(
    ticks: Sequence[AnonymousTick],
    layout: ZoneLayout,
    windows: Windows,
    privacy: PrivacySettings,
    epsilon: float,
    seeds: int,
    true: Counts,
    origin_s: int,
) -> NoisyTotals:
    settings = privacy.model_copy(update={"epsilon": epsilon})
    released, holds = [], []
    for seed in range(seeds):
        random = np.random.default_rng(seed)

        def noise(
            epsilon: float, delta: float, votes: int, random: np.random.Generator = random
        ) -> Noise:
            return SeededNoise(random, epsilon, delta, votes)

        value, low, high, shown = _published(ticks, layout, windows, settings, noise, origin_s)
        released.append(value)
        holds.append(((low <= true) & (true <= high))[shown.astype(bool)])
    total = true.sum() * seeds
    off = np.array(released) - true
    held = np.concatenate(holds)
    return NoisyTotals(
        epsilon,
        float(1 - np.abs(off).sum() / total) if total else math.nan,
        float(off.sum() / total) if total else math.nan,
        float(held.mean()) if held.size else math.nan,
        seeds,
    )


class Unbroken(Calendar):
    """Windows of any length, one after the other: those of a recording need no hour to end with."""

    def window_end_s(self, start_s: int, length_s: int) -> int:
        return start_s + length_s

    def window_start_s(self, at_s: int, length_s: int) -> int:
        return at_s - at_s % length_s


def _published(
    ticks: Sequence[AnonymousTick],
    layout: ZoneLayout,
    windows: Windows,
    settings: PrivacySettings,
    noise: NoiseMaker,
    origin_s: int,
) -> tuple[Counts, Counts, Counts, Counts]:
    """Occupancy, its interval, and whether it was published, (windows, zones) each."""
    zones = zone_map(CAMERA, layout.zones)
    aggregator = Aggregator(
        settings, {CAMERA: zones}, MemoryLedger(), noise=noise, calendar=Unbroken(ALWAYS_UTC.zone)
    )
    releases: list[Release] = []
    for tick in ticks:
        releases += aggregator.on_tick(tick)
    releases += aggregator.finish(CAMERA)
    column = {name: index for index, name in enumerate(layout.zones)}
    published = np.zeros((4, windows.count, len(column)), dtype=np.int64)
    for release in releases:
        for report in release.read().zones:
            start_s = s_from_ns(to_ns(report.window_start)) - origin_s
            row = round(start_s / windows.length_s)
            if report.zone not in column or row >= windows.count:
                continue
            published[:, row, column[report.zone]] = (
                report.occupancy,
                report.occupancy_low,
                report.occupancy_high,
                report.status == "published",
            )
    return published[0], published[1], published[2], published[3]


def aligned_origin_s(window_s: int) -> int:
    """An event time at which a window starts, and identities are as old as at the start."""
    return ORIGIN_S // window_s * window_s
