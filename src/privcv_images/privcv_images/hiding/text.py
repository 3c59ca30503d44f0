# SPDX-License-Identifier: Apache-2.0
"""Text detector (PP-OCRv4): where writing is, without reading it.

Differentiable binarization (Liao et al. 2020): the probability map is thresholded, and each blob
grown by area · 1.6 / perimeter, since the network shrinks text that much.
"""

import cv2
import numpy as np

from privcv_images.hiding.model_bytes import ModelSettings, pinned_model
from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detection.onnx.session import open_session

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)
LONGEST_PX, MULTIPLE_PX = 960, 32
UNCLIP = 1.6
SMALLEST_PX = 3


class TextDetector:
    """Text detector of the model that ``settings`` name. Raises ``ModelError``."""

    def __init__(self, settings: ModelSettings) -> None:
        file = pinned_model(settings, "text")
        self._session = open_session(file.content, ["cpu"], 1, str(file.path))
        self._score = settings.score

    def detect(self, frame: Frame) -> Detections:
        """Upright boxes (n, 4) and scores of the lines of text in ``frame``."""
        width, height = frame_size(frame)
        scale = min(1.0, LONGEST_PX / max(width, height))
        inner = [
            max(MULTIPLE_PX, round(side * scale / MULTIPLE_PX) * MULTIPLE_PX)
            for side in (width, height)
        ]
        image = cv2.resize(frame, inner)[..., ::-1].astype(np.float32) / np.float32(255)
        blob = ((image - MEAN) / STD).transpose(2, 0, 1)[None]
        (maps,) = self._session.run(None, {"x": np.ascontiguousarray(blob, np.float32)})
        chance = maps[0, 0]
        mask = (chance >= self._score).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        boxes, scores = [], []
        factors = width / inner[0], height / inner[1]
        for contour in contours:
            (_, sides, _) = cv2.minAreaRect(contour)
            if min(sides) < SMALLEST_PX:
                continue
            grown = sides[0] * sides[1] * UNCLIP / (2 * (sides[0] + sides[1]))
            x, y, wide, tall = cv2.boundingRect(contour)
            scores.append(float(chance[y : y + tall, x : x + wide].max()))
            boxes.append(
                (
                    (x - grown) * factors[0], (y - grown) * factors[1],
                    (wide + 2 * grown) * factors[0], (tall + 2 * grown) * factors[1],
                )
            )  # fmt: skip
        return Detections.from_rows(np.array(boxes).reshape(-1, 4), np.array(scores).clip(0, 1))
