# SPDX-License-Identifier: Apache-2.0
"""ONNX detector: letterbox, inference, decoding, NMS and box fusion, in buffers made once.

It looks at frames by the pace of its settings, in turn at a whole frame and at crops around those
whom it saw lately, and sooner where somebody is new; all that follows from event time and content,
never from load.
"""

import math

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detection.nms import MOST_BOXES, best_first, non_maximum_suppression
from privcv_perception.detection.onnx.crop_looks import SIZES, plan_crop_look
from privcv_perception.detection.onnx.letterbox import Letterbox, Placement
from privcv_perception.detection.onnx.model_description import InputDescription
from privcv_perception.detection.onnx.network import OnnxNetwork
from privcv_perception.detection.onnx.zoom_crops import lift, plan_zoom_crops
from privcv_perception.detection.pace import LookPace
from privcv_perception.detection.scene_model import SceneModel, SceneStatistics
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.frames.buffers import SMALLEST_FRAME_PX
from privcv_perception.iou import iou

UNSURE = (0.2, 0.6)
"""Places with a score between these are zoomed in the next frame: from what a tracker uses at all
to what counts for confirming a track (``TrackerSettings``)."""

FOLLOWED = 0.2
"""Places with a score from this on are looked at in a crop look: what a tracker uses at all."""

LATELY_S = 0.45
"""For so long who is not seen is sought again where they were, s: two looks at the usual pace."""

NEW, NEW_SCORE = 0.1, 0.6
HURRY_S = 0.4
"""A box of this score that overlaps none of lately by this share (IoU) is new: for so long the
detector looks twice as often, so that who comes in or runs is confirmed in time."""

WHOLE_S = 0.35
"""A whole frame is looked at where the last one is so long ago, s; crops are between."""

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
        self._pace = LookPace(settings.looks_per_s)
        self._lately: list[tuple[float, NDArray[np.float32]]] = []
        self._part: tuple[int, int] | None = None
        self._crop_sizes: tuple[tuple[int, int], ...] = ()
        self._holds_pixels = False
        self.statistics = SceneStatistics()
        self._forget()

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """People in ``frame``; see ``Detector.detect``."""
        size = frame_size(frame)
        if min(size) < SMALLEST_FRAME_PX:
            return Detections.empty()
        if size != self._size:
            self._start(size)
        if not self._pace.is_due(stamp_s):
            return Detections.between_looks()
        self._holds_pixels = True
        found = self._crop_look(frame, stamp_s)
        if found is None:
            self._whole_s = stamp_s
            found = self._whole_look(frame, stamp_s)
        if self._scene is not None and found.inferred:
            kept = self._scene.confirm(found.boxes, found.scores, stamp_s)
            if not kept.all():
                found = found.subset(kept)
        unsure = (found.scores > UNSURE[0]) & (found.scores < UNSURE[1])
        self._unsure = found.boxes[unsure]
        if self._is_new(found):
            self._hurry_until_s = stamp_s + HURRY_S
        if stamp_s < self._hurry_until_s:
            self._pace.hurry()
        self._lately = [each for each in self._lately if stamp_s - each[0] < LATELY_S]
        self._lately.append((stamp_s, found.boxes[found.scores >= FOLLOWED]))
        return found

    def wipe(self) -> None:
        """Overwrite canvas, blob, outputs and the scene's copy of the last frame."""
        if not self._holds_pixels:
            return
        self._letterbox.wipe()
        self._network.wipe()
        if self._scene is not None:
            self._scene.wipe()
        self._holds_pixels = False

    def close(self) -> None:
        """Wipe, and forget the empty scene and who was there."""
        self.wipe()
        self._forget()
        if self._scene is not None:
            self._scene.forget()

    def _forget(self) -> None:
        self._unsure = np.zeros((0, 4), np.float32)
        self._lately.clear()
        self._whole_s = self._hurry_until_s = -math.inf
        self._pace.restart()

    def _start(self, size: tuple[int, int]) -> None:
        self.close()
        self._size = size
        self._fitted: Placement = self._letterbox.fit(size)
        self._spare = self._letterbox.spare(self._fitted)
        part = self._letterbox.part(self._fitted)
        self._part = part if self._network.add_part(part) else None
        if self._part is not None:
            self._letterbox.add_part(self._part)
        if self._settings.crop_looks and self._part is not None:
            area = self._part[0] * self._part[1]
            sizes = [each for each in SIZES if 3 * each[0] * each[1] < 2 * area]
            self._crop_sizes = tuple(each for each in sizes if self._network.add_part(each))
            for each in self._crop_sizes:
                self._letterbox.add_part(each)
        scene = self._settings.scene
        if scene.enabled:
            self._scene = SceneModel(size, scene.memory_s, scene.skip_unchanged, self.statistics)

    def _whole_look(self, frame: Frame, stamp_s: float) -> Detections:
        """People in the whole frame; not inferred where the scene is empty and unchanged."""
        shown = self._letterbox.start(frame, self._fitted)
        if self._scene is not None and self._scene.unchanged(shown, stamp_s):
            return Detections.empty(inferred=False)
        placements = [self._fitted]
        if self._settings.second_look and len(self._unsure):
            placements += plan_zoom_crops(self._unsure, self._fitted, self._spare, self._size)
            for place in placements[1:]:
                self._letterbox.draw(frame, place)
        return self._people(placements, self._part if len(placements) == 1 else None)

    def _crop_look(self, frame: Frame, stamp_s: float) -> Detections | None:
        """People around those of the last two looks; None where it is the whole frame's turn."""
        passed_s = stamp_s - self._whole_s
        places = self._places()
        if not 0 <= passed_s < WHOLE_S or not len(places):
            return None
        plan = plan_crop_look(places, self._fitted, self._crop_sizes)
        if plan is None:
            return None
        size, placements = plan
        self._letterbox.start_crops(frame, placements, size)
        if self._scene is not None:
            self._scene.pass_by(stamp_s)
        return self._people(placements, size)

    def _places(self) -> NDArray[np.float32]:
        """Where people were lately, (n, 4) px, each as often as it was seen."""
        boxes = [each for _, each in self._lately]
        return np.concatenate(boxes) if boxes else np.zeros((0, 4), np.float32)

    def _is_new(self, found: Detections) -> bool:
        boxes = found.boxes[found.scores >= NEW_SCORE]
        known = self._places()
        if not len(boxes) or not len(known):
            return len(boxes) > 0
        return bool((iou(boxes, known).max(axis=1) < NEW).any())

    def _people(self, placements: list[Placement], part: tuple[int, int] | None) -> Detections:
        settings = self._settings
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
