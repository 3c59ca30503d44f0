# SPDX-License-Identifier: Apache-2.0
"""Which family of detectors an answer looks like, and whether it is the one that was described.

A model read as another family finds nobody, or somebody everywhere, without a word. So the answer
to a picture of noise is judged when the model is loaded: its shapes, and the range of its numbers.
Noise is enough: what a box or a score may be does not depend on what the picture shows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.onnx.model_description import ModelDescription
from privcv_perception.errors import ModelError

STRIDES = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32), (32,))
ANCHORS = 3
"""Boxes per grid cell of the YOLO families with anchors (v3 to v7)."""
ROUNDING = 1e-3
NORMALIZED_AT_MOST = 2.0
"""Boxes none of whose numbers is larger are shares of the image, not px of it."""
SUSPECT_ROWS = 50
"""Fewer rows tell too little about what their numbers mean."""
RAW_OFFSET, RAW_LOG_SIZE = 16.0, 20.0
"""Beyond these a YOLOX head's numbers are no offset in cells and no log of a size: they are px."""

BROKEN_AT_MOST = 100
"""One in so many boxes may be broken; an answer with more is none."""

UNKNOWN = "no detector that is known here"

Outputs = Sequence[NDArray[Any]]
Shape = Sequence[int]


def check_answer(model: ModelDescription, outputs: Outputs) -> None:
    """Raise ``ModelError`` where the answer to noise is not one of the described family.

    ``outputs`` have shapes that ``Decoder.check`` took, see ``shape_problem``.
    """
    if problem := _number_problem(model, outputs):
        raise ModelError(
            f"model {model.name}: its answer does not fit decode '{model.decode}': {problem}"
        )


def shape_problem(model: ModelDescription, shapes: Sequence[Shape]) -> str:
    """Why outputs of these shapes are of another family than described; '' where they may be.

    For shapes that two families share, such as those of a transposed output.
    """
    shape = list(shapes[0]) if shapes else []
    if model.decode == "yolov8" and len(shape) == 3:
        cells = _cells(model)
        rows, columns = shape[1], shape[2]
        if columns in cells:
            return ""
        if rows > columns or columns in _anchored(cells):
            seems = family_of(shapes, model)
            return (
                f"it looks like {seems}"
                if seems != UNKNOWN
                else "it has more numbers per box than boxes: it looks transposed"
            )
    return ""


def family_of(shapes: Sequence[Shape], model: ModelDescription) -> str:
    """The family whose outputs have such shapes, and what to do, in words."""
    cells = _cells(model)
    first = list(shapes[0]) if shapes else []
    if len(shapes) >= 3 and all(len(shape) == 5 for shape in shapes):
        return "the raw heads of a YOLOv5 or v7: export it with its decoding (one output)"
    if len(shapes) >= 3 and all(len(shape) == 4 for shape in shapes):
        return "the raw heads of a detector: export it with its decoding (one output)"
    if len(first) == 4 and first[-1] == 7:
        return "an SSD (rows of image, class, score and corners), which is not supported"
    if len(shapes) == 4 and sorted(len(shape) for shape in shapes)[0] <= 2:
        return "an SSD or EfficientDet with its own NMS in four outputs, which is not supported"
    if len(first) == 2 and len(shapes) == 1:
        return "a classifier, which tells what a picture shows and not where"
    if len(first) != 3:
        return UNKNOWN
    if len(shapes) >= 2 and len(shapes[1]) == 3 and 4 in (first[2], list(shapes[1])[2]):
        return "a DETR or SSD (scores and boxes apart): try decode 'detr' or 'ssd'"
    rows, columns = first[1], first[2]
    if columns in (6, 7) and rows not in cells:
        return "a model with NMS inside it (YOLOv10, YOLOv7): try decode 'end_to_end'"
    if rows in _anchored(cells):
        return "a YOLOv5 or v7 (boxes, objectness and classes), which is not supported: export a v8"
    if columns in _anchored(cells):
        return "a transposed YOLOv5 or v7, which is not supported: export a v8"
    if columns in cells:
        return "a YOLOv8 or later: try decode 'yolov8'"
    if rows in cells:
        return "a YOLOX (decode 'yolox_grid'), or a transposed YOLOv8: export it untransposed"
    return UNKNOWN


def check_broken(name: str, rows: int, broken: int) -> None:
    """Raise ``ModelError`` where of ``rows`` boxes of one answer too many, ``broken``, are none."""
    if broken * BROKEN_AT_MOST >= rows:
        raise ModelError(
            f"model {name}: {broken} of the {rows} boxes of its answer are NaN, infinite or no "
            "boxes: convert it again"
        )


def check_in_px(model: ModelDescription, boxes: NDArray[np.float32]) -> None:
    """Raise ``ModelError`` where people that were found are all smaller than people can be.

    ``boxes`` (n, 4) left, top, width, height, px. A model with NMS inside it may answer noise with
    no box at all: what its numbers mean shows only once somebody is there.
    """
    if model.decode == "end_to_end" and len(boxes) and (problem := _px_problem(boxes)):
        raise ModelError(f"model {model.name}: {problem}")


def _number_problem(model: ModelDescription, outputs: Outputs) -> str:
    used = outputs[:2] if model.decode in ("detr", "ssd") else outputs[:1]
    if any(not np.isfinite(output).all() for output in used):
        bad = sum(int((~np.isfinite(output)).sum()) for output in used)
        return (
            f"{bad} of its numbers are NaN or infinite: convert it again (float16 overflows), or "
            "correct 'input.scale', 'input.mean' and 'input.std'"
        )
    answer = np.asarray(outputs[0], np.float32)
    if model.decode == "yolox_grid":
        return _yolox_problem(answer[0])
    if model.decode == "yolov8":
        columns = answer[0]
        return _score_problem(columns[4 : 5 + model.person_class]) or _px_problem(columns[:4])
    if model.decode in ("detr", "ssd"):
        return _apart_problem(model, [np.asarray(output, np.float32)[0] for output in outputs[:2]])
    return _end_to_end_problem(answer.reshape(-1, answer.shape[-1]))


def _yolox_problem(rows: NDArray[np.float32]) -> str:
    if problem := _score_problem(rows[:, 4:]):
        return problem
    offset, size = np.abs(rows[:, :2]), np.abs(rows[:, 2:4])
    if len(rows) and (np.median(offset) > RAW_OFFSET or size.max() > RAW_LOG_SIZE):
        return (
            "its boxes are in px already: it looks like a YOLOX decoded in the graph, or a "
            "transposed YOLOv8: export it without decoding (decode_in_inference=False)"
        )
    return ""


def _apart_problem(model: ModelDescription, outputs: list[NDArray[np.float32]]) -> str:
    scores, boxes = outputs
    if scores.shape[1] == 4 and boxes.shape[1] != 4:
        scores, boxes = boxes, scores
    low, high = float(scores.min(initial=0)), float(scores.max(initial=0))
    is_share = low >= -ROUNDING and high <= 1 + ROUNDING
    if model.scores == "plain" and not is_share:
        return f"its scores go from {low:.2f} to {high:.2f}: they are logits: set 'scores: sigmoid'"
    if model.scores != "plain" and is_share and high > 0 and len(scores) >= SUSPECT_ROWS:
        return "its scores are from 0 to 1 already: set 'scores: plain'"
    if boxes.max(initial=0) > NORMALIZED_AT_MOST:
        return "its boxes are in px, not from 0 to 1: export it with boxes as shares of the image"
    differ = len(np.unique(boxes.round(4), axis=0)) >= SUSPECT_ROWS
    are_corners = bool((boxes[:, 2:] >= boxes[:, :2]).all())
    if model.decode == "detr" and differ and are_corners:
        return "its boxes are corners, not centre and size: it is an SSD: try decode 'ssd'"
    if model.decode == "ssd" and not are_corners:
        return "its boxes are no two corners, but centre and size maybe: try decode 'detr'"
    return ""


def _end_to_end_problem(rows: NDArray[np.float32]) -> str:
    first, score, label = (0, 4, 5) if rows.shape[1] == 6 else (1, 6, 5)
    told = rows[np.abs(rows).sum(axis=1) > 0]
    scores, labels = told[:, score], told[:, label]
    is_label = np.abs(labels - np.rint(labels)) < ROUNDING
    if len(told) and not is_label.all() and (np.abs(scores - np.rint(scores)) < ROUNDING).all():
        return "its class stands where the score should: another order of columns, not supported"
    if problem := _score_problem(scores):
        return problem
    boxes = told[:, first : first + 4]
    if len(told) and boxes.max() > NORMALIZED_AT_MOST and (boxes[:, 2:] < boxes[:, :2]).any():
        sized = int((boxes[:, 2:] < boxes[:, :2]).any(axis=1).sum())
        if sized * 10 > len(told):
            return "its boxes are centre or corner and size, not two corners: not supported"
    return _px_problem(boxes)


def _score_problem(scores: NDArray[np.float32]) -> str:
    low, high = float(scores.min(initial=0)), float(scores.max(initial=0))
    if low < -ROUNDING or high > 1 + ROUNDING:
        return (
            f"its scores go from {low:.2f} to {high:.2f}: they are logits, not probabilities; "
            "export it with its sigmoid"
        )
    return ""


def _px_problem(boxes: NDArray[np.float32]) -> str:
    if 0 < float(np.abs(boxes).max(initial=0)) <= NORMALIZED_AT_MOST:
        return "its boxes are from 0 to 1, not in px of the input: export it with boxes in px"
    return ""


def _cells(model: ModelDescription) -> set[int]:
    """How many grid cells an input of this size has, for each usual set of strides."""
    width, height = model.input.width, model.input.height
    sets = {*STRIDES, tuple(model.strides)}
    return {sum((width // s) * (height // s) for s in strides) for strides in sets}


def _anchored(cells: set[int]) -> set[int]:
    return {ANCHORS * number for number in cells}
