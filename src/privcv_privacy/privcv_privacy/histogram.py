# SPDX-License-Identifier: Apache-2.0
"""The histogram of a cell: standing or the way people head, and how long they stayed."""

BINS = 5
"""Standing, heading +x, +y, -x, -y: the bins of a cell's histogram."""

DWELL_EDGES_S = (30, 120)
"""Lengths of stay, s, at which the next bin of a dwell histogram begins."""

DWELL_BINS = 3
"""Shorter than 30 s, shorter than 120 s, longer."""

_DIAGONAL = 0.7071067811865476

# Direction 0..8 of AnonymousTrack as a step on the floor: none, then counter-clockwise from east.
STEPS = (
    (0.0, 0.0),
    (1.0, 0.0),
    (_DIAGONAL, _DIAGONAL),
    (0.0, 1.0),
    (-_DIAGONAL, _DIAGONAL),
    (-1.0, 0.0),
    (-_DIAGONAL, -_DIAGONAL),
    (0.0, -1.0),
    (_DIAGONAL, -_DIAGONAL),
)


def heading(x: float, y: float) -> int:
    """Bin of a movement by (x, y): its larger axis, x where they are equal; 0 where it is none."""
    if x == 0 and y == 0:
        return 0
    if abs(x) >= abs(y):
        return 1 if x > 0 else 3
    return 2 if y > 0 else 4
