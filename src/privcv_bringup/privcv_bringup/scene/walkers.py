# SPDX-License-Identifier: Apache-2.0
"""People who cross a room, stop for a while, and leave: the truth of a rendered scene."""

import itertools
import math
import random
from dataclasses import dataclass

WALKING_SPEED_MPS = (1.0, 1.5)
PERSONAL_SPACE_M = 0.9


@dataclass(frozen=True)
class Room:
    """Where people walk, and how. The default is the demo's room."""

    x_m: tuple[float, float] = (-5.0, 5.0)
    y_m: tuple[float, float] = (5.0, 13.0)  # from the camera's wall
    doors: tuple[str, ...] = ("west", "east", "near")  # of these and "far"
    stopping: float = 0.5  # share of people who stop on their way
    pauses_s: tuple[float, ...] = (4.0, 8.0, 15.0, 40.0)
    returning: float = 0.0  # share of people who leave by the side they came from


@dataclass(frozen=True)
class Walker:
    """One visit: straight legs between way points, with a pause at each.

    ``legs`` are ``(start_s, end_s, x0_m, y0_m, x1_m, y1_m)``, in order and without gaps.
    """

    id: int
    legs: tuple[tuple[float, float, float, float, float, float], ...]
    height_m: float
    look: int

    @property
    def enters_s(self) -> float:
        return self.legs[0][0]

    @property
    def leaves_s(self) -> float:
        return self.legs[-1][1]

    def at(self, time_s: float) -> tuple[float, float, float, float] | None:
        """``(x_m, y_m, vx_mps, vy_mps)`` at ``time_s``, or ``None`` outside the visit."""
        for start_s, end_s, x0, y0, x1, y1 in self.legs:
            if start_s <= time_s < end_s:
                share = (time_s - start_s) / (end_s - start_s)
                rate = 1.0 / (end_s - start_s)
                return (
                    x0 + share * (x1 - x0),
                    y0 + share * (y1 - y0),
                    rate * (x1 - x0),
                    rate * (y1 - y0),
                )
        return None


def populate(
    duration_s: float, people_per_minute: float, seed: int, room: Room | None = None
) -> list[Walker]:
    """Visits spread over ``duration_s``; the same ``seed`` gives the same people.

    Someone whose way would come nearer than ``PERSONAL_SPACE_M`` to a person already in the room
    waits outside until it does not: people do not walk through each other.
    """
    source = random.Random(seed)
    room = room or Room()
    walkers: list[Walker] = []
    wanted = max(1, round(duration_s * people_per_minute / 60))
    for number in range(wanted):
        earliest_s = duration_s * 0.9 * number / wanted + source.uniform(0, 1)
        for attempt in range(60):
            walker = _visit(source, number + 1, earliest_s + 0.5 * attempt, room)
            if walker.leaves_s < duration_s - 0.5 and not _collides(walker, walkers):
                walkers.append(walker)
                break
    return walkers


def _visit(source: random.Random, number: int, start_s: float, room: Room) -> Walker:
    sides = list(room.doors)
    source.shuffle(sides)
    into, out = sides[0], sides[1]
    points = [_door(source, into, room)]
    stops = source.random() < room.stopping
    if room.returning and source.random() < room.returning:
        stops, out = True, into
    if stops:
        points.append((_within(source, room.x_m, 2.0, 2.0), _within(source, room.y_m, 2.0, 1.5)))
    points.append(_door(source, out, room))
    speed_mps = source.uniform(*WALKING_SPEED_MPS)
    legs = []
    now_s = start_s
    for index, (here, there) in enumerate(itertools.pairwise(points)):
        if index > 0:  # a pause where the way bends
            pause_s = source.choice(room.pauses_s)
            legs.append((now_s, now_s + pause_s, *here, *here))
            now_s += pause_s
        walk_s = math.dist(here, there) / speed_mps
        legs.append((now_s, now_s + walk_s, *here, *there))
        now_s += walk_s
    return Walker(number, tuple(legs), source.uniform(1.62, 1.88), source.randrange(1 << 16))


def _door(source: random.Random, side: str, room: Room) -> tuple[float, float]:
    (left, right), (near, far) = room.x_m, room.y_m
    if side in ("near", "far"):
        # In the middle two fifths of the wall, and outside of what most cameras see.
        return (_within(source, room.x_m, 3.0, 3.0), near - 1.5 if side == "near" else far + 3.0)
    x_m = left - 3.0 if side == "west" else right + 3.0
    return (x_m, _within(source, room.y_m, 2.0, 1.0))


def _within(source: random.Random, ends: tuple[float, float], low_m: float, high_m: float) -> float:
    """A place between two walls, at most so far from each, m; in a narrow room in its middle."""
    length_m = ends[1] - ends[0]
    share = min(1.0, 0.8 * length_m / (low_m + high_m))
    return source.uniform(ends[0] + share * low_m, ends[1] - share * high_m)


def _collides(new: Walker, others: list[Walker]) -> bool:
    time_s = new.enters_s
    while time_s < new.leaves_s:
        here = new.at(time_s)
        for other in others:
            there = other.at(time_s)
            if here and there and math.dist(here[:2], there[:2]) < PERSONAL_SPACE_M:
                return True
        time_s += 0.2
    return False
