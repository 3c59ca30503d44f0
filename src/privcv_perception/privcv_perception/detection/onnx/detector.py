# SPDX-License-Identifier: Apache-2.0
"""ONNX detector: letterbox, inference, decoding, NMS and box fusion, in buffers made once."""

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detection.nms import MOST_BOXES, best_first, non_maximum_suppression
from privcv_perception.detection.onnx.letterbox import Letterbox, Placement
from privcv_perception.detection.onnx.model_description import InputDescription
from privcv_perception.detection.onnx.network import OnnxNetwork
from privcv_perception.detection.onnx.zoom_crops import lift, plan_zoom_crops
from privcv_perception.detection.scene_model import SceneModel, SceneStatistics
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.frames.buffers import SMALLEST_FRAME_PX
from privcv_perception.iou import iou

UNSURE = (0.2, 0.6)
"""Places with a score between these are zoomed in the next frame: from what a tracker uses at all
to what counts for confirming a track (``TrackerSettings``)."""

SAME_PERSON = 0.55
"""Boxes that overlap a kept one by more (IoU) are further views of it and are averaged in."""


class OnnxDetector:
    """A ``Detector`` around one ONNX model. Frames may change their size: the scene starts anew."""

    def __init__(
        self, network: OnnxNetwork, image: InputDescription, settings: DetectorSettings
    ) -> None:
        self._network = network
        self._letterbox = Letterbox(image, network.offsets)
        self._settings = settings
        self._size = (0, 0)
        self._scene: SceneModel | None = None
        self._unsure = np.zeros((0, 4), np.float32)
        self._part: tuple[int, int] | None = None
        self.statistics = SceneStatistics()

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """People in ``frame``; see ``Detector.detect``."""
        size = frame_size(frame)
        if min(size) < SMALLEST_FRAME_PX:
            return Detections.empty()
        if size != self._size:
            self._start(size)
        shown = self._letterbox.start(frame, self._fitted)
        if self._scene is not None and self._scene.unchanged(shown, stamp_s):
            return Detections.empty(inferred=False)
        placements = [self._fitted]
        if self._settings.second_look and len(self._unsure):
            placements += plan_zoom_crops(self._unsure, self._fitted, self._spare, self._size)
            for place in placements[1:]:
                self._letterbox.draw(frame, place)
        found = self._people(placements)
        if self._scene is not None:
            kept = self._scene.confirm(found.boxes, found.scores, stamp_s)
            if not kept.all():
                found = found.subset(kept)
        unsure = (found.scores > UNSURE[0]) & (found.scores < UNSURE[1])
        self._unsure = found.boxes[unsure]
        return found

    def wipe(self) -> None:
        """Overwrite canvas, blob, outputs and the scene's copy of the last frame."""
        self._letterbox.wipe()
        self._network.wipe()
        if self._scene is not None:
            self._scene.wipe()

    def close(self) -> None:
        """Wipe, and forget the empty scene and who was there."""
        self.wipe()
        self._unsure = np.zeros((0, 4), np.float32)
        if self._scene is not None:
            self._scene.forget()

    def _start(self, size: tuple[int, int]) -> None:
        self.close()
        self._size = size
        self._fitted: Placement = self._letterbox.fit(size)
        self._spare = self._letterbox.spare(self._fitted)
        part = self._letterbox.part(self._fitted)
        self._part = part if self._network.add_part(part) else None
        if self._part is not None:
            self._letterbox.add_part(self._part)
        scene = self._settings.scene
        if scene.enabled:
            self._scene = SceneModel(size, scene.memory_s, scene.skip_unchanged, self.statistics)

    def _people(self, placements: list[Placement]) -> Detections:
        settings = self._settings
        part = self._part if len(placements) == 1 else None
        blob = self._letterbox.blob(part)
        boxes, scores, broken = self._network.people(blob, settings.min_score, part)
        boxes, seen_in = lift(boxes, placements, self._size)
        seen = seen_in >= 0
        if not seen.all():
            boxes, scores = boxes[seen], scores[seen]
        if len(scores) > MOST_BOXES:
            best = best_first(scores)
            boxes, scores = boxes[best], scores[best]
        shared = iou(boxes, boxes)
        kept = non_maximum_suppression(shared, scores, settings.nms_iou)
        return Detections(_fused(boxes, scores, shared[kept]), scores[kept], dropped=broken)


def _fused(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], shared: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Each kept box averaged with the views of the same person, weighted by their squared scores.

    ``shared``: (k, n) overlap of the kept boxes with all.
    Weighted box fusion (Solovyev et al. 2021): the edges of the mean are better than those of
    the surest box.
    """
    weights = (shared >= SAME_PERSON) * (scores * scores)
    fused: NDArray[np.float32] = (weights @ boxes) / weights.sum(axis=1, keepdims=True)
    return fused
