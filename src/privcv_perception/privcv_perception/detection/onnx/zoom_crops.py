# SPDX-License-Identifier: Apache-2.0
"""Zoom crops: uncertain places once more, larger, in the part of the input that is left free.

A letterboxed 4:3 frame leaves a quarter of a square input as padding, a 16:9 frame almost half.
Crops of the frame drawn there at a larger scale are seen by the same inference, so the crops
cost no network time; networks trained on mosaics are used to such images.
"""

import math

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.onnx.letterbox import Placement

PERSON_PX = 80
"""Height on the canvas, px, that a person is brought to: where detectors of this size are sure."""

MARGIN = 0.15
WITH_CONTEXT = 1 + 2 * MARGIN
"""Context around a box on each side, as a share of its height; and the whole height with it."""

MOST_SCALE = 2.0
SMALLEST_PX = 8
"""Enlarging the frame by more shows nothing new; nor does a crop smaller than this."""

LEAST_GAIN = 1.15
"""A crop that is not at least this much larger than in the frame is not worth its place."""

GAP_PX = 4
"""Padding between crops."""


def plan_zoom_crops(
    places: NDArray[np.float32],
    fitted: Placement,
    spare: tuple[int, int, int, int],
    frame_size: tuple[int, int],
) -> list[Placement]:
    """Zoom crops around ``places``, most important first, packed row by row into ``spare``.

    ``places``: boxes (n, 4) in the frame, left, top, width, height, px. ``spare``: the free strip
    of the canvas. Places that lie inside an earlier crop, that would gain nothing, or that no
    longer fit are left out.
    """
    left, top, width, height = spare
    base = fitted.target[3] / fitted.source[3]
    crops: list[Placement] = []
    x, y, row_height = left + GAP_PX, top + GAP_PX, 0
    for box in places.tolist():
        scale = min(PERSON_PX / box[3], MOST_SCALE, (height - 2 * GAP_PX) / box[3] / WITH_CONTEXT)
        if scale < LEAST_GAIN * base or any(_inside(box, crop.source) for crop in crops):
            continue
        source = _around(box, frame_size)
        if min(source[2:]) < SMALLEST_PX:
            continue
        size = (round(source[2] * scale), round(source[3] * scale))
        if x + size[0] > left + width:
            x, y, row_height = left + GAP_PX, y + row_height + GAP_PX, 0
        if x + size[0] > left + width or y + size[1] > top + height:
            continue
        crops.append(Placement(source, (x, y, *size)))
        x, row_height = x + size[0] + GAP_PX, max(row_height, size[1])
    return crops


def lift(
    boxes: NDArray[np.float32], placements: list[Placement], frame_size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Boxes on the canvas to boxes in the frame, and the placement each was seen in.

    The placement is -1 for boxes of no use: between the crops, or cut by the edge of a crop
    that is not an edge of the frame.
    """
    if len(placements) == 1 and placements[0].source == (0, 0, *frame_size):
        return placements[0].to_frame(boxes), np.zeros(len(boxes), np.intp)
    table = np.array([_row(place, frame_size) for place in placements], np.float32)
    centre = (boxes[:, :2] + boxes[:, 2:] * np.float32(0.5))[:, None]
    within = (centre >= table[:, :2]) & (centre < table[:, 2:4])
    inside = within[..., 0] & within[..., 1]
    seen_in = inside.argmax(axis=1)
    found = table.take(seen_in, axis=0)
    lifted = boxes * found[:, [4, 5, 4, 5]]
    lifted[:, :2] += found[:, 6:8]
    whole = lifted[:, :2] >= found[:, 8:10]
    whole &= lifted[:, :2] + lifted[:, 2:] <= found[:, 10:]
    seen_in[~(inside.any(axis=1) & whole.all(axis=1))] = -1
    return lifted, seen_in


def _row(place: Placement, frame_size: tuple[int, int]) -> tuple[float, ...]:
    """Of x and y each: where it begins and ends on the canvas, the scale and shift to the frame,
    and the least and the most that a box may have which no edge of the crop cuts, px."""
    (x, y, width, height), (left, top, wide, high) = place.source, place.target
    scale_x, scale_y = width / wide, height / high
    slack = 2 * scale_y
    return (
        left, top, left + wide, top + high, scale_x, scale_y, x - left * scale_x, y - top * scale_y,
        x + slack if x > 0 else -math.inf, y + slack if y > 0 else -math.inf,
        x + width - slack if x + width < frame_size[0] else math.inf,
        y + height - slack if y + height < frame_size[1] else math.inf,
    )  # fmt: skip


def _around(box: list[float], frame_size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box with its context, cut at the frame: left, top, width, height."""
    x, y, width, height = box
    margin = MARGIN * height
    left, top = max(math.floor(x - margin), 0), max(math.floor(y - margin), 0)
    right = min(math.ceil(x + width + margin), frame_size[0])
    bottom = min(math.ceil(y + height + margin), frame_size[1])
    return left, top, right - left, bottom - top


def _inside(box: list[float], source: tuple[int, int, int, int]) -> bool:
    x, y, width, height = source
    right, bottom = box[0] + box[2], box[1] + box[3]
    return box[0] >= x and box[1] >= y and right <= x + width and bottom <= y + height
