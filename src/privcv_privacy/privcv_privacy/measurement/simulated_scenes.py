# SPDX-License-Identifier: Apache-2.0
"""Simulated scenes: trajectories of crowds that differ in how long they stay and how they move.

The estimators' few constants are chosen on these, one kind left out at a time, so that no public
recording is both chosen on and measured on.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from privcv_privacy.measurement.trajectories import Trajectories

STEP_S = 0.5
SPEED_MPS, SPEED_SPREAD_MPS = 1.3, 0.25
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Crowd:
    """Who comes, and what they do there."""

    size_m: tuple[float, float]  # of the floor that is seen, x and y
    arrivals_per_s: float  # groups
    group: float = 1.0  # people in a group, mean
    along_x: float = 0.5  # share of groups that go from side to side along x; the others along y
    straight: float = 1.0  # share of groups that walk straight through; the others have stops
    stops: float = 2.0  # of those that do not: places they go to, mean
    stop_s: float = 60.0  # at each, mean
    swing: float = 0.0  # of the arrivals, share of 1, over ``swing_s``
    swing_s: float = 3600.0
    same_side: float = 0.3  # share of those with stops that leave where they came in


SCENES: dict[str, tuple[Crowd, float]] = {
    "street": (Crowd((18.0, 9.0), 0.30, group=1.3, along_x=0.97), 1800.0),
    "narrow street": (Crowd((30.0, 6.0), 0.16, along_x=1.0, swing=0.5), 3600.0),
    "crossing": (Crowd((14.0, 12.0), 0.35, group=1.2, along_x=0.5, swing=0.4), 1500.0),
    "campus": (
        Crowd((15.0, 13.0), 0.28, group=1.6, along_x=0.6, straight=0.88, stops=1.5, stop_s=45.0),
        900.0,
    ),
    "campus, classes end": (
        Crowd(
            (20.0, 16.0), 0.4, group=1.8, straight=0.8, stops=1.3, stop_s=80.0, swing=0.9,
            swing_s=1500.0,
        ),
        3600.0,
    ),
    "forecourt": (
        Crowd((25.0, 20.0), 0.30, group=1.7, straight=0.6, stops=2.0, stop_s=120.0), 2700.0,
    ),
    "station hall": (
        Crowd((40.0, 25.0), 1.3, group=1.2, straight=0.75, stops=2.0, stop_s=70.0), 4200.0,
    ),
    "concourse": (
        Crowd((35.0, 22.0), 1.2, group=1.1, straight=0.93, stops=1.5, stop_s=50.0), 4200.0,
    ),
    "market hall": (
        Crowd((30.0, 30.0), 0.9, group=1.5, straight=0.3, stops=4.0, stop_s=90.0), 4200.0,
    ),
    "lobby": (
        Crowd((12.0, 10.0), 0.10, group=1.4, straight=0.5, stops=1.5, stop_s=240.0), 7200.0,
    ),
    "library": (Crowd((16.0, 12.0), 0.05, straight=0.2, stops=2.0, stop_s=600.0), 10800.0),
}  # fmt: skip
"""Kinds of scenes: who comes, and for how long it is recorded, s."""


def simulated(name: str, seed: int = 0) -> Trajectories:
    """Trajectories of the kind ``name`` of ``SCENES``; it is not empty when it begins."""
    crowd, seconds = SCENES[name]
    random = np.random.default_rng([seed, *name.encode()])
    before_s = 0.0 if crowd.straight == 1 else 3 * crowd.stops * crowd.stop_s
    parts: list[Floats] = []
    person, now_s = 0, -before_s - 60.0
    while now_s < seconds:
        wave = 1 + crowd.swing * np.sin(2 * np.pi * now_s / crowd.swing_s)
        now_s += random.exponential(1 / (crowd.arrivals_per_s * max(wave, 0.02)))
        knots = _way(crowd, random, now_s)
        for _ in range(1 + random.poisson(crowd.group - 1)):
            parts.append(_walk(knots, person, random))
            person += 1
    table = np.concatenate(parts)
    table = table[(table[:, 0] >= 0) & (table[:, 0] < seconds)]
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return Trajectories(table[:, 0], table[:, 1].astype(np.int64), table[:, 2], table[:, 3])


def _way(crowd: Crowd, random: np.random.Generator, start_s: float) -> Floats:
    """Knots (n, 3) of t, x and y of one group."""
    size = np.array(crowd.size_m)
    axis = 0 if random.random() < crowd.along_x else 1
    begin, end = random.random(2) * size, random.random(2) * size
    side = random.integers(2)
    begin[axis], end[axis] = side * size[axis], (1 - side) * size[axis]
    stays = random.random() >= crowd.straight
    if stays and random.random() < crowd.same_side:
        end[axis] = begin[axis]
    if not stays:  # people keep to their side of a way more or less
        other = 1 - axis
        end[other] = np.clip(begin[other] + random.normal(0, size[other] / 6), 0, size[other])
    places = [begin]
    if stays:
        places += [random.random(2) * size for _ in range(1 + random.poisson(crowd.stops - 1))]
    places.append(end)
    speed_mps = max(random.normal(SPEED_MPS, SPEED_SPREAD_MPS), 0.4)
    knots, t_s = [(start_s, *places[0])], start_s
    for number, (place, after) in enumerate(pairwise(places)):
        if number > 0:
            t_s += random.exponential(crowd.stop_s)
            knots.append((t_s, *place))
        t_s += float(np.hypot(*(after - place))) / speed_mps + 0.1
        knots.append((t_s, *after))
    return np.array(knots)


def _walk(knots: Floats, person: int, random: np.random.Generator) -> Floats:
    """Rows (n, 4) of t, id, x and y, a little beside the group's way."""
    t_s = np.arange(np.ceil(knots[0, 0] / STEP_S) * STEP_S, knots[-1, 0] + STEP_S, STEP_S)
    beside = random.normal(0, 0.5, 2)
    x_m, y_m = (np.interp(t_s, knots[:, 0], knots[:, axis]) for axis in (1, 2))
    return np.column_stack([t_s, np.full(len(t_s), person), x_m + beside[0], y_m + beside[1]])
