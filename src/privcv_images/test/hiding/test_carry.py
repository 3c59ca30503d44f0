# SPDX-License-Identifier: Apache-2.0
"""Both ends of a track go on as it went."""

import numpy as np

from privcv_images.hiding.carry import carry_ends
from privcv_images.hiding.found import Found
from privcv_images.hiding.plan import plan_frames
from privcv_images.hiding.settings import HidingSettings
from privcv_perception.detection.detector import Detections

STAMPS_S = [index / 10 for index in range(60)]


def walk(there) -> list:
    """(ids, boxes) of each frame: 5 px to the right and 2 px up a frame."""
    return [
        (
            np.array([3] * (index in there), np.int64),
            np.array([truth(index)] * (index in there), np.float32).reshape(-1, 4),
        )
        for index in range(60)
    ]


def truth(index: int) -> tuple[float, float, float, float]:
    return (100 + 5 * index, 300 - 2 * index, 40, 90)


def test_an_end_goes_on_in_a_straight_line() -> None:
    carried = carry_ends(walk(range(20, 40)), STAMPS_S, 1.0)
    there = [index for index, one in enumerate(carried) if len(one.moved)]
    assert there == [*range(10, 20), *range(40, 50)]
    for index in there:
        one = carried[index]
        (end,), (box,), (away_s,) = one.ends, one.moved, one.away_s
        assert np.allclose(box, truth(index), atol=1e-3)
        nearest = 20 if index < 20 else 39
        assert np.allclose(end, truth(nearest))
        assert np.isclose(away_s, abs(index - nearest) / 10)


def test_one_box_stays_where_it_is_and_a_jump_is_no_speed() -> None:
    carried = carry_ends(walk([30]), STAMPS_S, 0.5)
    assert np.allclose(carried[27].moved, [truth(30)])
    jumping = walk(range(20, 40))
    jumping[20] = (jumping[20][0], np.array([[900, 300, 40, 90]], np.float32))
    first = carry_ends(jumping, STAMPS_S, 1.0)[19].moved[0]
    assert abs(first[0] - 900) <= 4 * 40 * 0.1 + 1e-3  # four widths in a second at most


def test_who_is_found_late_at_an_edge_is_hidden_before() -> None:
    """A head at the lower edge, which no detector takes for a person yet."""
    found, places = [], []
    for index in range(80):
        top = 480 - 12.0 * index
        places.append((300.0, top, 60.0, 150.0))
        seen = top < 400 and top > -140
        boxes = np.array([places[-1]] * seen).reshape(-1, 4)
        found.append(Found(index / 10, Detections.from_rows(boxes, [0.9] * seen)))
    plans = plan_frames(found, (640, 480), HidingSettings())
    for index in range(1, 7):
        assert 400 <= places[index][1] < 480
        left, top = places[index][:2]
        assert any(
            r.left <= left and r.right >= left + 60 and r.top <= top and r.bottom == 480
            for r in plans[index].regions
        ), index


def test_who_is_lost_may_have_stopped() -> None:
    """Somebody walks to the edge and is not found any more, whether they go on or stand there."""
    found, last = [], 30
    for index in range(60):
        boxes = np.array([(100.0 + 16 * index, 200.0, 40.0, 100.0)] * (index <= last))
        found.append(
            Found(index / 10, Detections.from_rows(boxes.reshape(-1, 4), [0.9] * len(boxes)))
        )
    plans = plan_frames(found, (640, 480), HidingSettings())
    for index in range(last + 1, last + 11):
        for left in (100 + 16 * last, 100 + 16 * index):
            right = min(left + 40, 640)
            assert left >= 640 or any(
                r.left <= left and r.right >= right and r.top <= 200 and r.bottom >= 300
                for r in plans[index].regions
            ), (index, left)
