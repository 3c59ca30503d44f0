# SPDX-License-Identifier: Apache-2.0
"""Every decode family finds a person whose output was written by hand, and nobody else."""

import numpy as np
import pytest

from privcv_perception.detection.onnx.decoding import Decoder
from privcv_perception.detection.onnx.model_description import InputDescription, ModelDescription
from privcv_perception.errors import ModelError

SIDE = 64
BOX = [10.0, 20.0, 16.0, 32.0]  # left, top, width, height on the canvas
CENTRE = [18.0, 36.0, 16.0, 32.0]


def describe(decode: str, person: int = 1, **more: object) -> ModelDescription:
    return ModelDescription.model_validate(
        {"name": "tiny", "sha256": "0" * 64, "decode": decode, "person_class": person,
         "input": InputDescription(width=SIDE, height=SIDE), **more}
    )  # fmt: skip


def yolox_rows() -> np.ndarray:
    """84 cells (8x8, 4x4, 2x2) of 5 + 3 numbers; the person is in cell (1, 2) of stride 16."""
    rows = np.zeros((1, 84, 8), np.float32)
    cell = 64 + 2 * 4 + 1
    rows[0, cell, :4] = [18 / 16 - 1, 36 / 16 - 2, np.log(16 / 16), np.log(32 / 16)]
    rows[0, cell, 4:] = [0.9, 0.0, 0.8, 0.1]
    rows[0, 0, 4:] = [0.9, 0.9, 0.0, 0.0]  # surely something, surely no person
    return rows


def test_yolox_grid() -> None:
    boxes, scores, broken = Decoder(describe("yolox_grid")).decode([yolox_rows()], 0.1)
    np.testing.assert_allclose(boxes, [BOX], atol=1e-4)
    np.testing.assert_allclose(scores, [0.72], atol=1e-6)
    assert broken == 0


def test_yolov8() -> None:
    columns = np.zeros((1, 7, 20), np.float32)
    columns[0, :, 5] = [*CENTRE, 0.1, 0.7, 0.0]
    columns[0, :, 6] = [*CENTRE, 0.9, 0.05, 0.0]
    boxes, scores, _ = Decoder(describe("yolov8")).decode([columns], 0.1)
    np.testing.assert_allclose(boxes, [BOX], atol=1e-4)
    np.testing.assert_allclose(scores, [0.7])


@pytest.mark.parametrize("boxes_first", [False, True])
@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("sigmoid", [-9, 2.0, -9], 1 / (1 + np.exp(-2.0))),
        ("softmax", [0.0, np.log(3), -np.inf], 0.75),
        ("plain", [0.0, 0.6, 0.0], 0.6),
    ],
)
def test_detr(kind: str, raw: list[float], expected: float, boxes_first: bool) -> None:
    classes = np.full((1, 5, 3), -9.0 if kind != "plain" else 0.0, np.float32)
    classes[..., 2] = 9.0 if kind == "softmax" else classes[..., 2]
    classes[0, 3] = raw
    places = np.full((1, 5, 4), 0.5, np.float32)
    places[0, 3] = np.array(CENTRE) / SIDE
    outputs = [places, classes] if boxes_first else [classes, places]
    boxes, scores, _ = Decoder(describe("detr", scores=kind)).decode(outputs, 0.1)
    np.testing.assert_allclose(boxes, [BOX], atol=1e-4)
    np.testing.assert_allclose(scores, [expected], atol=1e-6)


@pytest.mark.parametrize(
    "rows",
    [
        [[10, 20, 26, 52, 0.8, 1], [10, 20, 26, 52, 0.9, 0], [0, 0, 0, 0, 0, 0]],
        [[0, 10, 20, 26, 52, 1, 0.8], [0, 10, 20, 26, 52, 0, 0.9]],
    ],
)
def test_end_to_end(rows: list[list[float]]) -> None:
    output = np.array([rows], np.float32)
    boxes, scores, _ = Decoder(describe("end_to_end")).decode([output], 0.1)
    np.testing.assert_allclose(boxes, [BOX], atol=1e-4)
    np.testing.assert_allclose(scores, [0.8])


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38, 60.0])
def test_numbers_of_a_broken_model_are_dropped_and_counted(value: float) -> None:
    rows = yolox_rows()
    rows[0, 3, :] = 0.9
    rows[0, 3, 2] = value
    boxes, _, broken = Decoder(describe("yolox_grid")).decode([rows], 0.1)
    np.testing.assert_allclose(boxes, [BOX], atol=1e-4)
    assert broken == 1


def test_a_model_that_says_nan_everywhere_sees_nobody() -> None:
    for decode, shape in (("yolox_grid", (1, 84, 8)), ("yolov8", (1, 7, 20)),
                          ("end_to_end", (1, 9, 6))):  # fmt: skip
        output = np.full(shape, np.nan, np.float32)
        boxes, scores, broken = Decoder(describe(decode)).decode([output], 0.1)
        assert len(boxes) == len(scores) == 0
        assert broken >= 9


@pytest.mark.parametrize(
    ("decode", "shapes", "says"),
    [
        ("yolox_grid", [(1, 85, 8)], "strides differ"),
        ("yolox_grid", [(1, 84, 6)], "person_class 1 does not exist"),
        ("yolox_grid", [], "nothing"),
        ("yolov8", [(1, 5, 20)], "person_class 1 does not exist"),
        ("yolov8", [(2, 7, 20)], "expected"),
        ("detr", [(1, 5, 3)], "two outputs"),
        ("detr", [(1, 5, 3), (1, 6, 4)], "two outputs"),
        ("detr", [(1, 5, 1), (1, 5, 4)], "person_class 1 does not exist"),
        ("end_to_end", [(1, 9, 85)], "rows of 6"),
    ],
)
def test_an_output_of_another_shape_is_refused(decode: str, shapes: list, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        Decoder(describe(decode)).check(shapes)
