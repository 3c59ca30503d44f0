# SPDX-License-Identifier: Apache-2.0
"""Finder: every detector that the settings name, over one frame after the other.

What a detector cannot look at is not taken for empty: the frame is said to have failed.
"""

import logging
import math
from typing import Protocol

from privcv_images.hiding.each_frame import EachFrame, each_frame
from privcv_images.hiding.faces import FaceDetector
from privcv_images.hiding.found import Found
from privcv_images.hiding.plates import PlateDetector
from privcv_images.hiding.screens import ScreenDetector
from privcv_images.hiding.text import TextDetector
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redactions.redaction import Kind, Region, region_of
from privcv_perception.detection.detector import Detections, Frame, frame_size
from privcv_perception.detector_registry import build_detector

_log = logging.getLogger(__name__)

FIRST_SIZE = (640, 480)
FACE_MARGIN = 0.25
"""Around a face, in its widths: ears and hair tell people apart too."""

CLOSE_EVERY_S = 0.3
"""Where gaps are filled afterwards, and ends held for as long, no two close looks for what is small
lie farther apart than the frames or this do: what is found in both is hidden in between."""

ROUNDING_S = 1e-6


class Finds(Protocol):
    """What looks at frames, one after the other."""

    def find(self, frame: Frame, stamp_s: float) -> Found:
        """What is in ``frame``, taken at ``stamp_s`` (event time, s)."""

    def begin_anew(self) -> None:
        """Forget what was seen: another recording follows."""


class Finder:
    """Finder of all that ``settings`` say. Raises ``ModelError``.

    ``filled``: whether its frames are those of a recording whose plan fills gaps; small faces and
    plates are then not looked for in each of them.
    """

    def __init__(self, settings: ImagesSettings, *, filled: bool = False) -> None:
        self._settings, self._filled = settings, filled
        self._close_s = self._last_s = -math.inf
        # Now, so that a model that cannot be used is said before anything is looked at.
        self._size = FIRST_SIZE
        self._people = self._build(FIRST_SIZE)
        self._others: list[tuple[Kind, PlateDetector | TextDetector | ScreenDetector]] = []
        self._faces = None if settings.face is None else FaceDetector(settings.face)
        if settings.plate is not None:
            self._others.append(("plate", PlateDetector(settings.plate)))
        if settings.text is not None:
            self._others.append(("text", TextDetector(settings.text)))
        if settings.screens:
            self._others.append(("screen", ScreenDetector(settings.people)))
        self.failures = 0
        """Frames at which a detector failed."""

    def find(self, frame: Frame, stamp_s: float) -> Found:
        """What is in ``frame``, taken at ``stamp_s`` (event time, s). Never raises for a frame."""
        try:
            return self._find(frame, stamp_s)
        except Exception as error:  # of four libraries; what is not known to be empty is withheld
            self.failures += 1
            self._close_s = -math.inf  # the next frame is looked at closely in its stead
            if self.failures == 1:
                _log.warning("a detector failed: %s: %s", type(error).__name__, error)
            return Found(stamp_s, Detections.empty(), failed="detector")

    def passed(self, found: Found) -> None:
        """An earlier run looked at this frame: go on as if it had been now."""
        self._is_close_look_due(found.stamp_s)
        if found.failed is not None:
            self._close_s = -math.inf

    def _find(self, frame: Frame, stamp_s: float) -> Found:
        size = frame_size(frame)
        if size != self._size and self._settings.people.kind != "onnx":  # which takes any size
            self._people = self._build(size)
        self._size = size
        close = self._is_close_look_due(stamp_s)
        people = self._people.detect(frame)
        regions: list[Region] = []
        sure: list[int] = []
        if self._faces is not None:
            faces = self._faces.detect(frame, small=close)
            for box, score in zip(faces.boxes.tolist(), faces.scores.tolist(), strict=True):
                margin = FACE_MARGIN * box[2]
                around = box[0] - margin, box[1] - margin, box[2] + 2 * margin, box[3] + 2 * margin
                if (region := region_of("face", around, size)) is not None:
                    if score >= self._settings.hiding.sure_face:
                        sure.append(len(regions))
                    regions.append(region)
        for kind, detector in self._others:
            if isinstance(detector, PlateDetector):
                found = detector.detect(frame, small=close)
            else:
                found = detector.detect(frame)
            for box in found.boxes.tolist():
                if (region := region_of(kind, box, size)) is not None:
                    regions.append(region)
        self._people.wipe()
        return Found(stamp_s, people, tuple(regions), tuple(sure))

    def _is_close_look_due(self, stamp_s: float) -> bool:
        """Whether the next frame could be too late. Pictures have no times, or the same."""
        since_s, step_s = stamp_s - self._close_s, stamp_s - self._last_s
        self._last_s = stamp_s
        if self._filled and since_s > 0 and since_s + step_s <= CLOSE_EVERY_S + ROUNDING_S:
            return False
        self._close_s = stamp_s
        return True

    def _build(self, size: tuple[int, int]) -> EachFrame:
        return EachFrame(build_detector(each_frame(self._settings.people), None, size))

    def begin_anew(self) -> None:
        """Forget what was seen: another recording follows."""
        self._people.close()
        self._close_s = self._last_s = -math.inf
        if self._faces is not None:
            self._faces.wipe()
