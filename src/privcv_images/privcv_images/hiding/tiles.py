# SPDX-License-Identifier: Apache-2.0
"""Tiles of a large image: what is small in it is looked at in its own size."""

import math


def tiles_of(
    size: tuple[int, int], side_px: int, overlap_px: int
) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of tiles at most ``side_px`` long that overlap by ``overlap_px``.

    What is no larger than the overlap lies whole in one of them. ``size``: (width, height), px.
    """
    columns, rows = (_spans(length, side_px, overlap_px) for length in size)
    return [(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _spans(length: int, side_px: int, overlap_px: int) -> list[tuple[int, int]]:
    if length <= side_px:
        return [(0, length)]
    count = math.ceil((length - overlap_px) / (side_px - overlap_px))
    step = (length - side_px) / (count - 1)
    return [(round(index * step), round(index * step) + side_px) for index in range(count)]
