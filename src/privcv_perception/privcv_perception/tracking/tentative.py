# SPDX-License-Identifier: Apache-2.0
"""Tentative tracks: when one is started, with which prior, and when it is confirmed."""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats
from privcv_perception.calibration.person_size import LOG_BODY, PersonSize
from privcv_perception.iou import iou_of_edges
from privcv_perception.tracking.innovation import SIZE_NOISE
from privcv_perception.tracking.measurements import MOST_PEOPLE, Measurements
from privcv_perception.tracking.seen_boxes import COLUMNS
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.track_states import (
    ASPECT,
    FEET,
    HEIGHT,
    TENTATIVE,
    TrackStates,
    standing_edges,
)

SETTLED_S = 1.0
"""A tentative track that was seen for longer is settled. One that has not moved is taken for a
thing that looks like a person: it keeps its place and its box, so that neither takes over the other
when somebody walks past."""

PART_WITHIN, PART_TALL = 0.7, 0.6
"""A part of a person: share of it within them, and of their height at most."""

WALKED, MOST_HITS = 2.0, 0.75
"""A track that came this many times as far as ``still_m`` is confirmed by this share of the good
boxes: somebody who walks half hidden in a group scores low."""

ADULT_ASPECT = 0.38
"""Width over height of a walking adult's box."""

HEIGHT_PRIOR, ASPECT_PRIOR = 0.08**2, 0.1**2
"""Variances of log height and of log width over height among adults."""


def rows_to_start(
    boxes: Measurements,
    free: NDArray[np.intp],
    states: TrackStates,
    slot: int,
    settings: TrackerSettings,
    *,
    size_known: bool,
) -> NDArray[np.intp]:
    """Track initiation: which of the ``free`` rows of ``boxes`` are the first box of a person.

    Those are good enough and no second view of somebody who is followed or started already.
    ``slot``: column of the frame in ``states.seen``. Where sizes are not known, neither is a small
    box within that of somebody who is followed: it is a part of them.
    """
    if not len(free):
        return free
    seen = states.seen[:, slot, 0] > 0
    taken = standing_edges(states.state[seen, FEET], np.exp(states.log_sizes()[seen]))
    edges = boxes.edges[free]
    same = iou_of_edges(edges, np.concatenate((taken, edges))) > settings.same_overlap
    if not size_known:
        same[:, : len(taken)] |= _is_part(edges, taken)
    new: list[int] = []
    for row in range(len(free)):
        others = [len(taken) + earlier for earlier in new]
        if not same[row, : len(taken)].any() and not same[row, others].any():
            new.append(row)
    return free[new][: max(0, MOST_PEOPLE - len(states))]


def _is_part(edges: Floats, whole: Floats) -> NDArray[np.bool_]:
    """(m, n) which of (m, 4) ``edges`` are small and lie within which of (n, 4) ``whole``, px."""
    low = np.maximum(edges[:, None, :2], whole[:, :2])
    high = np.minimum(edges[:, None, 2:], whole[:, 2:])
    size, most = edges[:, 2:] - edges[:, :2], whole[:, 2:] - whole[:, :2]
    within = np.maximum(high - low, 0.0).prod(axis=2) > PART_WITHIN * size.prod(axis=1)[:, None]
    part: NDArray[np.bool_] = within & (size[:, None, 1] < PART_TALL * most[:, 1])
    return part


def tentative_tracks(
    boxes: Measurements,
    rows: NDArray[np.intp],
    now_s: float,
    history: int,
    size: PersonSize,
    settings: TrackerSettings,
) -> TrackStates:
    """A tentative track for each of the ``rows`` of ``boxes``, with its prior.

    ``now_s``: event time, s; ``history``: length of the ring of frames.
    """
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
    return TrackStates(
        number=np.full(count, TENTATIVE),
        state=state,
        variance=variance,
        speed=np.zeros((count, 2)),
        covariance=np.zeros((count, 2)),
        speed_variance=(settings.speed_mps * per_m) ** 2,
        log_body=found[:, LOG_BODY].copy(),
        px_per_m=per_m.copy(),
        first_feet=boxes.feet[rows].copy(),
        moved_m=np.zeros(count),
        hits=np.zeros(count),
        evidence=np.zeros(count),
        first_s=now,
        last_s=now.copy(),
        alone_s=np.zeros(count),
        gone_s=now.copy(),
        gone_speed=np.zeros((count, 2)),
        back_s=np.full(count, np.nan),
        edge=np.full(count, -1),
        here=np.ones(count, bool),
        seen=np.zeros((count, history, 3)),
        shown=np.zeros((count, history, COLUMNS)),
    )


def to_confirm(states: TrackStates, settings: TrackerSettings) -> NDArray[np.bool_]:
    """Track confirmation: which tentative tracks, (n,), have had boxes enough to be a person's."""
    tentative = states.number < 0
    earned = tentative & (states.hits >= settings.birth_hits)
    # Nothing but a person or a thing on wheels comes so far.
    far = tentative & (states.moved_m > WALKED * settings.still_m)
    earned |= far & (states.hits >= MOST_HITS * settings.birth_hits)
    if earned.any():
        mean = states.evidence / np.maximum(states.hits, 1)
        earned &= (states.moved_m > settings.still_m) | (mean > settings.still_score)
    return earned


def settled(states: TrackStates) -> NDArray[np.bool_]:
    """(n,) Which tracks are confirmed, or tentative for longer than ``SETTLED_S``."""
    result: NDArray[np.bool_] = (states.number >= 0) | (states.last_s - states.first_s > SETTLED_S)
    return result
