# SPDX-License-Identifier: Apache-2.0
"""Intersection over union is that of polygons, for boxes, row by row and for edges."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from privcv_perception.iou import iou, iou_of_edges, iou_of_rows

_BOX = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2)


@given(st.lists(_BOX, min_size=1, max_size=12), st.lists(_BOX, min_size=1, max_size=12))
def test_iou_is_that_of_polygons(first: list, second: list) -> None:
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
    corners = [np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]]) for boxes in (a, b)]
    found = iou_of_edges(*(edges.astype(np.float64) for edges in corners))
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_boxes_without_area_overlap_nothing() -> None:
    point = np.array([[3, 3, 0, 0]], np.float32)
    whole = np.array([[0, 0, 9, 9]], np.float32)
    for other in (point, whole):
        assert iou(point, other).item() == iou_of_rows(point, other).item() == 0
    assert iou_of_edges(np.array([[3.0, 3, 3, 3]]), np.array([[0.0, 0, 9, 9]])).item() == 0
