# SPDX-License-Identifier: Apache-2.0
"""Detections hold boxes and nothing else; suppression keeps one box per person."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from privcv_perception.detection.detector import Detections, frame_size
from privcv_perception.detection.nms import non_maximum_suppression
from privcv_perception.errors import FrameError
from privcv_perception.iou import iou, iou_of_rows


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


_BOX = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2)


@given(st.lists(_BOX, min_size=1, max_size=12), st.lists(_BOX, min_size=1, max_size=12))
def test_overlap_is_that_of_polygons(first: list, second: list) -> None:
    expected = np.empty((len(first), len(second)))
    for i, (x, y, w, h) in enumerate(first):
        for j, (u, v, s, t) in enumerate(second):
            a, b = shapely.box(x, y, x + w, y + h), shapely.box(u, v, u + s, v + t)
            expected[i, j] = a.intersection(b).area / a.union(b).area
    a, b = np.array(first, np.float32), np.array(second, np.float32)
    np.testing.assert_allclose(iou(a, b), expected, atol=1e-5)
    shortest = min(len(a), len(b))
    np.testing.assert_allclose(
        iou_of_rows(a[:shortest], b[:shortest]), np.diag(expected), atol=1e-5
    )


@given(st.lists(st.tuples(_BOX, st.floats(0, 1, width=32)), max_size=20))
def test_suppression_keeps_the_best_of_every_cluster(rows: list) -> None:
    boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score in rows], np.float32)
    kept = non_maximum_suppression(iou(boxes, boxes), scores, 0.5)
    assert (np.diff(scores[kept]) <= 0).all()
    shared = iou(boxes[kept], boxes)
    assert (np.triu(shared[:, kept], 1) <= 0.5).all()
    for row in set(range(len(rows))) - set(kept.tolist()):
        killers = kept[shared[:, row] > 0.5]
        assert (scores[killers] >= scores[row]).any()
