# SPDX-License-Identifier: Apache-2.0
"""How far into the next window the tracker remembers somebody, on PETS 2009 S2.L1.

Its boxes are those of the annotation. One person's are left out during one window; then the tracks
of the following frames are compared with those of the world in which they were there, person by
person, at the annotated place. Run: python test/benchmarks/tracker_memory.py
"""

import json

import numpy as np
from numpy.typing import NDArray
from pets import CALIBRATION, IMAGE_SIZE, ground_truth
from tracking_scores import Frame

from privcv_perception.calibration.build import build_calibration
from privcv_perception.detection.detector import Detections
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracker import FloorTracker

FPS = 10.0
WINDOW = 200  # frames: 20 s, as in the demo
SAME_M = 0.05
NEAR_M = 1.0  # so far from the annotated place is a track still of that person

Places = list[NDArray[np.float64]]


def places(frames: list[Frame], without: tuple[int, int] | None = None) -> Places:
    """(n, 2) places on the floor, m, of the tracks of each frame; ``without``: person, window."""
    tracker = FloorTracker(
        TrackerSettings(), build_calibration(CALIBRATION, IMAGE_SIZE), IMAGE_SIZE
    )
    found: Places = [np.empty((0, 2))] * len(frames)
    for index, (ids, boxes) in enumerate(frames):
        if without is not None and index // WINDOW == without[1]:
            boxes = boxes[ids != without[0]]
        people = Detections(boxes.astype(np.float32), np.full(len(boxes), 0.9, np.float32))
        for tracks in tracker.update(people, index / FPS, index):
            found[tracks.frame] = np.asarray(tracks.floor_m, np.float64).reshape(-1, 2)
    for tracks in tracker.flush():
        found[tracks.frame] = np.asarray(tracks.floor_m, np.float64).reshape(-1, 2)
    return found


def nearest(tracks: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The track at ``place``; None where none is within ``NEAR_M``."""
    if not len(tracks):
        return None
    away = np.hypot(*(tracks - place).T)
    return tracks[away.argmin()] if away.min() <= NEAR_M else None


def quantiles(values: list[float]) -> list[float]:
    """Median, 90 % and the largest."""
    return [round(float(q), 1) for q in np.quantile(values, (0.5, 0.9, 1.0))]


def main() -> None:
    frames = ground_truth()
    calibration = build_calibration(CALIBRATION, IMAGE_SIZE)
    with_all = places(frames)
    own, others = [], []
    for person in sorted({int(number) for ids, _ in frames for number in ids}):
        seen = np.array([person in ids for ids, _ in frames])
        for window in range(len(frames) // WINDOW):
            end = (window + 1) * WINDOW
            if not (seen[end - WINDOW : end].any() and seen[end : end + WINDOW].any()):
                continue
            without = places(frames, (person, window))
            last = {True: 0, False: 0}  # frames after the window that differ: own, others'
            for index in range(end, min(end + WINDOW, len(frames))):
                ids, boxes = frames[index]
                feet = np.column_stack((boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3]))
                for number, floor in zip(ids, calibration.to_floor(feet), strict=True):
                    a, b = (nearest(world[index], floor) for world in (with_all, without))
                    same = (a is None) == (b is None) and (
                        a is None or b is None or float(np.hypot(*(a - b))) <= SAME_M
                    )
                    if not same:
                        last[int(number) == person] = index - end + 1
            own.append(last[True] / FPS)
            others.append(last[False] / FPS)
    print(
        json.dumps(
            {
                "cases": len(own),
                "seconds of the next window that differ by more than 5 cm (median, 90 %, most)": {
                    "the same person": quantiles(own),
                    "anybody else": quantiles(others),
                },
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
