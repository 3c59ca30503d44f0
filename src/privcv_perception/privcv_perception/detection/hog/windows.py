# SPDX-License-Identifier: Apache-2.0
"""HOG pedestrian detection: how much each standing place with foreground looks like a person.

OpenCV's pedestrian HOG (Dalal and Triggs 2005) is asked only at places whose box, of the size
that a person has there, holds enough foreground. It sees each at the scale it was trained for.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.detector import Frame
from privcv_perception.detection.hog.standing_places import (
    ASPECT,
    PERSON_PX,
    FeetArea,
    StandingPlaces,
)
from privcv_perception.frames.buffers import PixelBuffer

WINDOW = (64, 128)
FEET_PX = 112
"""HOG's window, (width, height), and the row of the feet in it, px."""

STRIDE_PX = 4
"""Step of the window, px of the scaled frame; twice as much where there is much to look at."""

LEAST_MARGIN = -1.5
"""The least margin of the SVM for a window to be considered."""

BUDGET_PX = 700_000
"""Pixels that HOG may look at closely in one frame; beyond it looks at a coarser grid."""


@dataclass(frozen=True)
class Windows:
    """Places that could be people: ``boxes`` (n, 4) px in the frame, SVM ``margins`` (n,)."""

    boxes: NDArray[np.float32]
    margins: NDArray[np.float32]


class PedestrianWindows:
    """HOG windows that look like people at one of ``places``; ``scratch`` holds crops."""

    def __init__(self, places: StandingPlaces, scratch: PixelBuffer) -> None:
        self._places = places
        self._heights = places.heights
        self._scratch = scratch
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def find(self, frame: Frame, filled: NDArray[np.int32]) -> Windows:
        """Places in ``frame`` that look like people.

        ``filled``: (h + 1, w + 1) integral of the mask of foreground, 0 or 1, of size (w, h).
        """
        places, margins, seen_px = [], [], 0.0
        for feet in self._places.with_foreground(filled):
            scale = PERSON_PX / feet.person_px
            seen_px += ((feet.width * scale) + WINDOW[0]) * ((feet.height * scale) + WINDOW[1])
            stride = STRIDE_PX if seen_px < BUDGET_PX else 2 * STRIDE_PX
            if seen_px > 4 * BUDGET_PX:
                break
            found, margin = self._detect(frame, feet, stride)
            places.append(found)
            margins.append(margin)
        if not places:
            return Windows(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
        return Windows(self._boxes(np.concatenate(places)), np.concatenate(margins))

    def _detect(
        self, frame: Frame, feet: FeetArea, stride: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Feet and size (n, 3) of the windows that could be people, and their margins (n,)."""
        scale = PERSON_PX / feet.person_px
        left, top = feet.left - WINDOW[0] / 2 / scale, feet.top - FEET_PX / scale
        size = (WINDOW[0] + round(feet.width * scale), WINDOW[1] + round(feet.height * scale))
        crop = self._crop(frame, left, top, scale, size)
        if crop is None:
            return np.zeros((0, 3), np.float32), np.zeros(0, np.float32)
        points, weights = self._hog.detect(crop, LEAST_MARGIN, (stride, stride), (0, 0))
        corner = np.asarray(points, np.float32).reshape(-1, 2)
        x = (corner[:, 0] + WINDOW[0] / 2) / scale + left
        y = (corner[:, 1] + FEET_PX) / scale + top
        places = np.stack([x, y, np.full(len(x), feet.person_px)], axis=1)
        return places.astype(np.float32), np.asarray(weights, np.float32).reshape(-1)

    def _boxes(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Feet and size of windows, (n, 3), to boxes of the size that a person has there."""
        x, y, tall = places.T
        if self._heights is not None:
            expected = self._heights(places[:, :2])
            expected = np.where(np.isfinite(expected), expected, tall)
            y, tall = y + (expected - tall) / 2, expected
        boxes = np.stack([x - ASPECT * tall / 2, y - tall, ASPECT * tall, tall], axis=1)
        return boxes.astype(np.float32)

    def _crop(
        self, frame: Frame, left: float, top: float, scale: float, size: tuple[int, int]
    ) -> NDArray[np.uint8] | None:
        """Part of the frame at ``scale`` in our scratch memory, edges of the frame repeated."""
        room: NDArray[np.uint8] = self._scratch.array
        if size[0] * size[1] * 3 > len(room):
            return None
        crop = room[: size[0] * size[1] * 3].reshape(size[1], size[0], 3)
        shift = np.array([[1 / scale, 0, left], [0, 1 / scale, top]], np.float32)
        cv2.warpAffine(
            frame, shift, size, dst=crop, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return crop
