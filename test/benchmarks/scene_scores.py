# SPDX-License-Identifier: Apache-2.0
"""Scores of a scene's tracks as counts: unique ids over true people, and who was never found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from tracking_scores import Frame, overlap

from privcv_perception.tracking.tracks import Tracks

SAME = 0.3
"""Least IoU of a track's box and a person's."""
SHORTEST = 10
"""Somebody who is shown in fewer frames need not be found."""
FOUND = 5
"""A track that is a person's in fewer frames has not found them."""

Groups = Sequence[tuple[int, int, int]]
"""Of a clip without annotated boxes: first and last frame, and how many people are there."""

GROUPS: dict[str, tuple[float, Groups]] = {
    "people-detection.264": (25.0, ((0, 130, 1), (131, 300, 2), (301, 470, 3), (471, 600, 1))),
    "one-by-one-person-detection.mp4": (
        10.0,
        # src/privcv_perception/test/camera/indoor_visits.csv, widened to the middle between visits
        (
            (0, 213, 1),
            (214, 476, 1),
            (477, 722, 1),
            (723, 896, 1),
            (897, 1218, 1),
            (1219, 1400, 1),
        ),
    ),
}
"""By name: frames per second, and who is there when (seen by eye)."""


@dataclass(frozen=True)
class Score:
    """``fit``: mean IoU of the boxes with those of the people they belong to, NaN if unknown."""

    people: int
    ids: int
    never: int
    fit: float = float("nan")

    @property
    def ratio(self) -> float:
        """Unique ids over true people."""
        return self.ids / max(self.people, 1)

    @property
    def loss(self) -> float:
        """What a constant should make small: the error of the count, those never found, misfit."""
        misfit = 0.0 if np.isnan(self.fit) else 1 - self.fit
        return abs(self.ratio - 1) + self.never / max(self.people, 1) + misfit


def score_boxes(truth: Sequence[Frame], tracks: Sequence[Tracks]) -> Score:
    """Against the boxes of everybody in every frame. A track is whose it mostly is."""
    shown: Counter[int] = Counter()
    shared: Counter[tuple[int, int]] = Counter()
    fits = []
    for (people, boxes), found in zip(truth, tracks, strict=False):
        shown.update(people.tolist())
        ious = overlap(boxes, found.boxes)
        for row, column in zip(*linear_sum_assignment(-ious), strict=True):
            if ious[row, column] > SAME:
                shared[int(people[row]), int(found.ids[column])] += 1
                fits.append(float(ious[row, column]))
    owner: dict[int, tuple[int, int]] = {}
    for (person, track), frames in shared.items():
        owner[track] = max(owner.get(track, (0, -1)), (frames, person))
    there = {person for person, frames in shown.items() if frames >= SHORTEST}
    found_people = {person for frames, person in owner.values() if frames >= FOUND}
    return Score(len(there), _ids(tracks), len(there - found_people), float(np.mean(fits or [0.0])))


def score_groups(groups: Groups, tracks: Sequence[Tracks]) -> Score:
    """Against how many people come in turn: a track belongs to the group in which it begins."""
    begun: dict[int, int] = {}
    for found in tracks:
        for track in found.ids.tolist():
            begun.setdefault(track, found.frame)
    inside = [sum(first <= frame <= last for frame in begun.values()) for first, last, _ in groups]
    never = sum(max(0, count - n) for n, (_, _, count) in zip(inside, groups, strict=True))
    return Score(sum(count for *_, count in groups), len(begun), never)


def _ids(tracks: Sequence[Tracks]) -> int:
    return len({track for found in tracks for track in found.ids.tolist()})
