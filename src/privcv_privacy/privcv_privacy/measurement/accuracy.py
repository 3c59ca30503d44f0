# SPDX-License-Identifier: Apache-2.0
"""How accurate released totals are, measured on trajectories whose true ids are known.

It runs the product's own contribution bound, post-processing and suppression; only the noise is
drawn from a seeded generator of the identical distribution, so that a figure can be repeated.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from privcv_privacy.aggregation.contribution import Bound
from privcv_privacy.aggregation.publisher import EstimatorState, Publisher
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.windows import next_length_s
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.true_votes import Bounded, Stays, grid, votes
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
    coverage: float = math.nan  # share of intervals that hold the true count; not in the JSON

    def as_json(self) -> dict[str, float]:
        """The fields of the report."""
        return {
            "epsilon": self.epsilon,
            "occupancy_accuracy": round(self.occupancy_accuracy, 6),
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
) -> Accuracy:
    """Accuracy of the releases that ``settings`` make of ``trajectories``, over ``seeds`` runs."""
    stays = grid(trajectories, columns, rows)
    runs = [_run(stays, settings, seed) for seed in range(seeds)]
    means = np.mean([[run.occupancy, run.flow, run.covered] for run in runs], axis=0)
    cells = np.mean([[run.cells, run.released] for run in runs], axis=0)
    return Accuracy(
        settings.epsilon,
        float(means[0]),
        float(means[1]),
        round(float(cells[0])),
        round(float(cells[1])),
        float(means[2]),
    )


@dataclass(frozen=True)
class _Scores:
    occupancy: float
    flow: float
    covered: float
    cells: int
    released: int


def _run(stays: Stays, settings: PrivacySettings, seed: int) -> _Scores:
    random = np.random.default_rng(seed)

    def noise(epsilon: float, delta: float, votes: int) -> Noise:
        return SeededNoise(random, epsilon, delta, votes)

    names = [f"zone_{index}" for index in range(stays.zones)]
    publisher = Publisher(settings, names, stays.boxes_m, noise)
    bounded = Bounded(Bound(settings), settings.max_cells)
    state = EstimatorState()
    occupancy: list[float] = []
    flow: list[float] = []
    covered: list[bool] = []
    released = start_s = pending = bias_since_s = 0
    while start_s <= stays.end_s:
        length_s = next_length_s(settings, publisher.counts_noise.scale, start_s, state.rates)
        window = votes(stays, start_s, start_s + length_s)
        true = window.histogram(stays.zones)
        counted, dropped = bounded.counted(window)
        pending += dropped
        count_dropped = start_s + length_s - bias_since_s >= settings.bias_period_s
        reports, state = publisher.zone_reports(
            Span("evaluation", start_s, length_s, 1.0),
            window.histogram(stays.zones, counted),
            pending if count_dropped and publisher.bias_noise is not None else None,
            state,
        )
        if count_dropped:
            pending, bias_since_s = 0, start_s + length_s
        for report, truth in zip(reports[1:], true, strict=True):
            if truth.sum() == 0:
                continue
            shown = report.status == "published"
            released += shown
            occupancy.append(
                occupancy_accuracy(report.occupancy, int(truth.sum())) if shown else 0.0
            )
            if shown:
                covered.append(report.occupancy_low <= truth.sum() <= report.occupancy_high)
            if truth[1:].sum() > 0:
                flow.append(flow_accuracy(report.flow, truth) if shown else 0.0)
        start_s += length_s
    return _Scores(_mean(occupancy), _mean(flow), _mean(covered), len(occupancy), released)


def occupancy_accuracy(occupancy: int, n: int) -> float:
    """clip(1 - |released - n| / n, 0, 1)."""
    return max(0.0, 1 - abs(occupancy - n) / n)


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
