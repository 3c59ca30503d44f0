# SPDX-License-Identifier: Apache-2.0
"""Detections hold boxes and nothing else; a frame is a BGR image of 8 bits."""

import numpy as np
import pytest

from privcv_perception.detection.detector import Detections, frame_size
from privcv_perception.errors import FrameError


def test_rows_that_are_no_boxes_are_dropped_and_counted() -> None:
    boxes = [
        [10, 20, 30, 60],
        [np.nan, 20, 30, 60],
        [10, 20, np.inf, 60],
        [10, 20, 0, 60],
        [10, 20, 30, -1],
        [1, 2, 3, 4],
        [1, 2, 3, 4],
    ]
    found = Detections.from_rows(boxes, [0.9, 0.9, 0.9, 0.9, 0.9, np.nan, 1.5], dropped=2)
    assert found.boxes.tolist() == [[10, 20, 30, 60]]
    assert found.dropped == 8
    assert len(found.subset(np.array([], np.intp))) == 0


def test_lengths_that_differ_are_a_bug() -> None:
    with pytest.raises(ValueError, match="2 boxes but 1 scores"):
        Detections.from_rows(np.ones((2, 4)), [0.5])


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((40, 40), np.uint8),
        np.zeros((40, 40, 4), np.uint8),
        np.zeros((40, 40, 3), np.uint16),
        np.zeros((0, 40, 3), np.uint8),
    ],
)
def test_an_image_of_another_kind_is_refused(frame: np.ndarray) -> None:
    with pytest.raises(FrameError, match="convert it"):
        frame_size(frame)
