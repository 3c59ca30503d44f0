# SPDX-License-Identifier: Apache-2.0
"""Ground truth of a linking attack: true people, in the cells of perfect tracks, tick by tick."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_privacy.anonymization.identities import Sighting
from privcv_privacy.anonymization.quantization import cell_of, direction_of
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.measurement.trajectories import Trajectories

SIZE_SHARES = (0.9, 0.08, 0.02)  # small, medium, large: no data set tells, so they are drawn


@dataclass(frozen=True)
class GroundTruth:
    """Everybody who was there, by tick and true id."""

    tick_s: int
    ticks: dict[int, dict[int, tuple[Sighting, int]]]  # tick -> id -> place and size, direction
    arrivals: npt.NDArray[np.float64]  # (n, 2) m, where people were first seen
    departures: npt.NDArray[np.float64]  # (n, 2) m, where they were last seen

    @property
    def first(self) -> int:
        """The first tick with somebody."""
        return min(self.ticks)

    @property
    def last(self) -> int:
        """The last tick with somebody."""
        return max(self.ticks)


def ground_truth(tracks: Trajectories, tick_s: int = TICK_S) -> GroundTruth:
    """Cells, directions and sizes as the anonymizer would make them of perfect tracks.

    ``tick_s``: length of a tick, s; others than the product's show what finer ones would tell.
    """
    rows: dict[int, dict[int, list[tuple[float, float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    arrivals: dict[int, tuple[float, float]] = {}
    departures: dict[int, tuple[float, float]] = {}
    for t_s, id, x_m, y_m in zip(
        tracks.t_s.tolist(),
        tracks.id.tolist(),
        tracks.x_m.tolist(),
        tracks.y_m.tolist(),
        strict=True,
    ):
        rows[math.floor(t_s / tick_s)][id].append((t_s, x_m, y_m))
        arrivals.setdefault(id, (x_m, y_m))
        departures[id] = (x_m, y_m)
    sizes = np.random.default_rng(0).choice([1, 2, 3], size=len(arrivals), p=SIZE_SHARES)
    size_of = dict(zip(arrivals, sizes.tolist(), strict=True))
    before: dict[int, tuple[float, float, float]] = {}
    ticks: dict[int, dict[int, tuple[Sighting, int]]] = {}
    for tick in sorted(rows):
        there = {}
        for id, samples in rows[tick].items():
            t_s, x_m, y_m = samples[-1]
            t0_s, x0_m, y0_m = before.get(id, samples[0])
            length_s = max(t_s - t0_s, 1e-6) if len(samples) > 1 or id in before else math.inf
            direction = direction_of((x_m - x0_m) / length_s, (y_m - y0_m) / length_s)
            cells = tuple(sorted({cell_of(*place) for _, *place in samples}))
            last = cells.index(cell_of(x_m, y_m))
            there[id] = (Sighting(cells, last, size_of[id]), direction)
            before[id] = samples[-1]
        ticks[tick] = there
    return GroundTruth(
        tick_s,
        ticks,
        np.array(list(arrivals.values())),
        np.array(list(departures.values())),
    )
