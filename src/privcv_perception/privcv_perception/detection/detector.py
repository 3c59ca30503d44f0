# SPDX-License-Identifier: Apache-2.0
"""What a detector is, and what it returns: boxes around people in one frame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from privcv_perception.errors import FrameError

Frame = NDArray[np.uint8]
"""An image of shape (height, width, 3), BGR, uint8."""

HeightPrior = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Feet in the image, shape (n, 2) px, to the height in px that a person standing there would have,
shape (n,); NaN where no person can stand (above the horizon, behind the camera)."""


@dataclass(frozen=True)
class Detections:
    """Detections: boxes and scores of the people in one frame.

    ``boxes``: shape (n, 4), float32: left, top, width, height in px; may reach outside the image.
    ``scores``: shape (n,), float32, 0..1.
    ``inferred``: False where nothing had changed and nobody was here, so no detector ran.
    ``looked``: False for a frame between two looks: who was here is still here.
    ``dropped``: rows that were no boxes (NaN, infinite, no area) and were left out.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    inferred: bool = True
    dropped: int = 0
    looked: bool = True

    def __len__(self) -> int:
        return len(self.scores)

    @staticmethod
    def empty(*, inferred: bool = True, dropped: int = 0) -> "Detections":
        """Nobody."""
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), inferred, dropped)

    @staticmethod
    def between_looks() -> "Detections":
        """Of a frame that nobody looked at."""
        return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), looked=False)

    @staticmethod
    def from_rows(boxes: ArrayLike, scores: ArrayLike, *, dropped: int = 0) -> "Detections":
        """Keep the rows that are boxes; count the others in ``dropped``.

        ``boxes``: (n, 4) left, top, width, height; ``scores``: (n,). A row is dropped where a
        number is not finite, the box has no area, or the score lies outside 0..1.
        Raises ``ValueError`` where the two lengths differ: that is a bug, not bad input.
        """
        box = np.asarray(boxes, np.float32).reshape(-1, 4)
        score = np.asarray(scores, np.float32).reshape(-1)
        if len(box) != len(score):
            raise ValueError(f"{len(box)} boxes but {len(score)} scores")
        with np.errstate(invalid="ignore"):
            good = np.isfinite(box).all(axis=1) & (box[:, 2] > 0) & (box[:, 3] > 0)
            good &= (score >= 0) & (score <= 1)
        if good.all():
            return Detections(box, score, dropped=dropped)
        return Detections(box[good], score[good], dropped=dropped + int((~good).sum()))

    def subset(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Detections":
        """The given rows, in their order; ``inferred`` and ``dropped`` stay the same."""
        return Detections(self.boxes[rows], self.scores[rows], self.inferred, self.dropped)


def frame_size(frame: NDArray[np.uint8]) -> tuple[int, int]:
    """(width, height) of a frame, px.

    Raises ``FrameError`` unless ``frame`` is a BGR image of 8 bits with at least one pixel.
    """
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3 or not frame.size:
        raise FrameError(
            f"a frame of shape {frame.shape} and type {frame.dtype} is no BGR image of 8 bits; "
            f"convert it to (height, width, 3) uint8"
        )
    return frame.shape[1], frame.shape[0]


class Detector(Protocol):
    """Detector: finds people in a frame. Holds no pixels of it longer than until ``wipe``."""

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """People in ``frame``, taken at ``stamp_s`` (event time, s). The frame is only read."""

    def wipe(self) -> None:
        """Overwrite with zeros every buffer that held pixels of the last frame."""

    def close(self) -> None:
        """Wipe, and forget the empty scene too: for a pause or the end."""
