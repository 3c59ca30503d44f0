# SPDX-License-Identifier: Apache-2.0
"""Built-in detector, nothing to download: background subtraction and HOG.

The background model says where something is, the calibration (or experience) how large a person
would be there, and OpenCV's pedestrian HOG whether it looks like one; foreground assignment picks
the people who are reported. Nothing stands out, nothing runs.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.background import Background, reduced_size
from privcv_perception.detection.detector import (
    Detections,
    Frame,
    HeightPrior,
    frame_size,
)
from privcv_perception.detection.hog.evidence import LIKE, UNTRUSTED, Evidence
from privcv_perception.detection.hog.foreground_assignment import assign_foreground, take_away
from privcv_perception.detection.hog.height_prior import LearntHeight
from privcv_perception.detection.hog.standing_places import StandingPlaces
from privcv_perception.detection.hog.windows import BUDGET_PX, PedestrianWindows
from privcv_perception.detection.scene_model import SceneStatistics
from privcv_perception.frames.buffers import SMALLEST_FRAME_PX, PixelBuffer

MASK_WIDTH_PX = 384
"""Width of the image in which foreground is sought."""

CALIBRATED_TOLERANCE = 1.13
LEARNT_TOLERANCE = 1.2
"""How far a person may be from the expected height, as a ratio: adults with and without measure."""

SURE = 0.5
"""From this score on a place counts as a person who may stand still."""

RELIT = 0.85
"""A box of whose foreground more is only in another light holds a patch of sun."""

TEACHING_MARGIN = 0.2
TEACHING_FILL = 0.4
"""People who teach the size: surely people, and whole."""

RELEARN_PEOPLE = 50
"""The levels are planned anew after this many more people."""


class BuiltinDetector:
    """A ``Detector`` out of a background model and HOG.

    ``heights``: feet (n, 2) px to the height (n,) px of a person there, or None: then it is
    learnt. ``min_score``: what scores less is not reported. Frames may change their size; the
    scene is then learnt anew.
    """

    def __init__(self, heights: HeightPrior | None, min_score: float) -> None:
        self._heights = heights
        self._min_score = min_score
        self._scratch = PixelBuffer((4 * BUDGET_PX * 3,))
        self._size = (0, 0)
        self.statistics = SceneStatistics()
        self._evidence = Evidence()

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """People in ``frame``; see ``Detector.detect``."""
        size = frame_size(frame)
        if min(size) < SMALLEST_FRAME_PX:
            return Detections.empty()
        if size != self._size:
            self._start(size)
        cv2.resize(frame, self._mask_size, dst=self._small.array, interpolation=cv2.INTER_AREA)
        foreground = self._background.observe(self._small.array)
        self._people.fill(0)
        self.statistics.frames += 1
        detections = Detections.empty(inferred=False)
        if cv2.countNonZero(foreground):
            self.statistics.inferred += 1
            detections = self._detect(frame, foreground, stamp_s)
        else:
            self.statistics.skipped += 1
        self._background.learn(stamp_s, self._people)
        return detections

    @property
    def doubt(self) -> str:
        """Why nobody is reported although something moves, in words; empty where people are."""
        return self._evidence.doubt

    def wipe(self) -> None:
        """Overwrite the crops, the reduced image and all that shows the last frame."""
        self._scratch.wipe()
        if self._size != (0, 0):
            self._small.wipe()
            self._unassigned.wipe()
            self._background.wipe()

    def close(self) -> None:
        """Wipe, and forget the empty scene."""
        self.wipe()
        if self._size != (0, 0):
            self._background.forget()

    def _start(self, size: tuple[int, int]) -> None:
        self.close()
        self._size = size
        self._mask_size = reduced_size(size, MASK_WIDTH_PX)
        self._scale = (self._mask_size[0] / size[0], self._mask_size[1] / size[1])
        shape = (self._mask_size[1], self._mask_size[0])
        self._small = PixelBuffer((*shape, 3))
        self._unassigned = PixelBuffer(shape)
        self._people = np.zeros(shape, np.uint8)
        self._background = Background(self._mask_size)
        self._learnt = LearntHeight(size[1])
        self._evidence = Evidence()
        self._taught = 0
        self._plan()

    def _plan(self) -> None:
        heights, tolerance = self._heights, CALIBRATED_TOLERANCE
        if heights is None and self._learnt.known:
            heights, tolerance = self._learnt.at, LEARNT_TOLERANCE
        places = StandingPlaces(self._size, self._mask_size, heights, tolerance)
        self._windows = PedestrianWindows(places, self._scratch)

    def _detect(self, frame: Frame, foreground: NDArray[np.uint8], stamp_s: float) -> Detections:
        windows = self._windows.find(frame, cv2.integral(foreground) // 255)
        np.copyto(self._unassigned.array, foreground)
        rows, scores, wholes = assign_foreground(
            windows, self._unassigned.array, self._scale, self._min_score
        )
        boxes, margins = windows.boxes[rows], windows.margins[rows]
        if not self._evidence.trusted:
            scores = np.where(margins < LIKE, np.minimum(scores, UNTRUSTED), scores)
        lit = np.array([self._background.relit(*self._area(box)) > RELIT for box in boxes], bool)
        sure = (scores >= SURE) & ~lit
        np.copyto(self._unassigned.array, foreground)
        for box in boxes[sure]:
            take_away(self._unassigned.array, box, self._scale)
        area = foreground.size
        self._evidence.add(
            stamp_s,
            cv2.countNonZero(foreground) / area,
            cv2.countNonZero(self._unassigned.array) / area,
        )
        for box in boxes[sure]:
            self._people[self._area(box)] = 255
        boxes, scores, margins, wholes = boxes[~lit], scores[~lit], margins[~lit], wholes[~lit]
        if self._heights is None:
            self._teach(boxes, margins, wholes)
        return Detections.empty() if self.doubt else Detections.from_rows(boxes, scores)

    def _area(self, box: NDArray[np.float32]) -> tuple[slice, slice]:
        """Rows and columns of the mask under ``box``, px of the frame."""
        left, top, width, height = box.tolist()
        x = [max(0, round(v * self._scale[0])) for v in (left, left + width)]
        y = [max(0, round(v * self._scale[1])) for v in (top, top + height)]
        return slice(*y), slice(*x)

    def _teach(
        self,
        boxes: NDArray[np.float32],
        margins: NDArray[np.float32],
        wholes: NDArray[np.float32],
    ) -> None:
        good = (margins > TEACHING_MARGIN) & (wholes > TEACHING_FILL)
        good &= boxes[:, 1] + boxes[:, 3] < self._size[1]
        self._learnt.add(boxes[good, 1] + boxes[good, 3], boxes[good, 3])
        self._taught += int(good.sum())
        if self._learnt.known and self._taught >= RELEARN_PEOPLE:
            self._taught = 0
            self._plan()
