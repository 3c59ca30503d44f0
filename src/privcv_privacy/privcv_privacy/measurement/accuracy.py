# SPDX-License-Identifier: Apache-2.0
"""How accurate released totals are, measured on trajectories whose true ids are known.

It runs the product's own contribution bound, post-processing and suppression; only the noise is
drawn from a seeded generator of the identical distribution, so that a figure can be repeated.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from privcv_core.protocol.release import ZoneReport
from privcv_privacy.aggregation.contribution import Bound
from privcv_privacy.aggregation.publisher import EstimatorState, Publisher, dropped_in
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.windows import next_length_s
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.true_votes import Bounded, Stays, WindowVotes, grid, votes
from privcv_privacy.noise.mechanisms import Counts, Noise
from privcv_privacy.settings import PrivacySettings


@dataclass(frozen=True)
class Accuracy:
    """The figures of one epsilon, averaged over seeds; shares of 1."""

    epsilon: float
    occupancy_accuracy: float  # mean over cells with n >= 1
    flow_accuracy: float  # mean over cells in which somebody moved
    cells: int  # zone x window with n >= 1
    released: int  # of those, with a value
    occupancy_volume: float  # 1 - sum of |released - n| / sum of n, over all cells
    # Not in the JSON:
    coverage: float = math.nan  # share of intervals that hold the true count
    interval_score: float = math.nan  # mean of ``interval_score``, over cells with a value

    def as_json(self) -> dict[str, float]:
        """The fields of the report."""
        return {
            "epsilon": self.epsilon,
            "occupancy_accuracy": round(self.occupancy_accuracy, 6),
            "occupancy_volume": round(self.occupancy_volume, 6),
            "flow_accuracy": round(self.flow_accuracy, 6),
            "cells": self.cells,
            "released": self.released,
        }


def evaluate(
    trajectories: Trajectories,
    columns: int,
    rows: int,
    settings: PrivacySettings,
    seeds: int,
    first_seed: int = 0,
) -> Accuracy:
    """Accuracy of the releases that ``settings`` make of ``trajectories``, over ``seeds`` runs.

    A window that the file covers by less than ``min_coverage`` is not scored, as the product
    suppresses it: the last one, if the file ends in it. Raises ``PrivacyError`` where none is left.
    """
    stays = grid(trajectories, columns, rows)

    @cache  # the same in every run
    def votes_from(start_s: int, length_s: int) -> WindowVotes:
        return votes(stays, start_s, start_s + length_s)

    runs = [
        _run(stays, votes_from, settings, seed) for seed in range(first_seed, first_seed + seeds)
    ]
    means = np.mean(
        [[run.occupancy, run.volume, run.flow, run.covered, run.score] for run in runs], axis=0
    ).tolist()
    cells = np.mean([[run.cells, run.released] for run in runs], axis=0)
    return Accuracy(
        settings.epsilon,
        occupancy_accuracy=means[0],
        occupancy_volume=means[1],
        flow_accuracy=means[2],
        cells=round(float(cells[0])),
        released=round(float(cells[1])),
        coverage=means[3],
        interval_score=means[4],
    )


@dataclass
class _Scores:
    """Of all cells of one run, zone by zone and window by window."""

    occupancies: list[float] = field(default_factory=list)
    flows: list[float] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    off: int = 0  # sum of |released - n|; a cell without a value reads 0
    people: int = 0  # sum of n
    released: int = 0

    def add(self, report: ZoneReport, truth: Counts) -> None:
        """One cell, of which ``truth`` (BINS,) is the true histogram."""
        n, shown = int(truth.sum()), report.status == "published"
        self.off += abs(report.occupancy - n) if shown else n
        self.people += n
        if n == 0:
            return
        self.released += shown
        self.occupancies.append(occupancy_accuracy(report.occupancy, n) if shown else 0.0)
        if shown:
            self.held.append(report.occupancy_low <= n <= report.occupancy_high)
            self.scores.append(interval_score(report, n))
        if truth[1:].sum() > 0:
            self.flows.append(flow_accuracy(report.flow, truth) if shown else 0.0)

    @property
    def occupancy(self) -> float:
        return _mean(self.occupancies)

    @property
    def volume(self) -> float:
        return 1 - self.off / self.people if self.people else math.nan

    @property
    def flow(self) -> float:
        return _mean(self.flows)

    @property
    def covered(self) -> float:
        return _mean(self.held)

    @property
    def score(self) -> float:
        return _mean(self.scores)

    @property
    def cells(self) -> int:
        return len(self.occupancies)


def _run(
    stays: Stays,
    votes_from: Callable[[int, int], WindowVotes],
    settings: PrivacySettings,
    seed: int,
) -> _Scores:
    random = np.random.default_rng(seed)

    def noise(epsilon: float, delta: float, votes: int) -> Noise:
        return SeededNoise(random, epsilon, delta, votes)

    names = [f"zone_{index}" for index in range(stays.zones)]
    publisher = Publisher(settings, names, stays.boxes_m, noise)
    bounded = Bounded(Bound(settings))
    state, scores = EstimatorState(), _Scores()
    windows = start_s = 0
    while start_s <= stays.end_s:
        length_s = next_length_s(settings, publisher.counts_scale, start_s, state.rates)
        observed = min((stays.end_s - start_s) / length_s, 1.0)
        if observed < settings.min_coverage:
            break
        window = votes_from(start_s, length_s)
        true = window.histogram(stays.zones)
        counted, beyond = bounded.counted(window)
        reports, state = publisher.zone_reports(
            Span("evaluation", start_s, length_s, observed),
            window.histogram(stays.zones, counted),
            dropped_in(settings, stays.zones, windows, beyond),
            state,
        )
        for report, truth in zip(reports[1:], true, strict=True):
            scores.add(report, truth)
        start_s, windows = start_s + length_s, windows + 1
    if windows == 0:
        raise PrivacyError(
            f"the trajectories last {stays.end_s:.0f} s, less than {settings.min_coverage:.0%} of "
            f"a window of {length_s} s: give shorter windows"
        )
    return scores


def occupancy_accuracy(occupancy: int, n: int) -> float:
    """``clip(1 - |released - n| / n, 0, 1)``."""
    return max(0.0, 1 - abs(occupancy - n) / n)


def interval_score(report: ZoneReport, n: int) -> float:
    """Weighted interval score of a value and its interval, as a share of ``n``; 0 is perfect.

    A proper score: nobody does better than by saying the median and the quantiles (Bracher and
    others, Evaluating epidemic forecasts in an interval format, PLOS Comp. Biology, 2021).
    """
    low, high, level = report.occupancy_low, report.occupancy_high, 1 - report.confidence
    missed = max(low - n, 0, n - high)
    whole = abs(report.occupancy - n) / 2 + level / 2 * (high - low) + missed
    return whole / 1.5 / n


def flow_accuracy(flow: Sequence[float], truth: Counts) -> float:
    """1 - total variation distance of the shares of the four headings among those who moved.

    A released flow without movement says nothing of headings and is read as equal shares.
    """
    released = np.asarray(flow[1:], dtype=float)
    shares = released / released.sum() if released.sum() > 0 else np.full(4, 0.25)
    return float(1 - np.abs(shares - truth[1:] / truth[1:].sum()).sum() / 2)


def as_json(results: Sequence[Accuracy]) -> str:
    """The results as the command writes them."""
    return json.dumps([result.as_json() for result in results], indent=2)


def _mean(values: Sequence[float] | Sequence[bool]) -> float:
    return float(np.mean(values)) if values else math.nan
