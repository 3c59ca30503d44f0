# SPDX-License-Identifier: Apache-2.0
"""The scores of the bench of scenes, on tracks that were counted by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest

from privcv_perception.tracking.tracks import Tracks

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from scene_scores import score_boxes, score_groups

HERE, THERE = (10.0, 10.0, 20.0, 50.0), (200.0, 10.0, 20.0, 50.0)


def tracks(frame: int, **boxes: tuple[float, float, float, float]) -> Tracks:
    """Of a frame; names of tracks are ``t`` and their number."""
    count = len(boxes)
    return Tracks(
        frame / 10, frame, np.array([int(name[1:]) for name in boxes], np.int64),
        np.array(list(boxes.values()), float).reshape(-1, 4), np.zeros((count, 2)),
        np.zeros((count, 2)), np.zeros(count),
    )  # fmt: skip


def test_two_people_of_whom_one_has_two_numbers_and_one_none() -> None:
    truth = [(np.array([1, 2]), np.array([HERE, THERE])) for _ in range(20)]
    found = [tracks(n, **{"t0" if n < 10 else "t7": HERE}) for n in range(20)]
    score = score_boxes(truth, found)
    assert (score.people, score.ids, score.never) == (2, 2, 1)
    assert score.fit == pytest.approx(1.0)
    assert score.loss == pytest.approx(0.5)


def test_who_is_shown_in_few_frames_need_not_be_found() -> None:
    truth = [
        (np.array([1, 2][: 1 + (n < 9)]), np.array([HERE, THERE][: 1 + (n < 9)])) for n in range(20)
    ]
    score = score_boxes(truth, [tracks(n, t0=HERE) for n in range(20)])
    assert (score.people, score.ids, score.never) == (1, 1, 0)


def test_groups_are_counted_where_their_tracks_begin() -> None:
    found = [
        tracks(n, **({"t0": HERE} if n < 10 else {"t1": HERE, "t2": THERE})) for n in range(20)
    ]
    score = score_groups(((0, 9, 2), (10, 19, 1)), found)
    assert (score.people, score.ids, score.never) == (3, 3, 1)
    assert score_groups((), found[:5]).ids == 1
