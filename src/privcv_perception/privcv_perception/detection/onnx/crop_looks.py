# SPDX-License-Identifier: Apache-2.0
"""Crop looks: only the places where people were lately, side by side on a small input.

Between two looks at the whole frame it is enough to see what became of those who are known. Their
surroundings are cut out at the scale of the whole look, people who are near one another together,
and packed as tightly as shelves allow onto the smallest input on which they fit.
"""

import math

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.onnx.letterbox import Placement

ACROSS, ALONG = 0.35, 0.2
"""Room around a box on each side, in its heights: who walks comes 0.2 heights far in 0.2 s."""

CUT = 0.02
"""A box that ends so near to the lower edge of the frame, as a share of it, is cut by it."""

TALL = 2.4
"""Height of a person over the width of their box. Who comes in at the lower edge of the frame is
shown by a low box that grows upwards by a half and more until the next look."""

SIZES = ((192, 128), (192, 160), (224, 192), (256, 224), (320, 256))
"""Inputs of crop looks, (width, height) px; on a larger one the whole frame costs hardly more."""

GAP_PX = 4
"""Padding between crops."""

_Rectangle = tuple[float, float, float, float]


def plan_crop_look(
    boxes: NDArray[np.float32], fitted: Placement, sizes: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], list[Placement]] | None:
    """The smallest of ``sizes`` that holds the surroundings of ``boxes``, and where each lies.

    ``boxes``: (n, 4) left, top, width, height, px of the frame; ``fitted``: where the whole frame
    would lie, whose scales the crops have. None where they fit on none.
    """
    frame = fitted.source[2:]
    scale = (fitted.target[2] / fitted.source[2], fitted.target[3] / fitted.source[3])
    # The tallest first: a shelf is as high as its first crop.
    rectangles = sorted(_joined([_around(box, frame) for box in boxes.tolist()]), key=_by_height)
    for size in sizes:
        placements = _shelved(rectangles, scale, size)
        if placements is not None:
            return size, placements
    return None


def _around(box: list[float], frame: tuple[int, int]) -> _Rectangle:
    """Edges of a box with room around it, cut at the frame: left, top, right, bottom, px."""
    x, y, width, height = box
    if y + height >= frame[1] * (1 - CUT):
        grown = max(height, TALL * width)
        y, height = y + height - grown, grown
    return (
        max(x - ACROSS * height, 0.0),
        max(y - ALONG * height, 0.0),
        min(x + width + ACROSS * height, float(frame[0])),
        min(y + height + ALONG * height, float(frame[1])),
    )


def _by_height(edges: _Rectangle) -> tuple[float, _Rectangle]:
    return edges[1] - edges[3], edges


def _joined(rectangles: list[_Rectangle]) -> list[_Rectangle]:
    """The rectangles, those that overlap as one, until none does."""
    apart: list[_Rectangle] = []
    for new in rectangles:
        if new[0] >= new[2] or new[1] >= new[3]:
            continue  # beside the frame
        while touching := [old for old in apart if _overlap(old, new)]:
            apart = [old for old in apart if old not in touching]
            low = [min(each[side] for each in (*touching, new)) for side in (0, 1)]
            high = [max(each[side] for each in (*touching, new)) for side in (2, 3)]
            new = (low[0], low[1], high[0], high[1])
        apart.append(new)
    return apart


def _overlap(a: _Rectangle, b: _Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _shelved(
    rectangles: list[_Rectangle], scale: tuple[float, float], size: tuple[int, int]
) -> list[Placement] | None:
    """Shelf packing (first fit, decreasing height) into ``size``; None where it is too small."""
    shelves: list[list[int]] = []  # of each its top, its height, and how far it is filled
    placements = []
    below = 0
    for left, top, right, bottom in rectangles:
        x, y = math.floor(left), math.floor(top)
        source = (x, y, math.ceil(right) - x, math.ceil(bottom) - y)
        width, height = (max(1, round(source[2 + axis] * scale[axis])) for axis in (0, 1))
        fitting = (s for s in shelves if height <= s[1] and s[2] + width <= size[0])
        shelf = next(fitting, None)
        if shelf is None:
            if width > size[0] or below + height > size[1]:
                return None
            shelf = [below, height, 0]
            shelves.append(shelf)
            below += height + GAP_PX
        placements.append(Placement(source, (shelf[2], shelf[0], width, height)))
        shelf[2] += width + GAP_PX
    return placements
