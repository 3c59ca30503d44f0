# SPDX-License-Identifier: Apache-2.0
"""Boxes that go on from frame to frame: which of them stay in one place, and since when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from privcv_perception.iou import iou, iou_of_rows

UNSEEN_S = 2.0
"""A place is remembered this long without a box, s."""

SAME_BOX = 0.4
SAME_PLACE = 0.5
"""A box goes on in one that overlaps it by more (IoU) than the first; while it overlaps where it
was by more than the second, it has not moved."""

NEVER = -np.inf


@dataclass(frozen=True)
class Places:
    """Boxes that went on from frame to frame, where each stayed, (n, 4) px, and when, (n,) s.

    Boxes are left, top, width, height. ``anchors``: where the box was at ``since_s``; ``seen_s``:
    when it was seen last; ``alive_s``: its last sign of life, ``NEVER`` where there was none.
    """

    boxes: NDArray[np.float32]
    anchors: NDArray[np.float32]
    since_s: NDArray[np.float64]
    seen_s: NDArray[np.float64]
    alive_s: NDArray[np.float64]

    @staticmethod
    def empty() -> "Places":
        """No place."""
        boxes, times = np.zeros((0, 4), np.float32), np.zeros(0)
        return Places(boxes, boxes, times, times, times)

    def followed_by(self, boxes: NDArray[np.float32], stamp_s: float) -> "Places":
        """The places of ``boxes``, (n, 4) px, in their order, then those not seen now but lately.

        A place goes on in the box of which it is the best overlap, and which is its own.
        """
        since, anchors = np.full(len(boxes), stamp_s), boxes.copy()
        seen, alive = np.full(len(boxes), stamp_s), np.full(len(boxes), NEVER)
        lately = stamp_s - self.seen_s < UNSEEN_S
        if len(boxes) and len(self.boxes):
            rows, known = _mutual_best(iou(boxes, self.boxes))
            alive[rows], lately[known] = self.alive_s[known], False
            stayed = iou_of_rows(boxes[rows], self.anchors[known]) > SAME_PLACE
            rows, known = rows[stayed], known[stayed]
            since[rows], anchors[rows] = self.since_s[known], self.anchors[known]
        if not lately.any():
            return Places(boxes, anchors, since, seen, alive)
        return Places(
            np.concatenate([boxes, self.boxes[lately]]),
            np.concatenate([anchors, self.anchors[lately]]),
            np.concatenate([since, self.since_s[lately]]),
            np.concatenate([seen, self.seen_s[lately]]),
            np.concatenate([alive, self.alive_s[lately]]),
        )


def _mutual_best(shared: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of (n, m) ``shared`` that are each other's best overlap, and the same."""
    best = shared.argmax(axis=1)
    rows = np.arange(len(shared))
    mutual = (shared.argmax(axis=0)[best] == rows) & (shared[rows, best] > SAME_BOX)
    return rows[mutual], best[mutual]
