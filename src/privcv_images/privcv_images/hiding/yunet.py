# SPDX-License-Identifier: Apache-2.0
"""YuNet in onnxruntime: boxes and scores of the faces in one square of 640 px.

Wu, Peng, Yu, YuNet: A Tiny Millisecond-level Face Detector, 2023. Decoded as OpenCV's
``FaceDetectorYN`` does, whose network takes three times as long and faults in fresh memory for
each of its layers.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.model_bytes import ModelSettings, pinned_model
from privcv_perception.detection.detector import Frame
from privcv_perception.detection.nms import best_first, non_maximum_suppression
from privcv_perception.detection.onnx.session import one_line, open_session
from privcv_perception.errors import ModelError
from privcv_perception.iou import iou

INPUT_PX = 640
STRIDES_PX = (8, 16, 32)
OUTPUTS = ("cls", "obj", "bbox")
MOST_LOG_SIZE = 5.0
"""Sides of boxes are exponents of numbers: larger ones than this are no faces, and overflow."""

SAME = 0.3
"""Boxes that overlap a better one by more (IoU) are of the same face."""

Faces = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes (n, 4) left, top, width, height, px, and scores (n,)."""


class YuNet:
    """Network of the model that ``settings`` name, for one thread. Raises ``ModelError``.

    Its buffers are made once: what is mapped anew for each square costs as much as the network.
    """

    def __init__(self, settings: ModelSettings) -> None:
        file = pinned_model(settings, "face")
        self._path, self._score = file.path, settings.score
        self._session = open_session(file.content, ["cpu"], 1, str(file.path), keep_memory=True)
        self._names = [f"{kind}_{stride}" for kind in OUTPUTS for stride in STRIDES_PX]
        self._canvas = np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)
        self._blob = np.zeros((1, 3, INPUT_PX, INPUT_PX), np.float32)
        self.wipe()  # which runs it: another model is said at once

    def wipe(self) -> None:
        """Overwrite what it holds of the last square: all its layers see a black one."""
        self._canvas.fill(0)
        self._run()

    def faces(self, part: Frame, size: tuple[int, int]) -> Faces:
        """Faces in ``part``, shown as ``size`` (width, height), at most 640 px, in its px.

        Best first, one box of each. Raises ``ModelError`` where there is no answer: an empty
        picture would look the same.
        """
        width, height = size
        scale = np.float32(width / part.shape[1]), np.float32(height / part.shape[0])
        way = cv2.INTER_AREA if scale[0] < 1 else cv2.INTER_CUBIC
        self._canvas[height:] = 0
        self._canvas[:height, width:] = 0
        self._canvas[:height, :width] = cv2.resize(part, size, interpolation=way)
        made = self._run()
        boxes, scores = [], []
        for level, stride in enumerate(STRIDES_PX):
            score, box = self._scores(made, level), made[level + 3 * OUTPUTS.index("bbox")][0]
            found = np.flatnonzero(score >= self._score)
            boxes.append(_placed(box[found], found, stride))
            scores.append(score[found])
        box, score = np.concatenate(boxes), np.concatenate(scores)
        return one_of_each(box / np.array([*scale, *scale]), score)

    def scores(self, square: Frame) -> list[NDArray[np.float32]]:
        """Scores of ``square`` (640, 640, 3) at each of its places, by stride: (80, 80) and so on.

        Raises ``ModelError`` as ``faces``.
        """
        self._canvas[:] = square
        made = self._run()
        return [
            self._scores(made, level).reshape(INPUT_PX // stride, INPUT_PX // stride)
            for level, stride in enumerate(STRIDES_PX)
        ]

    def _scores(self, made: list[NDArray[np.float32]], level: int) -> NDArray[np.float32]:
        sure, there = (made[level + 3 * kind][0][:, 0].clip(0, 1) for kind in range(2))
        score: NDArray[np.float32] = np.sqrt(sure * there)
        if not np.isfinite(score).all():
            raise ModelError(f"{self._path}: answers with numbers that are none")
        return score

    def _run(self) -> list[NDArray[np.float32]]:
        self._blob[0] = self._canvas.transpose(2, 0, 1)
        try:
            return list(self._session.run(self._names, {"input": self._blob}))
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise ModelError(
                f"{self._path}: onnxruntime cannot run it as a YuNet: {one_line(error)}"
            ) from error


def one_of_each(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> Faces:
    """The best box of each face, best first."""
    best = best_first(scores)
    boxes, scores = boxes[best], scores[best]
    kept = non_maximum_suppression(iou(boxes, boxes), scores, SAME)
    return boxes[kept], scores[kept]


def _placed(box: NDArray[np.float32], cells: NDArray[np.intp], stride: int) -> NDArray[np.float32]:
    """Boxes in px: centres are offsets from a cell's corner, sides are logarithms, in strides."""
    row, column = np.divmod(cells, INPUT_PX // stride)
    sides = np.exp(box[:, 2:].clip(max=MOST_LOG_SIZE)) * stride
    corner = (np.stack((column, row), axis=1) + box[:, :2]) * stride - sides / 2
    return np.concatenate((corner, sides), axis=1).astype(np.float32)
