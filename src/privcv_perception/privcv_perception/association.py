# SPDX-License-Identifier: Apache-2.0
"""Which box is whose: how far each box lies from where each person should be, and the best pairing."""

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

HEIGHT_SHARE = 0.3
"""Weight of the height in the distance: boxes are often cut short."""


@dataclass(frozen=True)
class Innovations:
    """Of n people against m boxes, across and along the image.

    ``offset``: (n, m, 2) px by which the feet are elsewhere than predicted;
    ``whole``: (n, m, 2) whether width and height are as they should be;
    ``noise``: (n, 1, 1) variance, px², of an offset where they are;
    ``distance``: (n, m) squared, in standard deviations, with a share for the height.
    """

    offset: Floats
    whole: NDArray[np.bool_]
    noise: Floats
    distance: Floats


def innovations(
    people: Population, log_sizes: Floats, edges: Floats, box_log_sizes: Floats, box_noise: float
) -> Innovations:
    """Compare everybody with boxes of (m, 4) ``edges``: left, top, right, bottom, px.

    ``log_sizes``, ``box_log_sizes``: (n, 2) and (m, 2) logs of width and height;
    ``box_noise``: standard deviation of edges, in heights.
    A box that is too short shows only part of a person: then the edge nearer to its prediction,
    head or feet, says where they stand.
    """
    sizes = np.exp(log_sizes)
    height = sizes[:, 1].reshape(-1, 1, 1)
    moved = edges - standing_edges(people.state[:, FEET], sizes)[:, None]
    near, far = moved[..., :2], moved[..., 2:]
    whole = np.abs(far - near) < AGREES * height
    offset = (near + far) / 2
    top, bottom = near[..., 1], far[..., 1]
    nearer = np.where(np.abs(bottom) < np.abs(top), bottom, top)
    offset[..., 1] = np.where(whole[..., 1], offset[..., 1], nearer)
    noise = (box_noise * height) ** 2
    terms = offset * offset
    terms /= people.variance[:, None, FEET] + np.where(whole, noise, HIDDEN * noise)
    grown = (box_log_sizes[:, 1] - log_sizes[:, 1:]) / HEIGHT_SPREAD
    distance = terms[..., 0] + terms[..., 1]
    distance += HEIGHT_SHARE * np.minimum(grown * grown, 9)
    return Innovations(offset, whole, noise, distance)


def pair(
    distance: Floats, rows: NDArray[np.intp], columns: NDArray[np.intp], gate: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair ``rows`` with ``columns`` of ``distance`` at the least total, none farther than ``gate``.

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
    return shared / np.maximum(together, 1e-9)
