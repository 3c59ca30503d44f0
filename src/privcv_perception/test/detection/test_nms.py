# SPDX-License-Identifier: Apache-2.0
"""Non-maximum suppression keeps one box per person."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from privcv_perception.detection.nms import non_maximum_suppression
from privcv_perception.iou import iou

_BOX = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2)


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
