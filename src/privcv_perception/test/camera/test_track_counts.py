# SPDX-License-Identifier: Apache-2.0
"""Counts of a recording, by hand."""

import numpy as np

from privcv_perception.camera.track_counts import TrackCounts
from privcv_perception.tracking.tracks import Tracks


def frame(number: int, *ids: int) -> Tracks:
    two = np.zeros((len(ids), 2))
    return Tracks(number / 10, number, np.array(ids, np.int64), np.zeros((len(ids), 4)), two, two,
                  np.zeros(len(ids)))  # fmt: skip


def test_people_at_once_and_how_long_they_stayed() -> None:
    counts = TrackCounts()
    for each in (frame(0, 0), frame(5, 0, 1), frame(10, 1), frame(30, 1, 2), frame(31)):
        counts.take(each)
    assert counts.people == 3
    assert counts.in_words() == (
        "people at once: 1.20 in the mean, 2 at most",
        "in view: 0.5 s in the median, 2.5 s at most",
    )


def test_nobody() -> None:
    assert TrackCounts().in_words() == ("people at once: 0.00 in the mean, 0 at most",)
