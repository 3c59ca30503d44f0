# SPDX-License-Identifier: Apache-2.0
"""How accurate released totals are, measured on trajectories whose true ids are known.

It runs the product's own contribution bound, post-processing and suppression; only the noise is
drawn from a seeded generator of the identical distribution, so that a figure can be repeated. This
module and its command are the only places where a seed exists.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from privcv_privacy.aggregation.contribution import Bound
from privcv_privacy.aggregation.publisher import Knowledge, Publisher
from privcv_privacy.aggregation.release_content import Report, Span
from privcv_privacy.aggregation.windows import next_length_s
from privcv_privacy.errors import PrivacyError
from privcv_privacy.histogram import BINS, heading
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.noise.mechanisms import Counts, Gaussian, Noise
from privcv_privacy.settings import MechanismName, PrivacySettings

STANDING_M = 0.25
"""Whoever ends less than this far from where it began in a cell counts as standing, m."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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


class SeededNoise:
    """The noise of ``mechanisms`` from a seeded generator: for measurements only."""

    def __init__(
        self, random: np.random.Generator, epsilon: float, delta: float, votes: int
    ) -> None:
        self._random = random
        self.name: MechanismName = "gaussian" if delta > 0 else "laplace"
        self.scale = Gaussian(epsilon, delta, votes).scale if delta > 0 else votes / epsilon
        if delta > 0:
            reach = math.ceil(12 * self.scale)
            self._values = np.arange(-reach, reach + 1)
            weights = np.exp(-((self._values / self.scale) ** 2) / 2)
            self._weights = weights / weights.sum()

    def release(self, counts: Counts) -> Counts:
        """``counts`` (n,) with independent noise on each."""
        if self.name == "gaussian":
            drawn = self._random.choice(self._values, len(counts), p=self._weights)
            return np.asarray(counts + drawn, dtype=np.int64)
        # The difference of two geometric variables is integer Laplace noise.
        p = -math.expm1(-1 / self.scale)
        noise = self._random.geometric(p, (2, len(counts)))
        return np.asarray(counts + noise[0] - noise[1], dtype=np.int64)


@dataclass(frozen=True)
class Stays:
    """Positions inside the zones, in order of time."""

    t_s: Floats  # (n,) s since the first position of the file
    id: Ints  # (n,)
    zone: Ints  # (n,) row by row from the smallest y, columns from the smallest x
    x_m: Floats
    y_m: Floats
    boxes_m: Floats  # (zones, 4) left, bottom, right, top of each zone
    end_s: float  # of the file

    @property
    def zones(self) -> int:
        """Number of zones."""
        return len(self.boxes_m)


@dataclass(frozen=True)
class WindowVotes:
    """What happened in one window: an entry per person and zone, in order of entry."""

    id: Ints
    zone: Ints
    bin: Ints

    def histogram(self, zones: int, counted: npt.NDArray[np.bool_] | None = None) -> Counts:
        """Votes (zones, BINS) of all entries, or of those ``counted``."""
        cell = self.zone * BINS + self.bin
        cell = cell if counted is None else cell[counted]
        return np.bincount(cell, minlength=zones * BINS).reshape(zones, BINS)


def grid(trajectories: Trajectories, columns: int, rows: int) -> Stays:
    """Zones: an equal grid over the box from the 1st to the 99th percentile of x and of y."""
    if columns < 1 or rows < 1 or columns * rows > 63:
        raise PrivacyError(f"zones {columns}x{rows}: give 1 to 63 zones, such as 2x2")
    x, y = trajectories.x_m, trajectories.y_m
    x_index, x_inside, x_edges = _slices(x, columns)
    y_index, y_inside, y_edges = _slices(y, rows)
    inside = x_inside & y_inside
    t_s = trajectories.t_s - trajectories.t_s[0]
    return Stays(
        t_s[inside],
        trajectories.id[inside],
        (y_index * columns + x_index)[inside],
        x[inside],
        y[inside],
        np.array(
            [
                (x_edges[column], y_edges[row], x_edges[column + 1], y_edges[row + 1])
                for row in range(rows)
                for column in range(columns)
            ]
        ),
        float(t_s[-1]),
    )


def _slices(values: Floats, count: int) -> tuple[Ints, npt.NDArray[np.bool_], Floats]:
    """Slice of each value, whether it lies in one, and the edges (count + 1,) of the slices."""
    low, high = np.percentile(values, [1, 99])
    width = max((high - low) / count, 1e-9)
    index = np.clip(np.floor((values - low) / width), 0, count - 1).astype(np.int64)
    edges = low + width * np.arange(count + 1)
    return index, (values >= low) & (values <= high), edges


def votes(stays: Stays, start_s: float, end_s: float) -> WindowVotes:
    """One vote per person and zone: the larger axis of its net movement there in the window."""
    first, last = np.searchsorted(stays.t_s, [start_s, end_s], side="left")
    ids, zone = stays.id[first:last], stays.zone[first:last]
    order = np.lexsort((np.arange(last - first), zone, ids))
    if len(order) == 0:
        return WindowVotes(ids, zone, np.zeros(0, dtype=np.int64))
    key_changes = np.diff(ids[order]) | np.diff(zone[order])
    begins = np.concatenate([[0], np.flatnonzero(key_changes) + 1])
    ends = np.concatenate([begins[1:], [len(order)]]) - 1
    entry, leave = order[begins], order[ends]
    x, y = stays.x_m[first:last], stays.y_m[first:last]
    dx, dy = x[leave] - x[entry], y[leave] - y[entry]
    moved = np.hypot(dx, dy) >= STANDING_M
    bins = np.array(
        [heading(a, b) if m else 0 for a, b, m in zip(dx, dy, moved, strict=True)], dtype=np.int64
    )
    by_entry = np.argsort(entry, kind="stable")
    return WindowVotes(ids[entry][by_entry], zone[entry][by_entry], bins[by_entry])


@dataclass
class Bounded:
    """The contribution bound over all windows of one run."""

    bound: Bound
    max_cells: int
    used: dict[int, int] = field(default_factory=dict)
    dropped: dict[int, int] = field(default_factory=dict)

    def counted(self, window: WindowVotes) -> tuple[npt.NDArray[np.bool_], int]:
        """Which entries count (n,), and how many dropped ones may be counted as such."""
        in_window: dict[int, int] = {}
        counted = np.zeros(len(window.id), dtype=bool)
        dropped = 0
        for index, person in enumerate(window.id.tolist()):
            here = in_window.get(person, 0)
            if self.bound.admits(self.used.get(person, 0), here):
                counted[index] = True
                self.used[person] = self.used.get(person, 0) + 1
                in_window[person] = here + 1
            elif self.dropped.get(person, 0) < self.max_cells:
                self.dropped[person] = self.dropped.get(person, 0) + 1
                dropped += 1
        return counted, dropped


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
    knowledge = Knowledge()
    occupancy: list[float] = []
    flow: list[float] = []
    covered: list[bool] = []
    released = start_s = pending = bias_since_s = 0
    while start_s <= stays.end_s:
        length_s = next_length_s(settings, publisher.counts_noise.scale, start_s, knowledge.rates)
        window = votes(stays, start_s, start_s + length_s)
        true = window.histogram(stays.zones)
        counted, dropped = bounded.counted(window)
        pending += dropped
        count_dropped = start_s + length_s - bias_since_s >= settings.bias_period_s
        reports, knowledge = publisher.zone_reports(
            Span("evaluation", start_s, length_s, 1.0),
            window.histogram(stays.zones, counted),
            pending if count_dropped and publisher.bias_noise is not None else None,
            knowledge,
        )
        if count_dropped:
            pending, bias_since_s = 0, start_s + length_s
        for report, truth in zip(reports[1:], true, strict=True):
            if truth.sum() == 0:
                continue
            shown = report["status"] == "published"
            released += shown
            occupancy.append(occupancy_accuracy(report, int(truth.sum())) if shown else 0.0)
            if shown:
                covered.append(report["occupancy_low"] <= truth.sum() <= report["occupancy_high"])
            if truth[1:].sum() > 0:
                flow.append(flow_accuracy(report, truth) if shown else 0.0)
        start_s += length_s
    return _Scores(_mean(occupancy), _mean(flow), _mean(covered), len(occupancy), released)


def occupancy_accuracy(report: Report, n: int) -> float:
    """clip(1 - |released - n| / n, 0, 1)."""
    return max(0.0, 1 - abs(int(report["occupancy"]) - n) / n)


def flow_accuracy(report: Report, truth: Counts) -> float:
    """1 - total variation distance of the shares of the four headings among those who moved.

    A released flow without movement says nothing of headings and is read as equal shares.
    """
    released = np.asarray(report["flow"][1:], dtype=float)
    shares = released / released.sum() if released.sum() > 0 else np.full(4, 0.25)
    return float(1 - np.abs(shares - truth[1:] / truth[1:].sum()).sum() / 2)


def as_json(results: Sequence[Accuracy]) -> str:
    """The results as the command writes them."""
    return json.dumps([result.as_json() for result in results], indent=2)


def _mean(values: Sequence[float] | Sequence[bool]) -> float:
    return float(np.mean(values)) if values else math.nan
