# SPDX-License-Identifier: Apache-2.0
"""Coarse facts about one person: a cell, a size class, one of eight directions.

Each with hysteresis, so that a person at a border does not flicker between two values.
"""

import math
from dataclasses import dataclass

from privcv_privacy.anonymous_tick import CELL_M

SIZE_UNKNOWN, SIZE_SMALL, SIZE_MEDIUM, SIZE_LARGE = range(4)  # AnonymousTrack.SIZE_*
DIRECTION_NONE = 0  # AnonymousTrack.DIRECTION_*; 1 is +x, then counter-clockwise in steps of 45°

SIZE_EDGES_M2 = (0.5, 1.0)  # footprint at which the size class changes
SIZE_HYSTERESIS = 0.1  # share of the edge
MOVES_MPS = 0.4  # from here on a standing person moves
STANDS_MPS = 0.2  # below this a moving person stands
SECTOR_HYSTERESIS_RAD = math.radians(10.0)


def cell_of(x_m: float, y_m: float) -> tuple[int, int]:
    """Indices of the cell that holds a place on the floor, m: multiples of ``CELL_M``."""
    return math.floor(x_m / CELL_M), math.floor(y_m / CELL_M)


def size_of(width_m: float, previous: int) -> int:
    """The size class of a person who is ``width_m`` wide, and was in class ``previous``.

    The footprint is taken as a square of that width: only one side of it is seen.
    """
    if width_m <= 0.0:
        return SIZE_UNKNOWN
    area_m2 = width_m * width_m
    size = SIZE_SMALL
    for index, edge_m2 in enumerate(SIZE_EDGES_M2):
        was_above = previous > SIZE_SMALL + index
        factor = 1.0 if previous == SIZE_UNKNOWN else 1.0 + SIZE_HYSTERESIS * (1 - 2 * was_above)
        if area_m2 >= edge_m2 * factor:
            size = SIZE_SMALL + index + 1
    return size


@dataclass
class DirectionFilter:
    """The direction of one person from tick to tick."""

    current: int = DIRECTION_NONE

    def update(self, vx_mps: float, vy_mps: float) -> int:
        """The direction, 0..8, of a person whose mean velocity over the tick was this."""
        speed_mps = math.hypot(vx_mps, vy_mps)
        moved = self.current != DIRECTION_NONE
        if speed_mps < (STANDS_MPS if moved else MOVES_MPS):
            self.current = DIRECTION_NONE
            return self.current
        sector = math.pi / 4
        angle = math.atan2(vy_mps, vx_mps)
        if moved:
            off = math.remainder(angle - (self.current - 1) * sector, 2 * math.pi)
            if abs(off) <= sector / 2 + SECTOR_HYSTERESIS_RAD:
                return self.current
        self.current = 1 + round(angle / sector) % 8
        return self.current
