# SPDX-License-Identifier: Apache-2.0
"""A tracker of a page: on the floor, the nearest of the frame before is the same person."""

import numpy as np
from pydantic import Field
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from privcv_core.settings.model import Settings
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.detection.detector import Detections
from privcv_perception.extensions import Size, TrackerExtension
from privcv_perception.tracking.tracks import Tracks


class NearestSettings(Settings):
    """What stands under ``options`` in the site file."""

    farthest_m: float = Field(1.0, gt=0, le=10, description="a step between two frames at most, m")
    min_score: float = Field(0.5, ge=0, le=1, description="boxes of a lower score are not used")


class NearestTracker:
    """Each frame is final at once; who is not seen in one frame is another person in the next."""

    def __init__(self, settings: NearestSettings, calibration: Calibration) -> None:
        self._settings = settings
        self._calibration = calibration
        self._ids = np.zeros(0, np.int64)
        self._places = np.zeros((0, 2))
        self._last = (0, -np.inf)  # era, time in s
        self._next_id = 0
        self._frames = 0
        self.dropped_frames = 0

    def update(
        self, detections: Detections, stamp_s: float, frame: int | None = None, era: int = 0
    ) -> tuple[Tracks, ...]:
        """The frame's people, each with the id of the nearest of the frame before."""
        number = self._frames if frame is None else frame
        self._frames = number + 1
        if not (era, stamp_s) > self._last:
            self.dropped_frames += 1
            return ()
        goes_on = era == self._last[0]
        passed_s = stamp_s - self._last[1] if goes_on else np.inf
        boxes, places = self._on_the_floor(detections)
        ids, before = np.full(len(places), -1, np.int64), places.copy()
        if goes_on and len(places) and len(self._places):
            steps = cdist(places, self._places)
            for row, old in zip(*linear_sum_assignment(steps), strict=True):
                if steps[row, old] <= self._settings.farthest_m:
                    ids[row], before[row] = self._ids[old], self._places[old]
        new = ids < 0
        ids[new] = self._next_id + np.arange(new.sum())
        self._next_id += int(new.sum())
        self._ids, self._places, self._last = ids, places, (era, stamp_s)
        velocity = (places - before) / passed_s
        return (Tracks(stamp_s, number, ids, boxes, places, velocity, np.zeros(len(ids))),)

    def flush(self) -> tuple[Tracks, ...]:
        """Nothing waits."""
        return ()

    def _on_the_floor(self, detections: Detections) -> tuple[np.ndarray, np.ndarray]:
        boxes = detections.boxes[detections.scores >= self._settings.min_score].astype(float)
        places = self._calibration.to_floor(boxes[:, :2] + boxes[:, 2:] * (0.5, 1.0))
        seen = np.isfinite(places).all(axis=1)
        return boxes[seen], places[seen]


def build(settings: NearestSettings, calibration: Calibration, size: Size) -> NearestTracker:
    """Called by privcv once it knows the size of the frames."""
    return NearestTracker(settings, calibration)


TRACKER = TrackerExtension(NearestSettings, build)
