# SPDX-License-Identifier: Apache-2.0
"""What is quick where nobody is contested pairs as the whole cascade does, and orders as a sort."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from privcv_perception.arrays import Floats, constant
from privcv_perception.tracking.association import Pair, associate
from privcv_perception.tracking.measurements import MOST_PEOPLE, _best_first

FAR, FAR_LOW = 9.0, 4.0


def cascade(distance: Floats, here: list[bool], settled: list[bool], sure: int) -> set[Pair]:
    """ByteTrack's cascade, each step by the Hungarian method over whole matrices."""
    count, boxes = distance.shape
    pairs: set[Pair] = set()

    def step(rows: list[int], columns: list[int], farthest: float) -> None:
        if rows and columns:
            cost = np.minimum(distance[np.ix_(rows, columns)], farthest)
            for i, j in zip(*linear_sum_assignment(cost), strict=True):
                if cost[i, j] < farthest:
                    pairs.add((rows[i], columns[j]))

    def left(is_settled: bool) -> list[int]:
        paired = {who for who, _ in pairs}
        return [
            who for who in range(count)
            if here[who] and settled[who] == is_settled and who not in paired
        ]  # fmt: skip

    step(left(True), list(range(sure)), FAR)
    step(left(True), list(range(sure, boxes)), FAR_LOW)
    step(left(False), [box for box in range(boxes) if box not in {b for _, b in pairs}], FAR)
    return pairs


@pytest.mark.parametrize("crowded", [0.03, 0.12, 0.4])
def test_pairs_are_those_of_the_whole_cascade(crowded: float) -> None:
    random = np.random.default_rng(7)
    uncontested = 0
    for _ in range(400):
        shape = tuple(random.integers(1, 7, 2))
        near = random.random(shape) < crowded
        distance = np.where(near, random.uniform(0, 10, shape), random.uniform(20, 30, shape))
        here = (random.random(shape[0]) < 0.9).tolist()
        settled = (random.random(shape[0]) < 0.7).tolist()
        sure = int(random.integers(0, shape[1] + 1))
        found = associate(distance, here, settled, sure, constant(FAR), constant(FAR_LOW))
        assert set(found) == cascade(distance, here, settled, sure)
        assert len(set(found)) == len(found)
        uncontested += near.sum(axis=0).max() <= 1 and near.sum(axis=1).max() <= 1
    assert uncontested > 5


@pytest.mark.parametrize(
    "scores",
    [
        [], [0.9], [0.1], [np.nan], [0.9, 0.5, 0.5, 0.3], [0.9, 0.5, 0.1, 0.05], [0.3, 0.9, 0.3],
        [0.9, np.nan, 0.5], [np.nan, 0.9], [0.5, 0.1, 0.9], [0.5] * (MOST_PEOPLE + 3),
    ],
)  # fmt: skip
def test_boxes_come_best_first_whether_they_came_so_or_not(scores: list[float]) -> None:
    boxes = np.arange(4.0 * len(scores)).reshape(-1, 4)
    wanted = [row for row, score in enumerate(scores) if score >= 0.2]
    wanted = sorted(wanted, key=lambda row: -scores[row])[:MOST_PEOPLE]
    found, told = _best_first(boxes, np.array(scores, float), constant(0.2))
    assert found[:, :1].ravel().tolist() == [4.0 * row for row in wanted]
    assert told.tolist() == [scores[row] for row in wanted]
