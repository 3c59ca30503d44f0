# SPDX-License-Identifier: Apache-2.0
"""Licence plate detector: HyperLPR's network, over tiles of the image; boxes are grown by 30 %.

Its output has a row for each of 6300 places: centre, size, objectness, four corners, two classes.
What the looks say of one plate is hidden as a whole, since the surest box may cut a corner off.
"""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.model_bytes import ModelSettings, pinned_model
from privcv_images.hiding.tiles import tiles_of
from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detection.nms import best_first, non_maximum_suppression
from privcv_perception.detection.onnx.session import open_session
from privcv_perception.iou import iou

INPUT_PX = 320
CLOSE_PX, TILE_PX = 200, 480
OVERLAPS_PX = {CLOSE_PX: 100, TILE_PX: 160}
"""Sides of tiles and how far they overlap. A plate of 10 px is found 8 times of 10 in those that
are shown smaller than they are, and 97 times of 100 in those that are enlarged."""
THREADS = 2
GROWN = 0.3
"""Half of it on each side: a plate's last half character stays readable otherwise."""
SAME = 0.4
OBJECT, CLASSES = 4, 13


Plates = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes (n, 4) left, top, width, height, px, and scores (n,)."""


class PlateDetector:
    """Plate detector of the model that ``settings`` name. Raises ``ModelError``."""

    def __init__(self, settings: ModelSettings) -> None:
        file = pinned_model(settings, "plate")
        self._session = open_session(file.content, ["cpu"], 1, str(file.path), keep_memory=True)
        self._score = settings.score

    def detect(self, frame: Frame, *, small: bool = True) -> Detections:
        """Boxes (n, 4), grown, and scores of the plates in ``frame``.

        ``small``: whether those below 20 px are looked for, which takes eight times as long.
        """
        size = frame_size(frame)
        sides = (CLOSE_PX, TILE_PX) if small else (TILE_PX,)
        looks = {(0, 0, *size)}.union(*(tiles_of(size, side, OVERLAPS_PX[side]) for side in sides))

        def look(tile: tuple[int, int, int, int]) -> Plates:
            left, top, right, bottom = tile
            boxes, scores = self._plates(frame[top:bottom, left:right])
            return boxes + np.array([left, top, 0, 0], np.float32), scores

        with ThreadPoolExecutor(THREADS) as threads:
            found = list(threads.map(look, sorted(looks)))
        boxes = np.concatenate([box for box, _ in found])
        scores = np.concatenate([score for _, score in found])
        boxes, scores = _joined(boxes, scores)
        boxes[:, :2] -= boxes[:, 2:] * (GROWN / 2)
        boxes[:, 2:] *= 1 + GROWN
        return Detections.from_rows(boxes, scores)

    def _plates(self, part: Frame) -> Plates:
        width, height = part.shape[1], part.shape[0]
        scale = INPUT_PX / max(width, height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (INPUT_PX - inner[0]) // 2, (INPUT_PX - inner[1]) // 2
        canvas = np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)
        canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(part, inner)
        blob = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        (rows,) = self._session.run(None, {"input": np.ascontiguousarray(blob)})
        row = rows[0]
        score = row[:, OBJECT] * row[:, CLASSES:].max(axis=1)
        row, score = row[score >= self._score], score[score >= self._score]
        box = row[:, :4].copy()
        box[:, :2] -= box[:, 2:] / 2
        box[:, :2] -= np.array([left, top], np.float32)
        placed = (box / np.float32(scale)).astype(np.float32)
        return _joined(placed, score.astype(np.float32).clip(0, 1))


def _joined(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> Plates:
    """One box around all that overlap a best one, for each of these, and its score."""
    best = best_first(scores)
    boxes, scores = boxes[best], scores[best]
    shared = iou(boxes, boxes)
    kept = non_maximum_suppression(shared, scores, SAME)
    around = np.zeros((len(kept), 4), np.float32)
    for row, same in enumerate(shared[kept] > SAME):
        corner = boxes[same, :2].min(axis=0)
        around[row, :2] = corner
        around[row, 2:] = (boxes[same, :2] + boxes[same, 2:]).max(axis=0) - corner
    return around, scores[kept]
