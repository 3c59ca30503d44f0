# SPDX-License-Identifier: Apache-2.0
"""Which box is whose: how far each box lies from where each person should be; the best pairing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from privcv_perception.lens import Floats
from privcv_perception.population import FEET, Population, standing_edges

AGREES = 0.15
"""Edges that moved by amounts this close, in heights, moved together: nothing hides the person."""

HIDDEN = 4.0
"""So much more variance has a position from a box that shows only a part of the person."""

HEIGHT_SPREAD = 0.12
"""Standard deviation of the log height of boxes around one person."""

SIZE_NOISE = np.array((0.25, HEIGHT_SPREAD)) ** 2
SIZE_NOISE_HIDDEN = np.array((0.8, 4 * HEIGHT_SPREAD)) ** 2
"""Variances of the log width and height of one box, without and with a part hidden."""

HEIGHT_SHARE = 0.3
"""Weight of the height in the distance: boxes are often cut short."""


@dataclass(frozen=True)
class Innovations:
    """Of n people against m boxes.

    ``values``: (n, m, 4) by how much the feet, px, log width and log height differ from what was
    predicted, with ``noise``, their variances;
    ``distance``: (n, m) squared, in standard deviations, with a share for the height.
    """

    values: Floats
    noise: Floats
    distance: Floats


def innovations(
    people: Population, edges: Floats, log_sizes: Floats, box_noise: float
) -> Innovations:
    """Compare everybody with boxes of (m, 4) ``edges``: left, top, right, bottom, px.

    ``log_sizes``: (m, 2) logs of the boxes' width and height; ``box_noise``: standard deviation of
    edges, in heights.
    A box that is too short shows only part of a person: then the edge nearer to its prediction,
    head or feet, says where they stand.
    """
    expected = people.log_sizes()
    sizes = np.exp(expected)
    height = sizes[:, 1].reshape(-1, 1, 1)
    moved = edges - standing_edges(people.state[:, FEET], sizes)[:, None]
    near, far = moved[..., :2], moved[..., 2:]
    hidden = np.abs(far - near) > AGREES * height
    values = np.empty(moved.shape)
    offset = values[..., :2]
    np.add(near, far, out=offset)
    offset *= 0.5
    top, bottom = near[..., 1], far[..., 1]
    nearer = np.where(np.abs(bottom) < np.abs(top), bottom, top)
    np.copyto(offset[..., 1], nearer, where=hidden[..., 1])
    np.subtract(log_sizes, expected[:, None], out=values[..., 2:])
    noise = np.empty(moved.shape)
    np.multiply((box_noise * height) ** 2, 1 + (HIDDEN - 1) * hidden, out=noise[..., :2])
    noise[..., 2:] = SIZE_NOISE
    np.copyto(noise[..., 2:], SIZE_NOISE_HIDDEN, where=hidden[..., 1:])
    terms = offset * offset / (people.variance[:, None, FEET] + noise[..., :2])
    grown = values[..., 3] ** 2 * (HEIGHT_SHARE / HEIGHT_SPREAD**2)
    distance = terms[..., 0] + terms[..., 1] + np.minimum(grown, 9 * HEIGHT_SHARE)
    return Innovations(values, noise, distance)


def pair(
    distance: Floats, rows: NDArray[np.intp], columns: NDArray[np.intp], gate: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair ``rows`` with ``columns`` of ``distance`` at the least total, none beyond ``gate``.

    Returns the paired rows and columns, both (k,).
    """
    cost = np.minimum(distance[rows[:, None], columns], gate)
    chosen_rows, chosen_columns = linear_sum_assignment(cost)
    near = cost[chosen_rows, chosen_columns] < gate
    return rows[chosen_rows[near]], columns[chosen_columns[near]]


def overlap(a: Floats, b: Floats) -> Floats:
    """Intersection over union, (n, m), of (n, 4) and (m, 4) edges: left, top, right, bottom."""
    common = np.minimum(a[:, None, 2:], b[:, 2:]) - np.maximum(a[:, None, :2], b[:, :2])
    common = np.maximum(common, 0)
    shared = common[..., 0] * common[..., 1]
    a_size, b_size = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    together = (a_size[:, 0] * a_size[:, 1])[:, None] + b_size[:, 0] * b_size[:, 1] - shared
    ratio: Floats = shared / np.maximum(together, 1e-9)
    return ratio
