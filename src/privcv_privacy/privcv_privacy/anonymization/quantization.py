# SPDX-License-Identifier: Apache-2.0
"""Coarse facts about one person: a cell, a size class, one of eight directions.

Each is decided from one tick alone, without hysteresis: what somebody did before must not decide
what is counted later, see docs/privacy.md, *What is remembered*.
"""

import math

from privcv_privacy.anonymous_tick import CELL_M

SIZE_UNKNOWN, SIZE_SMALL, SIZE_MEDIUM, SIZE_LARGE = range(4)  # AnonymousTrack.SIZE_*
DIRECTION_NONE = 0  # AnonymousTrack.DIRECTION_*; 1 is +x, then counter-clockwise in steps of 45°

SIZE_EDGES_M2 = (0.5, 1.0)  # footprint at which the size class changes
MOVES_MPS = 0.1
"""Mean speed over a tick from which a person moves: one cell in a tick.

Measured in docs/benchmarks/direction.md.
"""


def cell_of(x_m: float, y_m: float) -> tuple[int, int]:
    """Indices of the cell that holds a place on the floor, m: multiples of ``CELL_M``."""
    return math.floor(x_m / CELL_M), math.floor(y_m / CELL_M)


def size_of(width_m: float) -> int:
    """The size class of a person who is ``width_m`` wide; 0 or less: unknown.

    The footprint is taken as a square of that width: only one side of it is seen.
    """
    if width_m <= 0.0:
        return SIZE_UNKNOWN
    return SIZE_SMALL + sum(width_m * width_m >= edge_m2 for edge_m2 in SIZE_EDGES_M2)


def direction_of(vx_mps: float, vy_mps: float) -> int:
    """The direction, 0..8, of a person whose mean velocity over the tick was this, m/s."""
    if math.hypot(vx_mps, vy_mps) < MOVES_MPS:
        return DIRECTION_NONE
    return 1 + round(math.atan2(vy_mps, vx_mps) / (math.pi / 4)) % 8
