# SPDX-License-Identifier: Apache-2.0
"""Which box is whose: how far each box lies from where each person should be, and the best pairing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from privcv_perception.lens import Floats
from privcv_perception.population import Population

AGREES = 0.15
"""Edges that moved by amounts this close, in heights, moved together: nothing hides the person."""

HEIGHT_SPREAD = 0.12
"""Standard deviation of the log height of boxes around one person."""


@dataclass(frozen=True)
class Innovations:
    """Of n people against m boxes.

    ``across``, ``along``: (n, m) px by which the feet are elsewhere than predicted;
    ``whole``, ``wide``: (n, m) whether the height and the width are as they should be;
    ``distance``: (n, m) squared, in standard deviations, with a share for the height.
    """

    across: Floats
    along: Floats
    whole: NDArray[np.bool_]
    wide: NDArray[np.bool_]
    noise_across: Floats
    noise_along: Floats
    distance: Floats


def innovations(people: Population, boxes: Floats, box_noise: float) -> Innovations:
    """Compare everybody with (m, 4) ``boxes``; ``box_noise``: deviation of edges, in heights.

    A box that is too short shows only part of a person: then the edge nearer to its prediction,
    head or feet, says where they stand.
    """
    expected = people.boxes()
    height = expected[:, 3:]
    near, far = expected[:, :2], expected[:, :2] + expected[:, 2:]
    box_far = boxes[:, :2] + boxes[:, 2:]
    top = boxes[:, 1] - near[:, 1:]
    bottom = box_far[:, 1] - far[:, 1:]
    left = boxes[:, 0] - near[:, :1]
    right = box_far[:, 0] - far[:, :1]
    close = AGREES * height
    whole = np.abs(top - bottom) < close
    wide = np.abs(left - right) < close
    across = (left + right) / 2
    along = np.where(
        whole, (top + bottom) / 2, np.where(np.abs(bottom) < np.abs(top), bottom, top)
    )
    noise = (box_noise * height) ** 2
    noise_across, noise_along = np.where(wide, noise, 4 * noise), np.where(whole, noise, 4 * noise)
    distance = across * across / (people.var_feet[:, :1] + noise)
    distance += along * along / (people.var_feet[:, 1:] + noise_along)
    grown = (np.log(boxes[:, 3]) - np.log(height)) / HEIGHT_SPREAD
    distance += 0.3 * np.minimum(grown * grown, 9)
    return Innovations(across, along, whole, wide, noise_across, noise_along, distance)


def pair(
    distance: Floats, rows: NDArray[np.intp], columns: NDArray[np.intp], gate: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair ``rows`` with ``columns`` of ``distance`` at the least total, none farther than ``gate``.

    Returns the paired rows and columns, both (k,).
    """
    if not len(rows) or not len(columns):
        none = np.zeros(0, np.intp)
        return none, none
    cost = np.minimum(distance[rows[:, None], columns], gate)
    chosen_rows, chosen_columns = linear_sum_assignment(cost)
    near = cost[chosen_rows, chosen_columns] < gate
    return rows[chosen_rows[near]], columns[chosen_columns[near]]


def overlap(a: Floats, b: Floats) -> Floats:
    """Intersection over union, (n, m), of (n, 4) and (m, 4) boxes."""
    a_far, b_far = a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]
    near = np.maximum(a[:, None, :2], b[:, :2])
    common = np.maximum(np.minimum(a_far[:, None], b_far) - near, 0).prod(axis=2)
    together = (a[:, 2] * a[:, 3])[:, None] + b[:, 2] * b[:, 3] - common
    return common / np.maximum(together, 1e-9)
