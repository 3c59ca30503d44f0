# SPDX-License-Identifier: Apache-2.0
"""People followed forwards and backwards in time, so that each gap is filled from both its ends.

A tracker follows somebody from when they are confirmed on; run backwards over the same boxes, it
follows them from the other end. What both say of one person is joined, by overlap.
"""

import copy
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.found import Found
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.extensions import Tracker
from privcv_perception.iou import iou
from privcv_perception.tracker_registry import build_tracker
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracks import Tracks

Boxes = NDArray[np.float32]
"""(n, 4) left, top, width, height, px."""

SAME = 0.4
"""Boxes of the two directions that overlap by more (IoU) are of one person."""

Followed = list[tuple[NDArray[np.int64], Boxes]]
"""For each frame the numbers (n,) of the people in it, alike over all frames, and their boxes."""


def follow_both_ways(
    found: Sequence[Found], size: tuple[int, int], settings: TrackerSettings
) -> Followed:
    """Everybody in ``found``, frames in order of time, of pictures of ``size`` (width, height)."""
    forwards = _follow([(one.stamp_s, one.people) for one in found], size, settings)
    end_s = found[-1].stamp_s + found[0].stamp_s
    mirrored = [(end_s - one.stamp_s, one.people) for one in reversed(found)]
    backwards = _follow(mirrored, size, settings)[::-1]
    return _joined(forwards, backwards)


def _follow(
    frames: list[tuple[float, Detections]], size: tuple[int, int], settings: TrackerSettings
) -> Followed:
    tracker = _tracker(settings, size)
    followed: Followed = [(np.zeros(0, np.int64), np.zeros((0, 4), np.float32)) for _ in frames]
    final: list[Tracks] = []
    for index, (stamp_s, people) in enumerate(frames):
        final += tracker.update(people, stamp_s, index)
    for tracks in (*final, *tracker.flush()):
        followed[tracks.frame] = tracks.ids, tracks.boxes.astype(np.float32)
    return followed


def _tracker(settings: TrackerSettings, size: tuple[int, int]) -> Tracker:
    """A new one. Ours is made once for each size and copied: its table of places takes 25 ms."""
    if not settings.is_ours:
        return build_tracker(settings, build_calibration(CalibrationSettings(), size), size)
    return copy.deepcopy(_made_once(settings.model_dump_json(), size))


@lru_cache(maxsize=4)
def _made_once(settings: str, size: tuple[int, int]) -> Tracker:
    made = TrackerSettings.model_validate_json(settings)
    return build_tracker(made, build_calibration(CalibrationSettings(), size), size)


def _joined(forwards: Followed, backwards: Followed) -> Followed:
    """One number for what both directions say of one person, as often as they agree most."""
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for (ids, boxes), (other_ids, others) in zip(forwards, backwards, strict=True):
        for row, column in zip(*np.nonzero(iou(boxes, others) > SAME), strict=True):
            shared[int(ids[row]), int(other_ids[column])] += 1
    first_free = 1 + max((int(ids.max()) for ids, _ in forwards if len(ids)), default=-1)
    parents: dict[int, int] = {}

    def root(number: int) -> int:
        while (parent := parents.get(number, number)) != number:
            number = parent
        return number

    # A long track of one direction may be several of the other: all of them are one person.
    for (one, other), _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        first, second = sorted((root(one), root(first_free + other)))
        parents[second] = first
    merged: Followed = []
    for (ids, boxes), (other_ids, others) in zip(forwards, backwards, strict=True):
        numbers = [root(int(one)) for one in ids] + [root(first_free + int(o)) for o in other_ids]
        merged.append((np.array(numbers, np.int64), np.concatenate((boxes, others))))
    return merged
