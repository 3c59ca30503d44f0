# SPDX-License-Identifier: Apache-2.0
"""Data association: which box is whose, by cascaded linear assignment (ByteTrack).

Boxes of high score are paired first, with the tracks that are settled; then those of low score
with the settled tracks that are left (Zhang et al. 2022); then boxes of high or low score that are
still free with the tentative tracks.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from privcv_perception.arrays import Floats

Pair = tuple[int, int]
"""A track's row and a box's."""


def associate(
    distance: Floats,
    here: list[bool],
    settled: list[bool],
    sure: int,
    farthest: Floats,
    farthest_low: Floats,
) -> list[Pair]:
    """The pairs of n tracks and m boxes, each at most once.

    ``distance``: (n, m) squared, in standard deviations. ``here``: for each track whether it is
    still in the image; ``settled``: whether it is confirmed, or tentative for long. The first
    ``sure`` boxes have a high score. Pairs are nearer than ``farthest``, or ``farthest_low`` where
    the box's score is low.
    """
    near = [each for each in _close_pairs(distance, farthest) if here[each[0]]]
    if farthest_low <= farthest and _is_uncontested(near):
        return [
            (who, box)
            for who, box in near
            if box < sure or not settled[who] or distance[who, box] < farthest_low
        ]
    pairs = _assign(
        distance, [(who, box) for who, box in near if settled[who] and box < sure], farthest
    )
    if sure < distance.shape[1]:
        paired = {who for who, _ in pairs}
        left = [
            (who, box + sure)
            for who, box in _close_pairs(distance[:, sure:], farthest_low)
            if here[who] and settled[who] and who not in paired
        ]
        pairs = pairs + _assign(distance, left, farthest_low)
    if not all(settled):
        taken = {box for _, box in pairs}
        left = [(who, box) for who, box in near if not settled[who] and box not in taken]
        pairs = pairs + _assign(distance, left, farthest)
    return pairs


def _close_pairs(distance: Floats, farthest: Floats) -> list[Pair]:
    """The rows and columns of ``distance`` below ``farthest``, in order."""
    rows, columns = (distance < farthest).nonzero()
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _is_uncontested(pairs: list[Pair]) -> bool:
    """Whether no row and no column is in two of the pairs: then there is nothing to weigh."""
    if len({row for row, _ in pairs}) < len(pairs):
        return False
    return len({column for _, column in pairs}) == len(pairs)


def _assign(distance: Floats, possible: list[Pair], farthest: Floats) -> list[Pair]:
    """Hungarian assignment: the pairs among ``possible`` at the least total distance, in order.

    ``possible`` holds every pair of its rows and its columns that is nearer than ``farthest``.
    """
    if _is_uncontested(possible):
        return possible
    rows, columns = {row for row, _ in possible}, {column for _, column in possible}
    some_rows, some_columns = np.array(sorted(rows)), np.array(sorted(columns))
    cost = np.minimum(distance[some_rows[:, None], some_columns], farthest)
    chosen_rows, chosen_columns = linear_sum_assignment(cost)
    near = cost[chosen_rows, chosen_columns] < farthest
    pairs = zip(some_rows[chosen_rows[near]], some_columns[chosen_columns[near]], strict=True)
    return [(int(row), int(column)) for row, column in pairs]
