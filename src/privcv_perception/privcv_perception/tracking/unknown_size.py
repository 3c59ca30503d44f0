# SPDX-License-Identifier: Apache-2.0
"""Sizes without a calibration: what one box tells of a person's height, and how it will change.

Then a person's own boxes are all there is to know their height by. A box that the lower edge of the
image cuts is a lower bound: somebody who comes in there grows, and what is visible of them is never
replaced by what was seen before. Who walks towards the camera or away from it grows or shrinks with
their feet's row, as perspective has it.
"""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.tracking.innovation import HEIGHT_SPREAD
from privcv_perception.tracking.seen_boxes import TALL, TOP
from privcv_perception.tracking.track_states import HEIGHT, TrackStates

GROWS, GROWS_SPREAD = constant(0.3), constant(0.3)
"""Growth of a height over the way of the feet down the image, and its standard deviation: a
person's height over the camera's, 1.7 m over 3 to 10 m."""

LARGEST_STEP = constant(0.2)
"""More of a height than this the feet do not move between two frames."""

CUT_PX = 2
CUT_SHARE = 0.01
"""A box that ends so near to the lower edge of the image is cut by it: px, and share of its
height."""

CUT_SPREAD = 0.3
"""Standard deviation of the log height of somebody of whom only a part was ever seen."""

VISIBLE_SPREAD = 0.05
"""The same around what is visible of them."""

NOT_YET_KNOWN = 0.006
"""Variance of a log height above which a taller box tells the height: the first whole ones do."""

PART_VARIANCE_S = 0.008
"""Variance of the log height of a box that shows a part, times the seconds since the one before:
after a second it is believed, however often somebody looks."""

PART = 0.25
"""A box that is shorter by more than this, in logs of the height, shows a part of a person."""


def foresee_sizes(states: TrackStates, passed_s: float) -> None:
    """Let heights follow the feet's way up or down the image during ``passed_s``, s."""
    height = np.exp(states.log_body + states.state[:, HEIGHT])
    step = constant(passed_s) * states.speed[:, 1] / height
    np.maximum(np.minimum(step, LARGEST_STEP, out=step), -LARGEST_STEP, out=step)
    states.state[:, HEIGHT] += GROWS * step
    step *= GROWS_SPREAD
    step *= step
    states.variance[:, HEIGHT] += step


def judge_sizes(
    states: TrackStates,
    who: NDArray[np.intp],
    taller: Floats,
    noise: Floats,
    shown: Floats,
    image_height_px: float,
    now_s: float,
) -> NDArray[np.bool_]:
    """Which boxes of ``who``, (k,), show a part only; sets the ``noise``, (k,), of their log
    heights.

    ``taller``: (k,) by how much their log height exceeds what is expected; ``shown``: (k, 7) of the
    boxes, see ``seen_boxes``; ``now_s``: event time, s, of these. Lets the height of those whom
    the lower edge cuts be uncertain."""
    short = np.abs(taller) > PART
    left_over = image_height_px - shown[:, TOP] - shown[:, TALL]
    cut = left_over <= CUT_PX + CUT_SHARE * shown[:, TALL]
    grown = taller > 0
    if np.count_nonzero(cut):
        noise[cut] = np.where(grown[cut], VISIBLE_SPREAD**2, np.inf)
        rows = who[cut]
        states.variance[rows, HEIGHT] = np.maximum(states.variance[rows, HEIGHT], CUT_SPREAD**2)
    grown &= states.variance[who, HEIGHT] > NOT_YET_KNOWN
    noise[grown] = np.minimum(noise[grown], HEIGHT_SPREAD**2)
    since_s = now_s - states.last_s[who]
    np.minimum(noise, PART_VARIANCE_S / since_s, out=noise, where=~cut)
    part: NDArray[np.bool_] = short & ~grown
    return part
