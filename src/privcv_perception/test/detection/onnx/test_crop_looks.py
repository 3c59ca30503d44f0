# SPDX-License-Identifier: Apache-2.0
"""Crop looks show everybody whole, at the scale of the whole frame, and nobody twice."""

import numpy as np
import pytest
from numpy.typing import NDArray

from privcv_perception.detection.onnx.crop_looks import SIZES, plan_crop_look
from privcv_perception.detection.onnx.letterbox import Placement
from privcv_perception.detection.onnx.zoom_crops import lift

FRAME = (768, 576)
FITTED = Placement((0, 0, *FRAME), (0, 0, 416, 312))


def some_boxes(seed: int, count: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    tall = rng.uniform(40, 160, count)
    left = rng.uniform(-20, FRAME[0] - 20, count)
    top = rng.uniform(-20, FRAME[1] - 40, count)
    return np.column_stack((left, top, 0.4 * tall, tall)).astype(np.float32)


@pytest.mark.parametrize("seed", range(40))
def test_each_place_lies_whole_in_one_crop_that_overlaps_no_other(seed: int) -> None:
    boxes = some_boxes(seed, 1 + seed % 6)
    plan = plan_crop_look(boxes, FITTED, SIZES)
    if plan is None:  # it says that they do not fit: then they are many, or large
        assert (boxes[:, 2] * boxes[:, 3]).sum() > 0.04 * FRAME[0] * FRAME[1]
        return
    (width, height), placements = plan
    drawn = np.zeros((height, width), int)
    for place in placements:
        (sx, sy, sw, sh), (x, y, w, h) = place.source, place.target
        assert w / sw == pytest.approx(416 / 768, abs=1 / sw)
        assert h / sh == pytest.approx(416 / 768, abs=1 / sh)
        assert min(sx, sy, x, y) >= 0
        assert sx + sw <= FRAME[0]
        assert sy + sh <= FRAME[1]
        assert x + w <= width
        assert y + h <= height
        drawn[y : y + h, x : x + w] += 1
    assert drawn.max() == 1
    for left, top, wide, tall in boxes.tolist():
        inside = [
            place
            for place in placements
            if place.source[0] <= max(left, 0) and place.source[1] <= max(top, 0)
            and place.source[0] + place.source[2] >= min(left + wide, FRAME[0])
            and place.source[1] + place.source[3] >= min(top + tall, FRAME[1])
        ]  # fmt: skip
        assert len(inside) == 1


@pytest.mark.parametrize("seed", range(10))
def test_a_box_seen_in_a_crop_comes_back_to_its_place(seed: int) -> None:
    box = np.array([[300 + 7 * seed, 200, 30, 80]], np.float32)
    plan = plan_crop_look(np.concatenate((box, box + 3)), FITTED, SIZES)
    assert plan is not None
    (place,) = plan[1]
    (sx, sy, sw, sh), (x, y, w, h) = place.source, place.target
    scale = np.array((w / sw, h / sh))
    on_canvas = np.concatenate(((box[0, :2] - (sx, sy)) * scale + (x, y), box[0, 2:] * scale))
    lifted, seen_in = lift(on_canvas[None].astype(np.float32), [place], FRAME)
    np.testing.assert_allclose(lifted, box, atol=0.01)
    assert seen_in.tolist() == [0]


def test_a_box_that_a_crop_cuts_or_that_lies_between_crops_is_none() -> None:
    place = Placement((300, 200, 100, 100), (0, 0, 54, 54))
    cut, between = [0, 10, 20, 44], [100, 100, 20, 40]
    _, seen_in = lift(np.array([cut, between], np.float32), [place], FRAME)
    assert seen_in.tolist() == [-1, -1]


def test_the_smallest_input_is_taken_and_a_crowd_gets_a_whole_look() -> None:
    one = plan_crop_look(some_boxes(3, 1), FITTED, SIZES)
    assert one is not None
    assert one[0] == SIZES[0]
    assert plan_crop_look(some_boxes(3, 60), FITTED, SIZES) is None


@pytest.mark.parametrize("shown", [0.3, 0.6, 1.0])
def test_who_comes_in_at_the_lower_edge_has_room_to_grow(shown: float) -> None:
    """A person 90 px wide and 2.3 times as tall, of whom a share is shown: they come in whole."""
    tall = 2.3 * 90
    box = np.array([[300, FRAME[1] - shown * tall, 90, shown * tall]], np.float32)
    plan = plan_crop_look(box, FITTED, SIZES)
    assert plan is not None
    (place,) = plan[1]
    assert place.source[1] <= FRAME[1] - tall
    assert place.source[1] + place.source[3] == FRAME[1]
