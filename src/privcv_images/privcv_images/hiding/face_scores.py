# SPDX-License-Identifier: Apache-2.0
"""How sure the face detector is of a face, in many variants of its pixels, with few runs of it.

Variants lie side by side in the network's square, so that one run answers for several. Each is
shown as large as the detector shows that part of the frame, and as far from the network's grid, on
which its answers depend.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from privcv_images.hiding.faces import looks_at
from privcv_images.hiding.model_bytes import ModelSettings
from privcv_images.hiding.yunet import INPUT_PX, STRIDES_PX, YuNet

CELL_PX = max(STRIDES_PX)
"""Variants take whole cells of the coarsest grid, so that each answer is of one of them."""

Variants = NDArray[np.uint8]
"""(n, height, width, 3) BGR: the same part of a frame, n times."""


class FaceScores:
    """Answers of the face detector that ``settings`` name. Raises ``ModelError``."""

    def __init__(self, settings: ModelSettings) -> None:
        self._network = YuNet(settings)
        self._square = np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)

    def excess(
        self, variants: Variants, corner: tuple[int, int], size: tuple[int, int], score: float
    ) -> NDArray[np.float32]:
        """By how much the detector's answers lie above ``score`` in each variant, summed up, (n,).

        0 where it finds nothing from that score on. ``corner``: left and top, px, of where they
        lie in a frame of ``size`` (width, height).
        """
        left, top = corner
        area = variants.shape[1] * variants.shape[2]
        total = np.zeros(len(variants), np.float32)
        for tile, scale in looks_at(size, small=True):
            first = max(tile[0] - left, 0), max(tile[1] - top, 0)
            last = max(tile[2] - left, 0), max(tile[3] - top, 0)
            seen = variants[:, first[1] : last[1], first[0] : last[0]]
            if 2 * seen.shape[1] * seen.shape[2] < area:  # the face is in another tile
                continue
            at = round(max(left - tile[0], 0) * scale), round(max(top - tile[1], 0) * scale)
            total += self._look(seen, scale, (at[0] % CELL_PX, at[1] % CELL_PX), score)
        return total

    def wipe(self) -> None:
        """Overwrite what it holds of the last frame."""
        self._square.fill(0)
        self._network.wipe()

    def _look(
        self, variants: Variants, scale: float, inset: tuple[int, int], score: float
    ) -> NDArray[np.float32]:
        """``excess`` of one look, which shows ``variants`` ``inset`` px from the grid."""
        height, width = (
            min(max(1, round(side * scale)), INPUT_PX - begin)
            for side, begin in zip(variants.shape[1:3], reversed(inset), strict=True)
        )
        down = -(-(inset[1] + height) // CELL_PX) * CELL_PX
        across = -(-(inset[0] + width) // CELL_PX) * CELL_PX
        places = [
            (top, left)
            for top in range(0, INPUT_PX - down + 1, down)
            for left in range(0, INPUT_PX - across + 1, across)
        ]
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        made = np.zeros(len(variants), np.float32)
        for first in range(0, len(variants), len(places)):
            shown = variants[first : first + len(places)]
            self._square.fill(0)
            for variant, (top, left) in zip(shown, places, strict=False):
                cell = self._square[top + inset[1] :, left + inset[0] :]
                cell[:height, :width] = cv2.resize(variant, (width, height), interpolation=way)
            for stride, scores in zip(STRIDES_PX, self._network.scores(self._square), strict=True):
                above = (scores - np.float32(score)).clip(min=0)
                for index, (top, left) in enumerate(places[: len(shown)], first):
                    rows = slice(top // stride, (top + down) // stride)
                    columns = slice(left // stride, (left + across) // stride)
                    made[index] += above[rows, columns].sum()
        return made
