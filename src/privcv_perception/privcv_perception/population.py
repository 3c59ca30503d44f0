# SPDX-License-Identifier: Apache-2.0
"""The people a tracker follows, as arrays with one row each, and how their state moves on.

Position and velocity are those of the feet in the image, where the noise of boxes is independent
across and along; how people can move is said in metres and enters through pixels per metre.
Each axis is a constant-velocity Kalman filter (Bar-Shalom et al. 2001, ch. 6), white acceleration.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from privcv_perception.lens import Floats


@dataclass
class Population:
    """One row per person. ``h`` is the length of the history, in frames, a ring."""

    number: NDArray[np.int64]
    """(n,) the id; -1 until the person is believed."""
    feet: Floats
    """(n, 2) px, with ``speed`` (n, 2) px/s, and their covariance as three (n, 2) arrays."""
    speed: Floats
    var_feet: Floats
    covariance: Floats
    var_speed: Floats
    height: Floats
    """(n,) log of the height over an adult's at that place, with its variance."""
    var_height: Floats
    aspect: Floats
    """(n,) log of width over height, with its variance."""
    var_aspect: Floats
    body_px: Floats
    """(n,) an adult's height at the feet, px."""
    px_per_m: Floats
    """(n, 2) across and in depth."""
    born: Floats
    """(n, 2) px, where first seen."""
    moved_m: Floats
    """(n,) how far from there at most."""
    hits: Floats
    """(n,) number of good boxes, with the sum of their scores in ``evidence``."""
    evidence: Floats
    first_s: Floats
    last_s: Floats
    """(n,) event times of the first and the last box."""
    here: NDArray[np.bool_]
    """(n,) False: has left, kept only until the last frame with them is final."""
    seen: NDArray[np.bool_]
    """(n, h) frames in which a box was theirs, and (n, h, 2) the feet it showed."""
    seen_feet: Floats
    path: Floats
    """(n, h, 2) the filtered feet."""

    @staticmethod
    def empty(history: int) -> "Population":
        """Nobody."""
        two, one = (lambda: np.zeros((0, 2))), (lambda: np.zeros(0))
        return Population(
            np.zeros(0, np.int64), two(), two(), two(), two(), two(), one(), one(), one(), one(),
            one(), two(), two(), one(), one(), one(), one(), one(), np.zeros(0, bool),
            np.zeros((0, history), bool), np.zeros((0, history, 2)), np.zeros((0, history, 2)),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.number)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Forget the others."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[rows])

    def extend(self, others: "Population") -> None:
        """Add rows at the end."""
        for field in fields(self):
            both = (getattr(self, field.name), getattr(others, field.name))
            setattr(self, field.name, np.concatenate(both))

    def boxes(self) -> Floats:
        """(n, 4) left, top, width, height, px, of where everybody should be."""
        return standing_boxes(self.feet, self.body_px * np.exp(self.height), self.aspect)

    def predict(self, passed_s: float, acceleration_mps2: float, growth: float) -> None:
        """Move on by ``passed_s``; ``growth`` is the drift of log height, per square root of s."""
        square = (acceleration_mps2 * self.px_per_m) ** 2
        self.feet = self.feet + self.speed * passed_s
        self.var_feet = (
            self.var_feet + passed_s * (2 * self.covariance + passed_s * self.var_speed)
            + square * (passed_s**4 / 4)
        )  # fmt: skip
        self.covariance = self.covariance + passed_s * self.var_speed + square * (passed_s**3 / 2)
        self.var_speed = self.var_speed + square * passed_s**2
        self.var_height = self.var_height + growth * growth * passed_s

    def rest(self, rows: NDArray[np.bool_]) -> None:
        """Expect that they stay where they are."""
        self.speed[rows] = self.covariance[rows] = self.var_speed[rows] = 0.0

    def correct(self, rows: NDArray[np.intp], innovation: Floats, noise: Floats) -> None:
        """Kalman update of ``rows``: both arrays (k, 2), px and px²."""
        var, cov = self.var_feet[rows], self.covariance[rows]
        gain = var / (var + noise)
        gain_speed = cov / (var + noise)
        self.feet[rows] += gain * innovation
        self.speed[rows] += gain_speed * innovation
        self.var_speed[rows] -= gain_speed * cov
        self.covariance[rows] = cov * (1 - gain)
        self.var_feet[rows] = var * (1 - gain)

    def correct_size(
        self, rows: NDArray[np.intp], sizes: Floats, noise: Floats, aspect_noise: Floats
    ) -> None:
        """Learn height and aspect from boxes of ``sizes`` (k, 2): width and height, px."""
        var = self.var_height[rows]
        gain = var / (var + noise)
        self.height[rows] += gain * (np.log(sizes[:, 1] / self.body_px[rows]) - self.height[rows])
        self.var_height[rows] = var * (1 - gain)
        var = self.var_aspect[rows]
        gain = var / (var + aspect_noise)
        upright = self.body_px[rows] * np.exp(self.height[rows])
        self.aspect[rows] += gain * (np.log(sizes[:, 0] / upright) - self.aspect[rows])
        self.var_aspect[rows] = var * (1 - gain)


def standing_boxes(feet: Floats, height_px: Floats, aspect: Floats) -> Floats:
    """(n, 4) boxes, px, over ``feet`` (n, 2), with heights (n,), px, and log aspects (n,)."""
    boxes = np.empty((len(feet), 4))
    boxes[:, 2] = height_px * np.exp(aspect)
    boxes[:, 0] = feet[:, 0] - boxes[:, 2] / 2
    boxes[:, 1] = feet[:, 1] - height_px
    boxes[:, 3] = height_px
    return boxes
