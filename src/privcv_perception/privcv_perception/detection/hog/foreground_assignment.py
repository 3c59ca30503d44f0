# SPDX-License-Identifier: Apache-2.0
"""Foreground assignment: which windows are people, the surest first, each takes its foreground.

A person who is half hidden is still found by the part of the foreground that nobody in front
claims, and one blob of two people becomes two. The score is a logistic regression.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.hog.integral import box_corners, box_sums
from privcv_perception.detection.hog.windows import Windows
from privcv_perception.iou import iou

FILL_WEIGHT = 4.6
MARGIN_WEIGHT = 1.15
BIAS = -1.85
"""Logistic score of the body's share of foreground and the SVM's margin: 0.5 is even odds."""

SUREST_MARGIN = 2.0
BODY = 0.5
"""Width of the part of a box that a body fills."""

MOST_FILL = 0.75
"""More foreground than this makes nobody surer: a full box is as likely a cart as a person."""

BEYOND = ((-0.2, -0.04), (1.06, 1.22))
BEYOND_WEIGHT = 1.0
"""What stands out above the head and below the feet speaks for another size."""

BANDS = ((0.05, 0.35), (0.35, 0.65), (0.65, 0.95))
"""Head and shoulders, trunk, legs: each counts the same."""

SAME = 0.45
"""Boxes that overlap a chosen one by more (IoU) are the same person."""

MOST = 64


def assign_foreground(
    windows: Windows, foreground: NDArray[np.uint8], scale: tuple[float, float], least: float
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Assign the foreground: rows of ``windows`` that are people, their scores, how whole each is.

    Whole: the body's share of foreground, less what stands out above and below.

    ``foreground``: reduced mask, not 0 where something stands out; it is used up. ``scale``:
    px of the mask per px of the frame, x and y. ``least``: the least score to return.
    """
    boxes = windows.boxes
    margins = np.minimum(windows.margins, SUREST_MARGIN)
    centre = boxes[:, 0] + boxes[:, 2] / 2
    parts = [_Part(boxes, centre, band, foreground.shape, scale) for band in BANDS]
    beyond = [_Part(boxes, centre, band, foreground.shape, scale) for band in BEYOND]
    whole = cv2.integral(foreground).reshape(-1)
    ends = np.sum([part.fill(whole) for part in beyond], axis=0) / 255
    open_rows = np.ones(len(boxes), bool)
    rows: list[int] = []
    scores: list[float] = []
    fills: list[float] = []
    while open_rows.any() and len(rows) < MOST:
        integral = cv2.integral(foreground).reshape(-1)
        fill = np.mean([part.fill(integral) for part in parts], axis=0) / 255
        odds = FILL_WEIGHT * np.minimum(fill, MOST_FILL) + MARGIN_WEIGHT * margins + BIAS
        odds -= BEYOND_WEIGHT * ends
        odds[~open_rows] = -np.inf
        best = int(np.argmax(odds))
        score = float(1 / (1 + np.exp(-odds[best])))
        if score < least:
            break
        rows.append(best)
        scores.append(score)
        fills.append(float(fill[best] - ends[best]))
        take_away(foreground, boxes[best], scale)
        open_rows &= iou(boxes, boxes[best : best + 1])[:, 0] < SAME
    return np.array(rows, np.intp), np.array(scores, np.float32), np.array(fills, np.float32)


class _Part:
    """One band of every box as corners in an integral image."""

    def __init__(
        self,
        boxes: NDArray[np.float32],
        centre: NDArray[np.floating],
        band: tuple[float, float],
        shape: tuple[int, ...],
        scale: tuple[float, float],
    ) -> None:
        half = BODY * boxes[:, 2] / 2
        sides = np.stack([centre - half, centre + half]) * scale[0]
        edges = (boxes[:, 1] + np.array(band, np.float32)[:, None] * boxes[:, 3]) * scale[1]
        x, y = (sides[0], sides[1]), (edges[0], edges[1])
        self._corners = box_corners(x, y, (shape[1], shape[0]))
        self._area = np.maximum((sides[1] - sides[0]) * (edges[1] - edges[0]), 1)

    def fill(self, integral: NDArray[np.int32]) -> NDArray[np.float32]:
        """(n,) share of foreground, times 255; ``integral``: that of the mask, flat."""
        result: NDArray[np.float32] = (box_sums(integral, self._corners) / self._area).astype(
            np.float32
        )
        return result


def take_away(
    foreground: NDArray[np.uint8], box: NDArray[np.float32], scale: tuple[float, float]
) -> None:
    """Blank what ``box``, px of the frame, claims of the reduced mask ``foreground``."""
    left, top, width, height = (float(v) for v in box)
    x = [round((left + share * width) * scale[0]) for share in (-0.05, 1.05)]
    y = [round((top + share * height) * scale[1]) for share in (-0.02, 1.04)]
    foreground[max(y[0], 0) : max(y[1], 0), max(x[0], 0) : max(x[1], 0)] = 0
