# SPDX-License-Identifier: Apache-2.0
"""Track states: the people a tracker follows, as arrays with a row each, and their Kalman filter.

Position and velocity are those of the feet in the image, where the noise of boxes is independent
across and along; how people can move is said in metres and enters through pixels per metre.
Each axis is a constant-velocity Kalman filter (Bar-Shalom et al. 2001, ch. 6) with white
acceleration; the log of the height and of width over height are constants that drift.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.tracking.seen_boxes import COLUMNS

FEET, ASPECT, HEIGHT = slice(0, 2), 2, 3
"""Columns of the state: feet, px; log width over height; log height over an adult's there."""

MIDDLE_BELOW = np.array((0.5, 1.0))
"""Where a box's feet are, as shares of its width and height."""

TENTATIVE = np.array(-1)
"""The number of a track that is not confirmed."""


@dataclass
class TrackStates:
    """Kalman states of the followed people, a row each. ``h``: length of the ring of frames."""

    number: NDArray[np.int64]
    """(n,) int64, the track's id; ``TENTATIVE`` until it is confirmed."""
    state: Floats
    """(n, 4) see the columns above, with its variance (n, 4)."""
    variance: Floats
    speed: Floats
    """(n, 2) px/s of the feet, with its covariance with them, its variance, (n, 2) each."""
    covariance: Floats
    speed_variance: Floats
    log_body: Floats
    """(n,) log of an adult's height at the feet, px."""
    px_per_m: Floats
    """(n, 2) across and in depth."""
    first_feet: Floats
    """(n, 2) px, where first seen."""
    moved_m: Floats
    """(n,) how far from there at most."""
    hits: Floats
    """(n,) number of good boxes, with the sum of their scores in ``evidence``."""
    evidence: Floats
    first_s: Floats
    last_s: Floats
    """(n,) event times of the first and the last box."""
    alone_s: Floats
    """(n,) for how long they are unseen, s, but for when somebody was near who may hide them."""
    gone_s: Floats
    """(n,) event time of the last box before the latest time unseen; ``gone_speed``, (n, 2), px/s,
    how they went; ``back_s``, (n,), event time of the first box after it, NaN once judged."""
    gone_speed: Floats
    back_s: Floats
    edge: NDArray[np.int64]
    """(n,) axis across the edge of the image at which they turned round then; -1: were unseen."""
    here: NDArray[np.bool_]
    """(n,) False: has left, kept only until the last frame with them is final."""
    seen: Floats
    """(n, h, 3): 1 and the feet, px, for frames in which a box was theirs, else 0."""
    shown: Floats
    """(n, h, 7): what was shown of them in those frames, see ``seen_boxes``, else 0."""

    @staticmethod
    def empty(history: int) -> "TrackStates":
        """Nobody."""
        four, two, one = np.zeros((0, 4)), np.zeros((0, 2)), np.zeros(0)
        return TrackStates(
            np.zeros(0, np.int64), four, four, two, two, two, one, two, two, one, one, one, one,
            one, one, one, two, one, np.zeros(0, np.int64), np.zeros(0, bool),
            np.zeros((0, history, 3)), np.zeros((0, history, COLUMNS)),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.number)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Delete every track but ``rows``, (n,)."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[rows])

    def extend(self, others: "TrackStates") -> None:
        """Add rows at the end."""
        for field in fields(self):
            both = (getattr(self, field.name), getattr(others, field.name))
            setattr(self, field.name, np.concatenate(both))

    def log_sizes(self) -> Floats:
        """(n, 2) log of width and height, px."""
        sizes = np.empty((len(self), 2))
        np.add(self.log_body, self.state[:, HEIGHT], out=sizes[:, 1])
        np.add(sizes[:, 1], self.state[:, ASPECT], out=sizes[:, 0])
        return sizes

    def cut_by(self, image: Floats) -> NDArray[np.bool_]:
        """(n,) Whether a side of the ``image``, (width, height) px, or its lower edge cuts them."""
        edges = standing_edges(self.state[:, FEET], np.exp(self.log_sizes()))
        cut: NDArray[np.bool_] = (edges[:, 0] < 0) | (edges[:, 2:] > image).any(axis=1)
        return cut

    def predict(self, passed_s: float, acceleration_mps2: float, growth: float) -> None:
        """Kalman prediction over ``passed_s``; ``growth``: drift of log height, per root of a s."""
        step, half = constant(passed_s), constant(passed_s / 2)
        noise = constant(acceleration_mps2 * passed_s) * self.px_per_m
        noise *= noise
        spread = step * self.speed_variance
        self.state[:, FEET] += step * self.speed
        self.speed_variance += noise
        noise *= half
        variance = self.variance[:, FEET]
        variance += step * (self.covariance + self.covariance + spread)
        variance += noise * half
        self.variance[:, HEIGHT] += constant(growth * growth * passed_s)
        self.covariance += spread + noise

    def rest(self, rows: NDArray[np.bool_]) -> None:
        """Expect that they stay where they are."""
        self.speed[rows] = self.covariance[rows] = self.speed_variance[rows] = 0.0

    def correct(self, rows: NDArray[np.intp], values: Floats, variances: Floats) -> None:
        """Kalman update of ``rows`` by innovations ``values``, (k, 4), with their ``variances``."""
        innovation, noise = values, variances
        if len(rows) < len(self):
            innovation, noise = np.zeros((len(self), 4)), np.full((len(self), 4), np.inf)
            innovation[rows], noise[rows] = values, variances
        total = self.variance + noise
        gain = self.variance / total
        speed_gain = self.covariance / total[:, FEET]
        self.state += gain * innovation
        self.speed += speed_gain * innovation[:, FEET]
        self.speed_variance -= speed_gain * self.covariance
        left = 1 - gain
        self.covariance *= left[:, FEET]
        self.variance *= left


def standing_edges(feet: Floats, sizes: Floats) -> Floats:
    """(n, 4) left, top, right, bottom, px, over ``feet`` (n, 2), of ``sizes`` (n, 2), px."""
    edges = np.empty((len(feet), 4))
    np.subtract(feet, sizes * MIDDLE_BELOW, out=edges[:, :2])
    np.add(edges[:, :2], sizes, out=edges[:, 2:])
    return edges
