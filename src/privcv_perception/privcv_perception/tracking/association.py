# SPDX-License-Identifier: Apache-2.0
"""Which box is whose: how far each box lies from where each person should be; the best pairing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from privcv_perception.arrays import Floats, constant
from privcv_perception.tracking.track_states import FEET, Population, standing_edges

AGREES = constant(0.15)
"""Edges that moved by amounts this close, in heights, moved together: nothing hides the person."""

HIDDEN_OR_NOT = np.array((1.0, 4.0))
"""So much more variance has a position from a box that shows only a part of the person."""

HEIGHT_SPREAD = 0.12
"""Standard deviation of the log height of boxes around one person."""

SIZE_NOISE = np.array((0.25, HEIGHT_SPREAD)) ** 2
SIZE_NOISES = np.array((SIZE_NOISE, np.array((0.8, 4 * HEIGHT_SPREAD)) ** 2))
"""Variances of the log width and height of one box, without and with a part hidden."""

HEIGHT_SHARE = 0.3
"""Weight of the height in the distance: boxes are often cut short."""


class Innovations(NamedTuple):
    """Of n people against m boxes.

    ``moved``: (n, m, 2) by how much the feet, px, differ from what was predicted, with ``noise``,
    its variance, and whether a part of the person is ``hidden`` across and along;
    ``expected``: (n, 2) predicted log width and height;
    ``distance``: (n, m) squared, in standard deviations, with a share for the height.
    """

    moved: Floats
    noise: Floats
    hidden: NDArray[np.bool_]
    expected: Floats
    distance: Floats

    def of_pairs(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp], log_sizes: Floats
    ) -> tuple[Floats, Floats]:
        """(k, 4) innovations of feet, log width and log height, and (k, 4) their variances.

        ``log_sizes``: (m, 2) logs of the boxes' width and height.
        """
        flat = rows * self.distance.shape[1] + columns
        values, noise = np.empty((len(flat), 4)), np.empty((len(flat), 4))
        values[:, :2] = self.moved.reshape(-1, 2).take(flat, axis=0)
        np.subtract(log_sizes.take(columns, axis=0), self.expected.take(rows, axis=0),
                    out=values[:, 2:])  # fmt: skip
        noise[:, :2] = self.noise.reshape(-1, 2).take(flat, axis=0)
        hidden = self.hidden[..., 1].take(flat)
        noise[:, 2:] = SIZE_NOISES.take(hidden, axis=0)
        return values, noise


def innovations(
    people: Population, edges: Floats, log_heights: Floats, box_noise: Floats
) -> Innovations:
    """Compare everybody with boxes of (m, 4) ``edges``: left, top, right, bottom, px.

    ``log_heights``: (m,) logs of the boxes' height; ``box_noise``: standard deviation of edges, in
    heights.
    A box that is too short shows only part of a person: then the edge nearer to its prediction,
    head or feet, says where they stand.
    """
    expected = people.log_sizes()
    sizes = np.exp(expected)
    height = sizes[:, 1:, None]
    change = edges - standing_edges(people.state[:, FEET], sizes)[:, None]
    near, far = change[..., :2], change[..., 2:]
    moved = near + far
    moved *= HALF
    hidden = np.abs(far - near) > AGREES * height
    top, bottom = near[..., 1], far[..., 1]
    nearer = np.where(np.abs(bottom) < np.abs(top), bottom, top)
    np.copyto(moved[..., 1], nearer, where=hidden[..., 1])
    noise = box_noise * height
    noise = noise * noise * HIDDEN_OR_NOT.take(hidden)
    terms = moved * moved
    terms /= people.variance[:, None, FEET] + noise
    grown = log_heights - expected[:, 1:]
    grown *= grown
    grown *= HEIGHT_WEIGHT
    distance = terms[..., 0] + terms[..., 1]
    distance += np.minimum(grown, MOST_OF_HEIGHT, out=grown)
    return Innovations(moved, noise, hidden, expected, distance)


HALF, NOTHING, LEAST_AREA = constant(0.5), constant(0.0), constant(1e-9)
HEIGHT_WEIGHT = constant(HEIGHT_SHARE / HEIGHT_SPREAD**2)
MOST_OF_HEIGHT = constant(9 * HEIGHT_SHARE)

Pair = tuple[int, int]
"""A person's row and a box's."""


def close_pairs(distance: Floats, gate: Floats) -> list[Pair]:
    """The rows and columns of ``distance`` below ``gate``, in order."""
    rows, columns = (distance < gate).nonzero()
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def pair(distance: Floats, candidates: list[Pair], gate: Floats) -> list[Pair]:
    """The pairing among ``candidates`` at the least total ``distance``, in order.

    ``candidates`` holds every pair of its rows and its columns that is nearer than ``gate``.
    """
    rows, columns = {row for row, _ in candidates}, {column for _, column in candidates}
    if len(rows) == len(columns) == len(candidates):
        return candidates  # Nobody is contested: nothing to weigh.
    some_rows, some_columns = np.array(sorted(rows)), np.array(sorted(columns))
    cost = np.minimum(distance[some_rows[:, None], some_columns], gate)
    chosen_rows, chosen_columns = linear_sum_assignment(cost)
    near = cost[chosen_rows, chosen_columns] < gate
    pairs = zip(some_rows[chosen_rows[near]], some_columns[chosen_columns[near]], strict=True)
    return [(int(row), int(column)) for row, column in pairs]


def overlap(a: Floats, b: Floats) -> Floats:
    """Intersection over union, (n, m), of (n, 4) and (m, 4) edges: left, top, right, bottom."""
    common = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    np.maximum(common, NOTHING, out=common)
    shared = common[..., 0] * common[..., 1]
    a_size, b_size = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    together = (a_size[:, 0] * a_size[:, 1])[:, None] + b_size[:, 0] * b_size[:, 1] - shared
    result: Floats = shared / np.maximum(together, LEAST_AREA)
    return result
