# SPDX-License-Identifier: Apache-2.0
"""Boxes on the canvas go back to where they were in the frame, from the frame and from crops."""

import numpy as np
import pytest

from privcv_perception.detection.onnx.letterbox import Letterbox
from privcv_perception.detection.onnx.model_description import InputDescription
from privcv_perception.detection.onnx.zoom_crops import lift, plan_zoom_crops


@pytest.mark.parametrize(
    "frame_size", [(768, 576), (1920, 1080), (480, 640), (416, 416), (50, 700)]
)
@pytest.mark.parametrize("align", ["top_left", "center"])
def test_the_frame_is_drawn_where_boxes_are_read(frame_size: tuple[int, int], align: str) -> None:
    width, height = frame_size
    box = Letterbox(InputDescription(align=align))
    frame = np.zeros((height, width, 3), np.uint8)
    x, y, w, h = width // 4, height // 4, width // 2, height // 2
    frame[y : y + h, x : x + w] = 255
    fitted = box.fit(frame_size)
    box.start(frame, fitted)
    blob = box.blob()
    rows, columns = np.nonzero(blob[0, 1] > 250)
    seen = np.array(
        [[columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]], np.float32
    )
    scale = max(frame_size) / 416
    np.testing.assert_allclose(fitted.to_frame(seen), [[x, y, w, h]], atol=2 * scale + 1)
    box.wipe()
    assert not box._canvas.array.any()
    assert not blob.any()


def test_what_the_frame_leaves_free_is_padding() -> None:
    box = Letterbox(InputDescription(padding=114))
    box.start(np.full((576, 768, 3), 255, np.uint8), box.fit((768, 576)))
    assert (box.blob()[0, :, 312:] == 114).all()
    assert (box.blob()[0, :, :312] == 255).all()


def test_normalisation_is_that_of_the_description() -> None:
    image = InputDescription(
        width=32, height=32, channels="rgb", scale=1 / 255, mean=[0.5, 0.4, 0.3],
        std=[0.2, 0.1, 0.3], layout="nhwc", fit="stretch",
    )  # fmt: skip
    box = Letterbox(image)
    frame = np.random.default_rng(1).integers(0, 255, (32, 32, 3), np.uint8)
    box.start(frame, box.fit((32, 32)))
    expected = (frame[..., ::-1] / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.1, 0.3]
    np.testing.assert_allclose(box.blob()[0], expected, atol=1e-4)


@pytest.mark.parametrize("frame_size", [(768, 576), (1920, 1080), (576, 768)])
def test_crops_stay_in_the_spare_strip_and_bring_boxes_back(frame_size: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    box = Letterbox(InputDescription())
    fitted = box.fit(frame_size)
    spare = box.spare(fitted)
    places = np.column_stack(
        [rng.uniform(-20, frame_size[0] - 20, 12), rng.uniform(0, frame_size[1] - 60, 12),
         rng.uniform(15, 40, 12), rng.uniform(40, 80, 12)]
    ).astype(np.float32)  # fmt: skip
    crops = plan_zoom_crops(places, fitted, spare, frame_size)
    assert crops
    taken = np.zeros((416, 416), int)
    for crop in crops:
        x, y, w, h = crop.target
        assert x >= spare[0]
        assert y >= spare[1]
        assert x + w <= spare[0] + spare[2]
        assert y + h <= spare[1] + spare[3]
        taken[y : y + h, x : x + w] += 1
        person = np.array([[0.3 * w + x, 0.3 * h + y, 0.3 * w, 0.4 * h]], np.float32)
        lifted, seen_in = lift(person, [fitted, *crops], frame_size)
        assert seen_in[0] == 1 + crops.index(crop)
        sx, sy, sw, sh = crop.source
        expected = [[sx + 0.3 * sw, sy + 0.3 * sh, 0.3 * sw, 0.4 * sh]]
        np.testing.assert_allclose(lifted, expected, atol=1e-2)
    assert taken.max() == 1


def test_a_box_cut_by_the_edge_of_a_crop_is_no_person() -> None:
    box = Letterbox(InputDescription())
    fitted = box.fit((768, 576))
    crops = plan_zoom_crops(
        np.array([[300, 200, 30, 80]], np.float32), fitted, box.spare(fitted), (768, 576)
    )
    x, y, w, h = crops[0].target
    cut = np.array([[x + 10, y - 1, 20, h / 2], [x + w + 30, y + 5, 20, 40]], np.float32)
    assert lift(cut, [fitted, *crops], (768, 576))[1].tolist() == [-1, -1]


def test_no_crop_without_room_or_gain() -> None:
    square = Letterbox(InputDescription())
    fitted = square.fit((416, 416))
    place = np.array([[100, 100, 30, 80]], np.float32)
    assert plan_zoom_crops(place, fitted, square.spare(fitted), (416, 416)) == []
    fitted = square.fit((768, 576))
    near = np.array([[100, 100, 150, 400]], np.float32)
    assert plan_zoom_crops(near, fitted, square.spare(fitted), (768, 576)) == []
