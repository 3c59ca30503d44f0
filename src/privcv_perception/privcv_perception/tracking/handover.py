# SPDX-License-Identifier: Apache-2.0
"""Handovers: where one person leaves through a door and another comes in by it, a track goes on.

Both are walking at the place where the track was lost, in opposite directions, and nobody was there
to hide the first: so they are two people, and the track is split. At the edge of the image boxes
of people in part fill the time between, and nothing is lost: there, who walks out and in again
at once is two. Whoever turns round behind somebody else, or slowly, stays one.
"""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.arrays import Floats, constant
from privcv_perception.tracking.track_states import FEET, HEIGHT, TrackStates, standing_edges

UNSEEN_S = 0.25
"""Who is not seen for less may have been missed by the detector only."""

WAY_S = constant(0.9)
"""Over so long a way is measured, s, before and after; less than the usual lag."""

FEWEST = 4
"""Boxes that make a way."""

WALKS = 0.2
"""Speed in the image of somebody who walks, in heights per second: 0.35 m/s across. In metres the
depth of somebody far away would be noise."""

TURNED = -0.25
"""Cosine of the turn from which two ways are opposite: more than 105 degrees."""

EDGE = 0.3
"""How near to an edge of the image a person in part can be, in heights from their box."""

WALKS_MPS = 0.6
"""Mean speed across that edge, over the way, of somebody who walks out, or in: of one person who
turns there at the usual 1.3 m/s², it is less before and after."""

SWERVES_MPS = 1.6
"""By so much nobody's velocity changes from one way to the other: at the usual 1.3 m/s² it is 1.2
to 1.4 m/s over the time between the middles of both. Counts at the left and right edge, where the
feet are in the picture; who comes in there while another leaves often walks at another depth."""

NOTHING = constant(0.0)

BESIDE = 1.0
"""Somebody whose feet are nearer than this, in heights, may have hidden the person."""


def note_regained(
    states: TrackStates, rows: NDArray[np.intp], stamps_s: Floats, now_s: float
) -> None:
    """Remember of ``rows``, (k,), that were unseen until now how they went, before their update.

    ``stamps_s``: (h,) of the ring of frames, s.
    """
    if now_s - min(states.last_s.tolist()) <= UNSEEN_S:
        return
    for row in rows.tolist():
        gone_s = states.last_s[row]
        if now_s - gone_s > UNSEEN_S:
            if _was_beside(states, row, stamps_s, gone_s):
                continue  # one of two who crossed: they may have changed numbers, nobody left
            states.gone_s[row], states.back_s[row] = gone_s, now_s
            states.gone_speed[row] = _way(states, row, stamps_s, gone_s - WAY_S, gone_s)
            states.edge[row] = -1


def note_edge_turns(
    states: TrackStates, before: Floats, image: Floats, stamps_s: Floats, now_s: float
) -> None:
    """Remember how they went who turn round at an edge of the image in the newest frame.

    ``before``: (n, 2) speeds, px/s, ahead of that frame; ``image``: its (width, height), px. Those
    who are cut by an edge, or nearly: a box that is cut is often drawn as if it were not.
    """
    turned = before * states.speed < NOTHING
    if not np.count_nonzero(turned):
        return
    middle = states.state[:, FEET] - image / 2
    turned &= before * middle > 0
    turned[:, 1] &= middle[:, 1] > 0  # nobody comes in by the upper edge
    if not np.count_nonzero(turned):
        return
    sizes = np.exp(states.log_sizes())
    edges = standing_edges(states.state[:, FEET], sizes)
    near = EDGE * sizes[:, 1:]
    outside = (edges[:, :2] < near) | (edges[:, 2:] > image - near)
    turned &= outside & ((states.number >= 0) & np.isnan(states.back_s))[:, None]
    for row, axis in np.argwhere(turned).tolist():
        recent = ((states.seen[row, :, 0] > 0) & (stamps_s >= now_s - WAY_S)).nonzero()[0]
        recent = recent[np.argsort(stamps_s[recent])]
        if len(recent) < FEWEST:
            continue
        out = states.seen[row, recent[:-1], 1 + axis] * np.sign(middle[row, axis])
        farthest = int(np.argmax(out))
        gone_s, back_s = stamps_s[recent[farthest : farthest + 2]]
        if gone_s - states.first_s[row] < WAY_S:
            continue  # comes in: the first boxes at an edge move as more of the person is shown
        states.gone_s[row], states.back_s[row] = gone_s, back_s
        states.gone_speed[row] = _way(states, row, stamps_s, gone_s - WAY_S, gone_s)
        states.edge[row] = axis


def handed_over(states: TrackStates, stamps_s: Floats, now_s: float) -> NDArray[np.intp]:
    """Rows whose track is another person's since ``back_s``; those judged are not judged again.

    ``stamps_s``: (h,) of the ring of frames, s.
    """
    due = (now_s - states.back_s >= WAY_S - 1e-9).nonzero()[0]
    if not len(due):
        return due
    split = [row for row in due.tolist() if _is_handover(states, row, stamps_s)]
    states.back_s[np.setdiff1d(due, split)] = np.nan
    return np.array(split, dtype=np.intp)


def split(states: TrackStates, rows: NDArray[np.intp], stamps_s: Floats, first: int) -> None:
    """End the tracks of ``rows`` where they were lost; what came after are new ones, from ``first``
    on, numbers that were never used."""
    names = list(states.__dataclass_fields__)
    later = TrackStates(**{name: getattr(states, name)[rows].copy() for name in names})
    after = stamps_s[None] >= states.back_s[rows, None]
    later.number[:] = np.arange(first, first + len(rows))
    later.seen[~after] = later.shown[~after] = 0.0
    later.first_s[:] = later.back_s
    later.back_s[:] = np.nan
    seen = states.seen[rows]
    seen[after] = 0.0
    states.seen[rows] = seen
    states.last_s[rows] = states.gone_s[rows]
    states.back_s[rows] = np.nan
    states.here[rows] = False
    states.extend(later)


def _is_handover(states: TrackStates, row: int, stamps_s: Floats) -> bool:
    if states.number[row] < 0 or not states.here[row]:
        return False
    back_s = states.back_s[row]
    now = _way(states, row, stamps_s, back_s, np.inf)
    gone = states.gone_speed[row]
    axis = int(states.edge[row])
    gone_mps, now_mps = gone / states.px_per_m[row], now / states.px_per_m[row]
    if axis >= 0:  # feet that the lower edge cuts off tell nothing of the speed along it
        out, back = gone_mps[axis], now_mps[axis]
        walk = min(abs(out), abs(back)) > WALKS_MPS
        swerve = axis == 0 and float(np.hypot(*(now_mps - gone_mps))) > SWERVES_MPS
        return bool(out * back < 0 and (walk or (swerve and now.any() and gone.any())))
    height = _height(states, row)
    in_image = _turned(gone, now, WALKS * height)
    # Far away the way down the image is short, and so is a turn on the floor.
    if not in_image and not _turned(gone_mps, now_mps, WALKS_MPS):
        return False
    others = states.here.copy()
    others[row] = False
    off = np.linalg.norm(states.state[others][:, FEET] - states.state[row, FEET], axis=1)
    return not bool((off < BESIDE * height).any())


def _turned(gone: Floats, now: Floats, least: float) -> bool:
    """Whether velocities (2,) are opposite and both of ``least`` speed, in whichever unit."""
    speeds = float(np.hypot(*now)), float(np.hypot(*gone))
    return min(speeds) >= least and float(now @ gone) <= TURNED * speeds[0] * speeds[1]


def _was_beside(states: TrackStates, row: int, stamps_s: Floats, gone_s: float) -> bool:
    """Whether somebody else was seen near the last place of ``row`` since shortly before."""
    last = states.seen[row, np.argmin(np.abs(stamps_s - gone_s)), 1:]
    since = stamps_s >= gone_s - UNSEEN_S
    seen = states.seen[:, since]
    off = np.linalg.norm(seen[..., 1:] - last, axis=2)
    near = (seen[..., 0] > 0) & (off < BESIDE * _height(states, row))
    near[row] = False
    return bool((near.any(axis=1) & (states.number >= 0)).any())


def _height(states: TrackStates, row: int) -> float:
    return float(np.exp(states.log_body[row] + states.state[row, HEIGHT]))


def _way(states: TrackStates, row: int, stamps_s: Floats, from_s: float, until_s: float) -> Floats:
    """Speed (2,) of the feet of ``row`` between two times, px/s: a regression over its boxes.

    Zero where there are too few of them to tell.
    """
    tolerance_s = 1e-6
    rows = (states.seen[row, :, 0] > 0) & (stamps_s >= from_s - tolerance_s)
    rows &= stamps_s <= until_s + tolerance_s
    if np.count_nonzero(rows) < FEWEST:
        return np.zeros(2)
    time = stamps_s[rows] - stamps_s[rows].mean()
    speed: Floats = time @ states.seen[row, rows, 1:] / (time @ time)
    return speed
