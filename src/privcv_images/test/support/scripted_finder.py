# SPDX-License-Identifier: Apache-2.0
"""A finder that knows where the white square of the tests' pictures is, and fails when asked."""

import numpy as np

from privcv_images.hiding.found import Found
from privcv_perception.detection.detector import Detections

WHITE = 200


class WhiteSquareFinder:
    """Finds what is white; ``fails_at``: times, s, at which it does not know."""

    def __init__(self, fails_at=()) -> None:
        self.fails_at = fails_at
        self.seen = 0

    def find(self, frame, stamp_s):
        self.seen += 1
        if any(abs(stamp_s - time) < 1e-6 for time in self.fails_at):
            return Found(stamp_s, Detections.empty(), failed="detector")
        rows, columns = np.nonzero((frame >= WHITE).all(axis=2))
        if not len(rows):
            return Found(stamp_s, Detections.empty())
        left, top = columns.min(), rows.min()
        box = (left, top, columns.max() + 1 - left, rows.max() + 1 - top)
        return Found(stamp_s, Detections.from_rows([box], [0.9]))

    def passed(self, found) -> None:
        pass

    def begin_anew(self) -> None:
        pass


def picture(index: int = 0, size=(160, 120), person: bool = True) -> np.ndarray:
    """A dark texture, before which a white square walks to the right."""
    rng = np.random.default_rng(7)
    small = rng.integers(20, 120, (size[1] // 8, size[0] // 8, 3), np.uint8)
    frame = np.repeat(np.repeat(small, 8, axis=0), 8, axis=1)
    if person:
        left = 3 * index - 20
        frame[40:90, max(left, 0) : max(left + 20, 0)] = 255
    return frame
