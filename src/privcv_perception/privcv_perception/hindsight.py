# SPDX-License-Identifier: Apache-2.0
"""A frame seen from some time later: who was really there, and exactly where.

Positions are a local linear regression, weighted by a Gaussian in time, over the boxes before and
after the frame (Fan & Gijbels 1996); where boxes are missing around it, the window widens until it
spans the gap, so that a gap is crossed in a straight line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privcv_perception.lens import Floats
from privcv_perception.person_size import LOG_BODY, PER_M, PersonSize
from privcv_perception.population import ASPECT, HEIGHT, MIDDLE_BELOW, Population
from privcv_perception.tracks import Tracks

SOONEST_S2 = 1e-3
"""Boxes within the root of this, s², of each other say nothing about speed."""


@dataclass(frozen=True)
class Moment:
    """A frame that is not final yet: its time, its index, and its place in the rings."""

    stamp_s: float
    frame: int
    slot: int


def look_back(
    moment: Moment, people: Population, stamps: Floats, size: PersonSize, width_s: float
) -> Tracks:
    """The people of ``moment``, given all that is known by now.

    ``stamps``: (h,) s, of the rings; ``width_s``: standard deviation of the window, s.
    """
    there = people.number >= 0
    there &= people.first_s <= moment.stamp_s
    there &= people.last_s >= moment.stamp_s
    number, state, seen, seen_feet = people.number, people.state, people.seen, people.seen_feet
    if np.count_nonzero(there) < len(there):
        number, state, seen, seen_feet = number[there], state[there], seen[there], seen_feet[there]
    feet, speed = smooth(stamps - moment.stamp_s, seen, seen_feet, width_s, moment.slot)
    found = size.at(feet)
    standing = np.isfinite(found[:, 0])
    if np.count_nonzero(standing) < len(standing):
        number, state, found = number[standing], state[standing], found[standing]
        feet, speed = feet[standing], speed[standing]
    boxes = np.empty((len(feet), 4))
    np.exp(found[:, LOG_BODY] + state[:, HEIGHT], out=boxes[:, 3])
    np.multiply(boxes[:, 3], np.exp(state[:, ASPECT]), out=boxes[:, 2])
    np.subtract(feet, boxes[:, 2:] * MIDDLE_BELOW, out=boxes[:, :2])
    floor_m, velocity_mps = size.on_floor(feet, speed, found)
    width_m = boxes[:, 2] / found[:, PER_M.start] if size.metric else np.zeros(len(feet))
    return Tracks(
        moment.stamp_s, moment.frame, number.copy(), boxes, floor_m, velocity_mps, width_m
    )


def smooth(
    time: Floats, seen: NDArray[np.bool_], feet: Floats, width_s: float, slot: int
) -> tuple[Floats, Floats]:
    """Feet (n, 2) and their speed (n, 2) at time 0, which is that of column ``slot``.

    ``time``: (h,) s; ``seen``: (n, h); ``feet``: (n, h, 2), meaningful where seen. Each row must
    be seen at 0 or later.
    """
    if np.count_nonzero(seen[:, slot]) == len(seen):
        weight = np.exp(-0.5 * (time / width_s) ** 2) * seen
    else:
        after = np.where(seen, np.where(time >= 0, time, np.inf), np.inf).min(axis=1)
        before = np.where(seen, np.where(time <= 0, -time, np.inf), np.inf).min(axis=1)
        gap = np.maximum(after, np.where(before < 1e6, before, 0.0))
        weight = np.exp(-0.5 * (time / np.maximum(width_s, gap)[:, None]) ** 2) * seen
    basis = np.ones((3, len(time)))
    basis[1] = time
    np.multiply(time, time, out=basis[2])
    total, first, second = (weight @ basis.T).T[..., None]
    second = second + SOONEST_S2 * total
    sums = (weight[:, None] * basis[:2]) @ feet
    sum_feet, sum_moved = sums[:, 0], sums[:, 1]
    scale = total * second - first * first
    position = (second * sum_feet - first * sum_moved) / scale
    return position, (total * sum_moved - first * sum_feet) / scale
