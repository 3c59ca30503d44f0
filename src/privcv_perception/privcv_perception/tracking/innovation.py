# SPDX-License-Identifier: Apache-2.0
"""Innovations: how far each box lies from where each track should be, and how surely."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.tracking.track_states import FEET, TrackStates, standing_edges

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
    """Innovations of n tracks against m boxes.

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
    ) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """(k, 4) innovations of feet, log width and log height, (k, 4) their variances, and (k,)
        whether a part of the height is hidden.

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
        return values, noise, hidden


def innovations(
    states: TrackStates, edges: Floats, log_heights: Floats, box_noise: Floats
) -> Innovations:
    """Innovations of every track against boxes of (m, 4) ``edges``: left, top, right, bottom, px.

    ``log_heights``: (m,) logs of the boxes' height; ``box_noise``: standard deviation of edges, in
    heights.
    A box that is too short shows only part of a person: then the edge nearer to its prediction,
    head or feet, says where they stand.
    """
    expected = states.log_sizes()
    sizes = np.exp(expected)
    height = sizes[:, 1:, None]
    change = edges - standing_edges(states.state[:, FEET], sizes)[:, None]
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
    terms /= states.variance[:, None, FEET] + noise
    grown = log_heights - expected[:, 1:]
    grown *= grown
    grown *= HEIGHT_WEIGHT
    distance = terms[..., 0] + terms[..., 1]
    distance += np.minimum(grown, MOST_OF_HEIGHT, out=grown)
    return Innovations(moved, noise, hidden, expected, distance)


HALF = constant(0.5)
HEIGHT_WEIGHT = constant(HEIGHT_SHARE / HEIGHT_SPREAD**2)
MOST_OF_HEIGHT = constant(9 * HEIGHT_SHARE)
