# SPDX-License-Identifier: Apache-2.0
"""Boxes of final frames: what was seen; what is hidden is filled from what is known of the person.

A detector's box is off by so many px of its own picture, whatever the size of the person: of
somebody near the camera it is far better than any mean over time, of somebody far away it is not.
"""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant

WHOLE, BOX, LOG_SIZES, COLUMNS = 0, slice(1, 5), slice(5, 7), 7
"""Columns of what was shown in a frame: 1 where a whole person was; left, top, width, height, px;
log width and height, px, filled where a part was hidden."""

TOP, TALL = 2, 4

BRIDGED_S = 0.65
"""Between boxes less than this apart, s, a person goes straight on: one look may have missed."""

EVEN_8 = constant(0.17**8)
"""Eighth power of the height, over the longer side of the image, of somebody whose box in one frame
is as good as the mean over time; the weight goes from one to the other within a factor of 1.4."""


def shown_boxes(boxes: Floats) -> Floats:
    """(m, 7), see the columns, of ``boxes`` (m, 4), left, top, width, height, px: all whole."""
    shown = np.empty((len(boxes), COLUMNS))
    shown[:, WHOLE] = 1.0
    shown[:, BOX] = boxes
    np.log(boxes[:, 2:], out=shown[:, LOG_SIZES])
    return shown


def fill_hidden(shown: Floats, part: NDArray[np.bool_], log_sizes: Floats) -> None:
    """Fill what is hidden of those who are shown in ``part``, (k,), up to (k, 2) ``log_sizes``,
    px."""
    shown[part, WHOLE] = 0.0
    shown[part, LOG_SIZES] = np.maximum(shown[part, LOG_SIZES], log_sizes[part])


def shown_at(time: Floats, shown: Floats, seen: Floats, slot: int) -> Floats:
    """(n, 7) what was shown at time 0, that of column ``slot``; between two looks, in between.

    ``time``: (h,) s; ``shown``: (n, h, 7); ``seen``: (n, h), 1 or 0. Zeros for who was not seen for
    longer than ``BRIDGED_S``.
    """
    now = shown[:, slot]
    now_seen = seen[:, slot].tolist()
    if all(now_seen):
        return now
    missing = np.array([row for row, there in enumerate(now_seen) if not there])
    now = now.copy()
    there = seen[missing] > 0
    before = np.where(there & (time < 0), time, -np.inf).argmax(axis=1)
    after = np.where(there & (time > 0), time, np.inf).argmin(axis=1)
    gap_s = time[after] - time[before]
    bridged = there[np.arange(len(missing)), before] & there[np.arange(len(missing)), after]
    bridged &= (time[before] < 0) & (time[after] > 0) & (gap_s < BRIDGED_S)
    rows, before, after = missing[bridged], before[bridged], after[bridged]
    share = (-time[before] / gap_s[bridged])[:, None]
    first, last = shown[rows, before], shown[rows, after]
    now[rows] = first + share * (last - first)
    now[rows, WHOLE] = first[:, WHOLE] * last[:, WHOLE]
    return now


def draw_seen(boxes: Floats, shown: Floats, image_px: Floats) -> None:
    """Draw ``boxes`` (n, 4), left, top, width, height, px, to what was seen in their frame.

    ``shown``: (n, 7) of that frame, zeros for who was not seen; ``image_px``: longer side of the
    image."""
    share = shown[:, TALL] / image_px
    share *= share
    share *= share
    share *= share
    weight = shown[:, WHOLE] * share
    share += EVEN_8
    weight /= share
    change = shown[:, BOX] - boxes
    change *= weight[:, None]
    boxes += change
