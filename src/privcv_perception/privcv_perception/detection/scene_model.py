# SPDX-License-Identifier: Apache-2.0
"""Scene model of a fixed camera: has anything changed since the last frame, did this ever move?

A detector sees a sign as a person in every frame, at the same place, with the same score. A
person is something that stood out from the empty scene: somebody walked there, or at least stirs.
So a box where nothing ever stood out stays tentative for ``TENTATIVE_S`` only, and a person who
stands still stays confirmed, because the background never absorbs a place where somebody is.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.background import Background, reduced_size
from privcv_perception.detection.still_boxes import NEVER, Places
from privcv_perception.frames.buffers import PixelBuffer

WIDTH_PX = 144
"""Width of the image in which change is sought."""

STEP_S = 1.0
"""While people are here the scene is observed this often, s; while nobody is, in every frame."""

STOOD_OUT = 0.15
"""Share of a box's middle that must stand out for it to hold a person."""

CLAIMED = 1.0
"""Size of the part of a surer box whose foreground speaks for no other, in sizes of the box."""

STIRRED = 0.1
STIRRED_S = 10.0
"""Somebody who was here from the start stirs: this share of the middle, within so many seconds."""

TENTATIVE_S = 3.0
"""A box that stays in one place without any such sign is a thing after this long, s."""

LOOK_ANYWAY_S = 5.0
"""The network runs at least this often, s, also when nothing changes."""

QUIET_PX = 2
"""So few px of the reduced image standing out are nothing."""


@dataclass
class SceneStatistics:
    """How often the scene spared or corrected the network, since the start."""

    frames: int = 0
    inferred: int = 0
    skipped: int = 0
    cropped: int = 0
    """Frames of which only crops were looked at."""
    things: int = 0
    """Boxes that were dropped because nothing ever moved there."""


class SceneModel:
    """Scene model of one camera; frames are all of ``frame_size`` (width, height), px.

    ``memory_s``: how long a place stays confirmed after the last sign of life. ``skip``: whether
    frames without change may be skipped. What is spared is counted in ``statistics``.
    """

    def __init__(
        self,
        frame_size: tuple[int, int],
        memory_s: float,
        skip: bool,
        statistics: SceneStatistics,
    ) -> None:
        size = reduced_size(frame_size, WIDTH_PX)
        self._scale = np.array([size[0] / frame_size[0], size[1] / frame_size[1]] * 2, np.float32)
        self._small = PixelBuffer((size[1], size[0], 3))
        self._left = PixelBuffer((size[1], size[0]))
        self._people = np.zeros((size[1], size[0]), np.uint8)
        self._stirred_s = np.full((size[1], size[0]), NEVER)
        self._size = size
        self._background = Background(size)
        self._memory_s, self._skip = memory_s, skip
        self._places = Places.empty()
        self._observed_s = self._inferred_s = NEVER
        self._fresh = False
        self._holds_pixels = False
        self._busy = True
        self._statistics = statistics

    def unchanged(self, image: NDArray[np.uint8], stamp_s: float) -> bool:
        """Whether the detector may skip this frame, of which ``image`` is a smaller copy."""
        self._statistics.frames += 1
        back_in_time = stamp_s < self._observed_s or stamp_s < self._inferred_s
        if back_in_time:
            self._observed_s = self._inferred_s = NEVER
        self._fresh = not self._busy or stamp_s - self._observed_s >= STEP_S
        if self._fresh:
            self._holds_pixels = True
            cv2.resize(image, self._size, dst=self._small.array, interpolation=cv2.INTER_AREA)
            foreground = self._background.observe(self._small.array)
            changed = cv2.countNonZero(foreground) > QUIET_PX
            calm = not changed and not self._busy and stamp_s - self._inferred_s < LOOK_ANYWAY_S
            if calm and self._skip:
                self._people.fill(0)
                self._learn(stamp_s)
                self._statistics.skipped += 1
                return True
        self._inferred_s = stamp_s
        self._statistics.inferred += 1
        return False

    def pass_by(self, stamp_s: float) -> None:
        """The detector looks at crops of this frame only: the scene is not observed."""
        self._statistics.frames += 1
        self._statistics.cropped += 1
        self._fresh = False
        self._inferred_s = stamp_s

    def confirm(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], stamp_s: float
    ) -> NDArray[np.bool_]:
        """Which boxes of the frame last observed may be people, (n,): no things that never move.

        ``boxes``: (n, 4) left, top, width, height, px; ``scores``: (n,); ``stamp_s``: event
        time, s.
        """
        places = self._places.followed_by(boxes, stamp_s)
        if self._fresh:
            self._note_life(boxes, scores, places.alive_s, stamp_s)
        here = slice(0, len(boxes))
        alive = stamp_s - places.alive_s[here] <= self._memory_s
        kept: NDArray[np.bool_] = alive | (stamp_s - places.since_s[here] < TENTATIVE_S)
        self._places = places
        self._busy = bool((kept & (scores > 0.3)).any())
        if self._fresh:
            self._people.fill(0)
            for row in np.flatnonzero(alive):
                self._people[self._area(boxes[row], 1.0)] = 255
            self._learn(stamp_s)
        self._statistics.things += int((~kept).sum())
        return kept

    def wipe(self) -> None:
        """Overwrite all that shows the last frame, where that was looked at."""
        if self._holds_pixels:
            self._small.wipe()
            self._left.wipe()
            self._background.wipe()
            self._holds_pixels = False

    def forget(self) -> None:
        """Overwrite the empty scene too, and forget every place."""
        self.wipe()
        self._background.forget()
        self._people.fill(0)
        self._stirred_s.fill(NEVER)
        self._places = Places.empty()
        self._observed_s = self._inferred_s = NEVER
        self._busy = True

    def _learn(self, stamp_s: float) -> None:
        self._background.learn(stamp_s, self._people)
        self._observed_s = stamp_s

    def _note_life(
        self,
        boxes: NDArray[np.float32],
        scores: NDArray[np.float32],
        alive_s: NDArray[np.float64],
        stamp_s: float,
    ) -> None:
        """Set ``alive_s`` of the boxes in which something stands out that no surer box claims."""
        np.copyto(self._left.array, self._background.foreground)
        for row in np.argsort(-scores, kind="stable"):
            if self._stands_out(boxes[row], stamp_s):
                alive_s[row] = stamp_s
            if alive_s[row] > NEVER:
                self._left.array[self._area(boxes[row], CLAIMED)] = 0
        self._stirred_s[self._left.array != 0] = stamp_s

    def _stands_out(self, box: NDArray[np.float32], stamp_s: float) -> bool:
        middle = self._area(box, 0.7)
        left = self._left.array[middle]
        if not left.size:
            return False
        stirred = self._stirred_s[middle] > stamp_s - STIRRED_S
        return bool(
            np.count_nonzero(left) >= STOOD_OUT * left.size
            or np.count_nonzero(stirred) >= STIRRED * left.size
        )

    def _area(self, box: NDArray[np.float32], share: float) -> tuple[slice, slice]:
        """Rows and columns of the reduced image under the middle ``share`` of a box."""
        left, top, width, height = (float(v) for v in box * self._scale)
        x, y = left + width * (1 - share) / 2, top + height * (1 - share) / 2
        columns = (round(x), max(round(x + width * share), round(x) + 1))
        rows = (round(y), max(round(y + height * share), round(y) + 1))
        return (
            slice(min(max(rows[0], 0), self._size[1]), min(max(rows[1], 0), self._size[1])),
            slice(min(max(columns[0], 0), self._size[0]), min(max(columns[1], 0), self._size[0])),
        )
