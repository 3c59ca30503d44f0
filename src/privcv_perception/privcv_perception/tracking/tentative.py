# SPDX-License-Identifier: Apache-2.0
"""What is believed of somebody who is seen for the first time."""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.calibration.person_size import LOG_BODY, PersonSize
from privcv_perception.tracking.association import SIZE_NOISE
from privcv_perception.tracking.measurements import Boxes
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.track_states import ASPECT, DOUBTED, FEET, HEIGHT, Population

ADULT_ASPECT = 0.38
"""Width over height of a walking adult's box."""

HEIGHT_PRIOR, ASPECT_PRIOR = 0.08**2, 0.1**2
"""Variances of log height and of log width over height among adults."""


def candidates(
    boxes: Boxes,
    rows: NDArray[np.intp],
    now_s: float,
    history: int,
    size: PersonSize,
    settings: TrackerSettings,
) -> Population:
    """A candidate for each of the ``rows`` of ``boxes``; ``history``: length of their rings."""
    count = len(rows)
    found, log_sizes = boxes.found[rows], boxes.log_sizes[rows]
    per_m = size.px_per_m(found, np.exp(log_sizes[:, 1]))
    # A calibrated height is first an adult's, corrected by the box as any later one is.
    prior = HEIGHT_PRIOR if size.known else np.inf
    share = 1 / (1 + SIZE_NOISE[1] / prior)
    state, variance = np.empty((count, 4)), np.empty((count, 4))
    state[:, FEET] = boxes.feet[rows]
    state[:, HEIGHT] = boxes.tall[rows] * share
    state[:, ASPECT] = np.log(ADULT_ASPECT)
    variance[:, FEET] = (settings.box_noise * np.exp(log_sizes[:, 1:])) ** 2
    variance[:, HEIGHT] = SIZE_NOISE[1] * share
    variance[:, ASPECT] = ASPECT_PRIOR
    now = np.full(count, now_s)
    return Population(
        number=np.full(count, DOUBTED),
        state=state,
        variance=variance,
        speed=np.zeros((count, 2)),
        covariance=np.zeros((count, 2)),
        speed_variance=(settings.speed_mps * per_m) ** 2,
        log_body=found[:, LOG_BODY].copy(),
        px_per_m=per_m.copy(),
        born=boxes.feet[rows].copy(),
        moved_m=np.zeros(count),
        hits=np.zeros(count),
        evidence=np.zeros(count),
        first_s=now,
        last_s=now.copy(),
        here=np.ones(count, bool),
        seen=np.zeros((count, history, 3)),
    )
