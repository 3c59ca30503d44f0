# SPDX-License-Identifier: Apache-2.0
"""A frame seen from some time later: who was really there, and exactly where.

Positions are a local linear regression, weighted by a Gaussian in time, over the boxes before and
after the frame (Fan & Gijbels 1996); where boxes are missing around it, the window widens until it
spans the gap, so that a gap is crossed in a straight line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privcv_perception.calibration import Calibration
from privcv_perception.lens import Floats
from privcv_perception.person_size import PersonSize
from privcv_perception.population import Population, standing_boxes
from privcv_perception.settings import TrackerSettings
from privcv_perception.tracks import Tracks


@dataclass(frozen=True)
class Moment:
    """A frame that is not final yet: its time, its index, and its place in the rings."""

    stamp_s: float
    frame: int
    slot: int


def look_back(
    moment: Moment,
    people: Population,
    stamps: Floats,
    size: PersonSize,
    calibration: Calibration,
    settings: TrackerSettings,
) -> Tracks:
    """The people of ``moment``, given all that is known by now. ``stamps``: (h,) s, of the rings."""
    time = stamps - moment.stamp_s
    near = (time >= -max(settings.lag_s, settings.smoothing_s)) & np.isfinite(time)
    seen = people.seen & near
    there = (people.number >= 0) & (people.first_s <= moment.stamp_s + 1e-9)
    there &= people.last_s >= moment.stamp_s - 1e-9
    rows = np.flatnonzero(there)
    if not len(rows):
        return _tracks(moment, people, rows, np.zeros((0, 2)), np.zeros((0, 2)), size, calibration)
    feet, speed = _smooth(
        np.where(near, time, 0.0), seen[rows], people.seen_feet[rows], settings.smoothing_s
    )
    return _tracks(moment, people, rows, feet, speed, size, calibration)


def _smooth(
    time: Floats, seen: NDArray[np.bool_], feet: Floats, width_s: float
) -> tuple[Floats, Floats]:
    """(n, 2) feet and (n, 2) speed at time 0 from (n, h, 2) ``feet`` where ``seen`` (n, h)."""
    after = np.where(seen & (time >= 0), time, np.inf).min(axis=1)
    before = np.where(seen & (time <= 0), -time, np.inf).min(axis=1)
    gap = np.maximum(np.where(np.isfinite(before), before, after), after)
    width = np.maximum(width_s, gap)[:, None]
    weight = np.exp(-0.5 * (time / width) ** 2) * seen
    total = weight.sum(axis=1)
    weight /= total[:, None]
    mean_time = weight @ time
    spread = weight @ (time * time) - mean_time**2
    mean = np.einsum("nh,nhc->nc", weight, feet)
    slope = np.einsum("nh,nhc->nc", weight * (time - mean_time[:, None]), feet)
    slope /= np.maximum(spread, 1e-12)[:, None]
    slope[spread < 1e-9] = 0.0
    return mean - slope * mean_time[:, None], slope


def _tracks(
    moment: Moment,
    people: Population,
    rows: NDArray[np.intp],
    feet: Floats,
    speed: Floats,
    size: PersonSize,
    calibration: Calibration,
) -> Tracks:
    found = size.at(feet)
    standing = np.isfinite(found[:, 0])
    if not standing.all():
        rows, feet, speed, found = rows[standing], feet[standing], speed[standing], found[standing]
    boxes = standing_boxes(feet, found[:, 0] * np.exp(people.height[rows]), people.aspect[rows])
    step_s = 0.05
    both = calibration.to_floor(np.concatenate((feet, feet + speed * step_s)))
    floor = both[: len(feet)]
    width_m = boxes[:, 2] / found[:, 1] if size.metric else np.zeros(len(feet))
    return Tracks(
        moment.stamp_s,
        moment.frame,
        people.number[rows],
        boxes,
        floor,
        (both[len(feet) :] - floor) / step_s,
        width_m,
    )
