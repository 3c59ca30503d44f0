# SPDX-License-Identifier: Apache-2.0
"""Fixed-lag smoother: a frame seen from some time later, who was really there and exactly where.

Positions are a local linear regression, weighted by a Gaussian in time, over the boxes before and
after the frame (Fan & Gijbels 1996); where boxes are missing around it, the window widens until it
spans the gap, so that a gap is crossed in a straight line.
"""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.calibration.person_size import LOG_BODY, PER_M, PersonSize
from privcv_perception.tracking.frame_ring import PendingFrame
from privcv_perception.tracking.seen_boxes import LOG_SIZES, draw_seen, shown_at
from privcv_perception.tracking.track_states import (
    ASPECT,
    HEIGHT,
    MIDDLE_BELOW,
    TENTATIVE,
    TrackStates,
)
from privcv_perception.tracking.tracks import Tracks

SOONEST_S2 = constant(1e-3)
"""Boxes within the root of this, s², of each other say nothing about speed."""

STANDS_BEHIND_M = np.array((0.0, 0.15))
"""Across and in depth, from the lower edge of a box to where the person stands, m: the edge is at
the tip of the nearer foot, half a shoe and on average a quarter of a step in front of the body."""

MINUS_HALF = constant(-0.5)


def smoothed_tracks(
    frame: PendingFrame, states: TrackStates, stamps_s: Floats, size: PersonSize, width_s: Floats
) -> Tracks:
    """Smoothed tracks of ``frame``: its confirmed people, given all that is known by now.

    ``stamps_s``: (h,) of the ring of frames, s; ``width_s``: standard deviation of the window, s.
    """
    now_s = constant(frame.stamp_s)
    there = states.first_s <= now_s
    there &= states.last_s >= now_s
    there &= states.number > TENTATIVE
    number, state, seen, shown = states.number, states.state, states.seen, states.shown
    if not all(there.tolist()):
        number, state, seen, shown = number[there], state[there], seen[there], shown[there]
    time = stamps_s - now_s
    feet, speed = smooth(time, seen, width_s, frame.slot)
    log_sizes = _sizes(time, seen, shown, width_s, frame.slot) if not size.known else None
    shown = shown_at(time, shown, seen[..., 0], frame.slot)
    found = size.at(feet)
    standing = np.isfinite(found[:, 0])
    if not all(standing.tolist()):
        number, state, found = number[standing], state[standing], found[standing]
        feet, speed, shown = feet[standing], speed[standing], shown[standing]
    boxes = np.empty((len(feet), 4))
    if log_sizes is None:
        np.exp(found[:, LOG_BODY] + state[:, HEIGHT], out=boxes[:, 3])
        np.multiply(boxes[:, 3], np.exp(state[:, ASPECT]), out=boxes[:, 2])
    else:
        np.exp(log_sizes[standing], out=boxes[:, 2:])
    np.subtract(feet, boxes[:, 2:] * MIDDLE_BELOW, out=boxes[:, :2])
    draw_seen(boxes, shown, size.image_px)
    if size.known:
        feet -= found[:, PER_M] * STANDS_BEHIND_M
    floor_m, velocity_mps = size.on_floor(feet, speed, found)
    width_m = boxes[:, 2] / found[:, PER_M.start] if size.metric else np.zeros(len(feet))
    return Tracks(frame.stamp_s, frame.frame, number.copy(), boxes, floor_m, velocity_mps, width_m)


def _sizes(time: Floats, seen: Floats, shown: Floats, width_s: Floats, slot: int) -> Floats:
    """(n, 2) log width and height, px, at time 0, by the same regression as the feet's."""
    sizes = np.concatenate((seen[..., :1], shown[..., LOG_SIZES]), axis=2)
    return smooth(time, sizes, width_s, slot)[0]


def smooth(time: Floats, seen: Floats, width_s: Floats, slot: int) -> tuple[Floats, Floats]:
    """Local linear regression: feet (n, 2), px, and their speed (n, 2), px/s, at time 0.

    Time 0 is that of column ``slot``.

    ``time``: (h,) s; ``seen``: (n, h, 3), see ``TrackStates``. Each row must be seen at 0 or later.
    """
    if all(seen[:, slot, 0].tolist()):
        scaled = time / width_s
    else:
        scaled = time / np.maximum(width_s, _gap(time, seen[..., 0] > 0))[:, None]
    powers = np.empty((*scaled.shape[:-1], 3, len(time)))
    weight = powers[..., 0, :]
    scaled *= scaled
    scaled *= MINUS_HALF
    np.exp(scaled, out=weight)
    np.multiply(weight, time, out=powers[..., 1, :])
    np.multiply(powers[..., 1, :], time, out=powers[..., 2, :])
    # Weighted sums of 1, x and y, times 1, t and t².
    sums = powers @ seen
    total, first, second = sums[:, 0, :1], sums[:, 1, :1], sums[:, 2, :1]
    sum_feet, sum_moved = sums[:, 0, 1:], sums[:, 1, 1:]
    second = second + SOONEST_S2 * total
    scale = total * second - first * first
    position = (second * sum_feet - first * sum_moved) / scale
    return position, (total * sum_moved - first * sum_feet) / scale


def _gap(time: Floats, seen: NDArray[np.bool_]) -> Floats:
    """(n,) s from time 0 to the farther of the boxes around it, where it lies between boxes."""
    after = np.where(seen, np.where(time >= 0, time, np.inf), np.inf).min(axis=1)
    before = np.where(seen, np.where(time <= 0, -time, np.inf), np.inf).min(axis=1)
    gap: Floats = np.maximum(after, np.where(before < 1e6, before, 0.0))
    return gap
