# SPDX-License-Identifier: Apache-2.0
"""Face detector (YuNet): from faces of 10 px on in tiles of the image, large ones in a small copy.

Wu, Peng, Yu, YuNet: A Tiny Millisecond-level Face Detector, 2023.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.model_bytes import ModelSettings, pinned_model
from privcv_images.hiding.tiles import tiles_of
from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detection.nms import non_maximum_suppression
from privcv_perception.errors import ModelError
from privcv_perception.iou import iou

TILE_PX, OVERLAP_PX = 960, 160
"""Faces up to the overlap are whole in one of the tiles; larger ones are found in the copy."""
COPY_PX = 480
ENLARGE = 2.0
"""A face of 16 px is found 9 times of 10 at twice its size, and 6 times at its own."""
SAME = 0.3
SCORE = 14


class FaceDetector:
    """Face detector of the model that ``settings`` name; ``enlarge`` shows small faces larger.

    Raises ``ModelError``.
    """

    def __init__(self, settings: ModelSettings, enlarge: float = ENLARGE) -> None:
        file = pinned_model(settings, "face")
        self._score, self._enlarge = settings.score, enlarge
        content = np.frombuffer(file.content, np.uint8)
        try:
            self._net = cv2.FaceDetectorYN.create(
                "onnx", content, np.zeros(0, np.uint8), (COPY_PX, COPY_PX), settings.score, SAME
            )
        except cv2.error as error:
            raise ModelError(
                f"{file.path}: OpenCV cannot open it as a YuNet: {error.err}"
            ) from error

    def detect(self, frame: Frame) -> Detections:
        """Boxes (n, 4) and scores of the faces in ``frame``."""
        width, height = frame_size(frame)
        boxes, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        for left, top, right, bottom in tiles_of((width, height), TILE_PX, OVERLAP_PX):
            found = self._faces(frame[top:bottom, left:right], self._enlarge)
            boxes.append(found[:, :4] + np.array([left, top, 0, 0], np.float32))
            scores.append(found[:, SCORE])
        if max(width, height) > COPY_PX:
            found = self._faces(frame, COPY_PX / max(width, height))
            boxes.append(found[:, :4])
            scores.append(found[:, SCORE])
        box, score = np.concatenate(boxes), np.concatenate(scores).clip(0, 1)
        kept = non_maximum_suppression(iou(box, box), score, SAME)
        return Detections.from_rows(box[kept], score[kept])

    def _faces(self, part: Frame, scale: float) -> NDArray[np.float32]:
        """(n, 15) rows of YuNet, in px of ``part``."""
        image = part
        if scale != 1.0:
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            image = cv2.resize(part, None, fx=scale, fy=scale, interpolation=way)
        self._net.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._net.detect(np.ascontiguousarray(image))
        if rows is None:
            return np.zeros((0, SCORE + 1), np.float32)
        found: NDArray[np.float32] = np.asarray(rows, np.float32)
        found[:, :SCORE] /= np.float32(scale)
        return found
