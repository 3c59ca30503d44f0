# SPDX-License-Identifier: Apache-2.0
"""Licence plate detector: HyperLPR's network, over tiles of the image; boxes are grown by 30 %.

Its output has a row for each of 6300 places: centre, size, objectness, four corners, two classes.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.model_bytes import ModelSettings, pinned_model
from privcv_images.hiding.tiles import tiles_of
from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detection.nms import non_maximum_suppression
from privcv_perception.detection.onnx.session import open_session
from privcv_perception.iou import iou

INPUT_PX = 320
TILE_PX, OVERLAP_PX = 480, 160
GROWN = 0.3
"""Half of it on each side: a plate's last half character stays readable otherwise."""
SAME = 0.4
OBJECT, CLASSES = 4, 13


class PlateDetector:
    """Plate detector of the model that ``settings`` name. Raises ``ModelError``."""

    def __init__(self, settings: ModelSettings) -> None:
        file = pinned_model(settings, "plate")
        self._session = open_session(file.content, ["cpu"], 1, str(file.path))
        self._score = settings.score

    def detect(self, frame: Frame) -> Detections:
        """Boxes (n, 4), grown, and scores of the plates in ``frame``."""
        size = frame_size(frame)
        boxes, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        whole = [(0, 0, *size)]
        for left, top, right, bottom in [*tiles_of(size, TILE_PX, OVERLAP_PX), *whole]:
            box, score = self._plates(frame[top:bottom, left:right])
            boxes.append(box + np.array([left, top, 0, 0], np.float32))
            scores.append(score)
            if (left, top, right, bottom) == whole[0]:
                break
        box, score = np.concatenate(boxes), np.concatenate(scores)
        kept = non_maximum_suppression(iou(box, box), score, SAME)
        grown = box[kept]
        grown[:, :2] -= grown[:, 2:] * (GROWN / 2)
        grown[:, 2:] *= 1 + GROWN
        return Detections.from_rows(grown, score[kept].clip(0, 1))

    def _plates(self, part: Frame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
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
        return (box / np.float32(scale)).astype(np.float32), score.astype(np.float32)
