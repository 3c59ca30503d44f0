# SPDX-License-Identifier: Apache-2.0
"""Tracks carried on before their first box and behind their last: nobody appears in one frame.

Who comes in at an edge is seen as a head or an arm before any detector says so, and who leaves is
seen a little longer. So both ends of a track go on as they went, in a straight line; and since who
is lost may as well have slowed down or stopped, all between the end and there is hidden too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.both_ways import Boxes, Followed
from privcv_images.hiding.other_gaps import ROUNDING_S

SPEED_OVER_S = 0.5
"""Speed at an end is that over so long a part of the track."""

MOST_WIDTHS_PER_S = 4.0
"""Nobody goes faster than so many of their widths in a second: boxes at an edge jump."""


@dataclass(frozen=True)
class Carried:
    """Tracks that are not there yet, or any more, in one frame.

    ``ends``: (n, 4) px, their nearest boxes; ``moved``: (n, 4) px, these as they went on;
    ``away_s``: (n,) s, how far in time that is.
    """

    ends: Boxes
    moved: Boxes
    away_s: NDArray[np.float64]


def carry_ends(followed: Followed, stamps_s: Sequence[float], carry_s: float) -> list[Carried]:
    """What is carried on in each frame; ``carry_s``: how long an end goes on."""
    carried: list[list[tuple[Boxes, Boxes, float]]] = [[] for _ in followed]
    tracks: dict[int, list[tuple[int, Boxes]]] = {}
    for index, (ids, boxes) in enumerate(followed):
        for number, box in zip(ids.tolist(), boxes, strict=True):
            track = tracks.setdefault(number, [])
            if not track or track[-1][0] != index:  # one box of the two directions
                track.append((index, box))
    for track in tracks.values():
        for step, end in ((-1, track), (1, track[::-1])):
            _carry(carried, end, stamps_s, step, carry_s)
    return [
        Carried(
            np.array([box for box, _, _ in frame], np.float32).reshape(-1, 4),
            np.array([moved for _, moved, _ in frame], np.float32).reshape(-1, 4),
            np.array([away_s for _, _, away_s in frame]),
        )
        for frame in carried
    ]


def swept(before: Boxes, after: Boxes) -> Boxes:
    """(n, 4) The boxes around each pair, px: all between the two."""
    corner = np.minimum(before[:, :2], after[:, :2])
    other = np.maximum(before[:, :2] + before[:, 2:], after[:, :2] + after[:, 2:])
    around: Boxes = np.concatenate((corner, other - corner), axis=1)
    return around


def _carry(
    carried: list[list[tuple[Boxes, Boxes, float]]],
    end: Sequence[tuple[int, Boxes]],
    stamps_s: Sequence[float],
    step: int,
    carry_s: float,
) -> None:
    """Go on from the first of ``end``, whose others lie ``-step`` of it in time."""
    first, box = end[0]
    begin_s = stamps_s[first]
    behind, other = next(
        ((i, b) for i, b in end if abs(stamps_s[i] - begin_s) >= SPEED_OVER_S), end[-1]
    )
    passed_s = begin_s - stamps_s[behind]
    speed: Boxes = np.zeros(2, np.float32)
    if passed_s:
        middle, before = box[:2] + box[2:] / 2, other[:2] + other[2:] / 2
        speed = np.asarray((middle - before) / passed_s, np.float32)
    most = MOST_WIDTHS_PER_S * box[2]
    speed = speed.clip(-most, most)
    later = first + step
    while 0 <= later < len(carried) and abs(stamps_s[later] - begin_s) <= carry_s + ROUNDING_S:
        ahead_s = stamps_s[later] - begin_s
        moved = box.copy()
        moved[:2] += speed * np.float32(ahead_s)
        carried[later].append((box, moved, abs(ahead_s)))
        later += step
