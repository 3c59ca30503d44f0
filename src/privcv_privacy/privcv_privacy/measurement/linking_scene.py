# SPDX-License-Identifier: Apache-2.0
"""What the ticks of a scene could tell at most: true people, in cells, tick by tick."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from privcv_privacy.anonymization.identities import Sighting
from privcv_privacy.anonymization.quantization import DirectionFilter, cell_of
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.measurement.trajectories import Trajectories

SIZE_SHARES = (0.9, 0.08, 0.02)  # small, medium, large: no data set tells, so they are drawn


@dataclass(frozen=True)
class Scene:
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


def scene_of(tracks: Trajectories, tick_s: int = TICK_S) -> Scene:
    """Cells, directions and sizes as the anonymizer would make them of perfect tracks."""
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
    filters: dict[int, DirectionFilter] = defaultdict(DirectionFilter)
    before: dict[int, tuple[float, float, float]] = {}
    ticks: dict[int, dict[int, tuple[Sighting, int]]] = {}
    for tick in sorted(rows):
        there = {}
        for id, samples in rows[tick].items():
            t_s, x_m, y_m = samples[-1]
            t0_s, x0_m, y0_m = before.get(id, samples[0])
            length_s = max(t_s - t0_s, 1e-6) if len(samples) > 1 or id in before else math.inf
            direction = filters[id].update((x_m - x0_m) / length_s, (y_m - y0_m) / length_s)
            there[id] = (Sighting(*cell_of(x_m, y_m), size_of[id]), direction)
            before[id] = samples[-1]
        ticks[tick] = there
    return Scene(
        tick_s,
        ticks,
        np.array(list(arrivals.values())),
        np.array(list(departures.values())),
    )


def waiting_room(hours: float = 12.0, seed: int = 1) -> Trajectories:
    """A simulated room full of people who stay: the hardest place to change an identity in.

    24 seats 0.8 m apart, an arrival every 100 s, a stay of 20 minutes in the mean (half of all
    people who are there stay longer), and a walk to the counter or to another seat every 5 minutes.
    """
    random = np.random.default_rng(seed)
    seats = np.array([(2.0 + 0.8 * (n % 6), 2.0 + 1.6 * (n // 6)) for n in range(24)])
    door, counter = np.array([0.3, 0.3]), np.array([8.0, 1.0])
    taken_until = np.zeros(len(seats))
    parts = []
    arrival_s, id = 0.0, 0
    while True:
        arrival_s += random.exponential(100.0)
        if arrival_s > hours * 3600.0:
            break
        id += 1
        leave_s = arrival_s + 30.0 + random.exponential(1200.0)
        now_s, place, stops = arrival_s, door, []
        while now_s < leave_s:
            free = np.flatnonzero(taken_until <= now_s)
            if len(free) == 0:
                break
            seat = int(random.choice(free))
            end_s = min(leave_s, now_s + random.exponential(300.0))
            taken_until[seat] = end_s
            stops.append((seats[seat], now_s, end_s))
            now_s = end_s
            if random.random() < 0.5 and now_s < leave_s:
                stops.append((counter + random.normal(0, 0.4, 2), now_s, now_s + 30.0))
                now_s += 30.0
        stops.append((door, now_s, now_s))
        for goal, start_s, end_s in stops:
            walk_s = float(np.linalg.norm(goal - place)) / 1.1
            t_s = np.arange(math.ceil(start_s), max(end_s, start_s + walk_s) + 1.0)
            share = np.clip((t_s - start_s) / max(walk_s, 1e-6), 0.0, 1.0)[:, None]
            xy_m = place + (goal - place) * share + random.normal(0, 0.05, (len(t_s), 2))
            parts.append(np.column_stack([t_s, np.full(len(t_s), id), xy_m]))
            place = goal
    table = np.concatenate(parts)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return Trajectories(table[:, 0], table[:, 1].astype(np.int64), table[:, 2], table[:, 3])
