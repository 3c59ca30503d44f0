# SPDX-License-Identifier: Apache-2.0
"""Children, people in wheelchairs, under umbrellas, half hidden in a group: each is one person."""

import numpy as np
import pytest

from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker

SIZE, FPS = (1280, 720), 10.0
PINHOLE = CalibrationSettings(
    kind="pinhole", focal_px=[900.0], position_m=[0.0, 0.0, 4.0], tilt_deg=20.0
)
CAMERA = build_calibration(PINHOLE, SIZE)


def numbers(
    tall_m: list[float], scores: list[float], *, calibrated: bool = True, speed_mps: float = 1.2
) -> set[int]:
    """Numbers given to people who walk across side by side, 1.1 m apart, for 6 s.

    ``scores``: of the boxes of one person in turn.
    """
    random = np.random.default_rng(5)
    camera = CAMERA if calibrated else build_calibration(CalibrationSettings(), SIZE)
    people, found = FloorTracker(TrackerSettings(), camera, SIZE), set()
    for index in range(60):
        y = -3.5 + speed_mps * index / FPS
        floor = np.array([(8.0 + 1.1 * number, y) for number in range(len(tall_m))])
        feet = CAMERA.to_image(floor)
        heads = np.array(
            [CAMERA.to_image(floor[i : i + 1], tall)[0] for i, tall in enumerate(tall_m)]
        )
        height = feet[:, 1] - heads[:, 1]
        boxes = np.column_stack((feet[:, 0] - 0.19 * height, heads[:, 1], 0.38 * height, height))
        boxes += random.normal(0, 0.015, boxes.shape) * height[:, None]
        seen = Detections.from_rows(boxes, np.full(len(boxes), scores[index % len(scores)]))
        for tracks in people.update(seen, index / FPS):
            found |= set(tracks.ids.tolist())
    for tracks in people.flush():
        found |= set(tracks.ids.tolist())
    return found


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize(
    "tall_m", [0.95, 1.1, 1.35, 1.95, 2.15], ids=["two", "six", "chair", "tall", "umbrella"]
)
def test_a_person_of_another_height_is_one(tall_m: float, calibrated: bool) -> None:
    assert len(numbers([tall_m], [0.8], calibrated=calibrated)) == 1


def test_a_family_is_as_many_as_they_are() -> None:
    assert len(numbers([1.7, 1.0, 1.8, 1.3, 1.65, 1.05], [0.8])) == 6


def test_who_walks_half_hidden_needs_fewer_good_boxes_than_who_stands() -> None:
    """Three good boxes and low ones in between: enough of somebody who came a metre."""
    low = [0.45] * 17
    scores = [0.65, *low, 0.65, *low, 0.65, *low, *low]
    assert len(numbers([1.7], scores)) == 1
    assert not numbers([1.7], scores, speed_mps=0.0)
    assert not numbers([1.7], [0.65, *low, 0.65, *low, *low, *low])
