# SPDX-License-Identifier: Apache-2.0
"""A track's box is what was seen: who comes in at an edge grows to their size and stays one
person."""

from collections.abc import Callable

import numpy as np
import pytest

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker
from privcv_perception.tracking.tracks import Tracks

SIZE = (768, 432)
FPS = 25.0
CEILING = build_calibration(
    CalibrationSettings(
        kind="pinhole", focal_px=[420.0], position_m=[0.0, 0.0, 2.7], tilt_deg=28.0
    ),
    SIZE,
)
UNKNOWN = build_calibration(CalibrationSettings(), SIZE)

Box = np.ndarray
"""Left, top, right, bottom, px."""


def walk_away(time_s: float) -> Box:
    """Somebody 1.7 m tall who walks away under a camera near the ceiling, at 1.8 m/s."""
    place = np.array([[0.6 + 1.8 * time_s, 0.3]])
    (x, feet), (_, head) = CEILING.to_image(place)[0], CEILING.to_image(place, 1.7)[0]
    return np.array([x - 0.2 * (feet - head), head, x + 0.2 * (feet - head), feet])


def followed(box_at: Callable[[float], Box], seconds: float, noise_px: float = 2.0) -> list[Tracks]:
    """Final frames of one person whose box the edges of the image cut; without a calibration."""
    random = np.random.default_rng(5)
    people, final = FloorTracker(TrackerSettings(), UNKNOWN, SIZE), []
    for index in range(round(seconds * FPS)):
        edges = box_at(index / FPS) + random.normal(0, noise_px, 4)
        edges = np.clip(edges, 0, (*SIZE, *SIZE))
        boxes = (
            [[*edges[:2], *(edges[2:] - edges[:2])]] if (edges[2:] - edges[:2]).min() > 20 else []
        )
        found = Detections.from_rows(np.reshape(boxes, (-1, 4)), np.full(len(boxes), 0.85))
        final += people.update(found, index / FPS)
    return final + list(people.flush())


def test_who_comes_in_at_the_lower_edge_grows_and_stays_one_person() -> None:
    final = followed(walk_away, 3.0)
    assert {int(number) for tracks in final for number in tracks.ids} == {0}
    whole = [tracks for tracks in final if len(tracks) and walk_away(tracks.stamp_s)[3] < SIZE[1]]
    assert len(whole) > 40
    tall, low = [], []
    for tracks in whole:
        _, top, _, bottom = walk_away(tracks.stamp_s)
        tall.append(tracks.boxes[0, 3] / (bottom - top))
        low.append(tracks.boxes[0, 1] + tracks.boxes[0, 3] - bottom)
    assert 0.97 < np.median(tall) < 1.03
    assert np.quantile(tall, 0.1) > 0.9
    assert np.abs(np.quantile(low, (0.1, 0.9))).max() < 5


def test_what_is_hidden_is_filled_and_what_is_visible_is_kept() -> None:
    """A counter hides the legs for half a second of somebody who walks across."""

    def across(time_s: float) -> Box:
        hidden = 80.0 if 2.0 <= time_s < 2.5 else 0.0
        return np.array([100 + 90 * time_s, 150, 176 + 90 * time_s, 350 - hidden])

    final = followed(across, 5.0)
    tall = [tracks.boxes[0, 3] for tracks in final if 2.0 <= tracks.stamp_s < 2.5]
    assert len(tall) == 12 or len(tall) == 13
    assert 185 < np.median(tall) < 215
    assert np.median([t.boxes[0, 3] for t in final if t.stamp_s > 3]) == pytest.approx(200, abs=5)


def test_the_box_of_somebody_far_away_is_a_mean_over_time() -> None:
    """Of whom a detector's edges are off by as many px as of somebody near."""

    def far(time_s: float) -> Box:
        return np.array([100 + 20 * time_s, 100, 124 + 20 * time_s, 160])

    final = [tracks for tracks in followed(far, 8.0, noise_px=4.0) if 2 < tracks.stamp_s < 6]
    off = [tracks.boxes[0, 1] + tracks.boxes[0, 3] - 160 for tracks in final]
    assert len(off) > 90
    assert np.std(off) < 2.0


def test_boxes_that_creep_along_an_edge_while_somebody_comes_in_are_one_person() -> None:
    """As a person comes in, more of them is shown in each frame: the feet that a box claims go out
    of the image first and then, whole at last, the other way."""

    def comes_in(time_s: float) -> Box:
        feet = 432 + (30 + 80 * time_s if time_s < 0.7 else 86 - 75 * (time_s - 0.7))
        return np.array(
            [300 + 110 * min(time_s, 0.7), feet - 240, 400 + 110 * min(time_s, 0.7), feet]
        )

    people, numbers = FloorTracker(TrackerSettings(), CEILING, SIZE), set()
    for index in range(30):
        left, top, right, bottom = comes_in(index / 10)
        # A calibrated detector draws the whole person, also beyond the edge.
        found = Detections.from_rows([[left, top, right - left, bottom - top]], [0.85])
        for tracks in people.update(found, index / 10):
            numbers |= set(tracks.ids.tolist())
    for tracks in people.flush():
        numbers |= set(tracks.ids.tolist())
    assert numbers == {0}


def test_between_two_looks_the_box_lies_between_theirs() -> None:
    """Five looks a second at somebody who walks away: also where nobody looked the box fits."""
    random = np.random.default_rng(8)
    people, final = FloorTracker(TrackerSettings(), UNKNOWN, SIZE), []
    for index in range(75):
        edges = np.clip(walk_away(index / FPS) + random.normal(0, 1.0, 4), 0, (*SIZE, *SIZE))
        found = Detections.between_looks()
        if index % 5 == 0:
            boxes = np.array([[*edges[:2], *(edges[2:] - edges[:2])]])
            boxes = boxes[boxes[:, 3] > 20]
            found = Detections.from_rows(boxes, np.full(len(boxes), 0.85))
        final += people.update(found, index / FPS)
    final += people.flush()
    low = [
        tracks.boxes[0, 1] + tracks.boxes[0, 3] - walk_away(tracks.stamp_s)[3]
        for tracks in final
        if len(tracks) and 0.9 < tracks.stamp_s < 2.5
    ]
    assert len(low) > 35
    assert np.abs(np.quantile(low, (0.1, 0.9))).max() < 6


def test_a_small_box_within_somebody_is_a_part_of_them_where_sizes_are_not_known() -> None:
    """As a detector of moving parts draws them: a head, a leg, surely and in every frame."""
    people, numbers = FloorTracker(TrackerSettings(), UNKNOWN, SIZE), set()
    for index in range(40):
        left = 100.0 + 8 * index
        whole, leg = [left, 60, 110, 290], [left + 20, 240, 45, 110]
        boxes = [whole, leg] if index > 10 else [whole]
        found = Detections.from_rows(boxes, np.full(len(boxes), 0.85))
        for tracks in people.update(found, index / 10):
            numbers |= set(tracks.ids.tolist())
    for tracks in people.flush():
        numbers |= set(tracks.ids.tolist())
    assert numbers == {0}
