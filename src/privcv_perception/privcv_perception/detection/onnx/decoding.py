# SPDX-License-Identifier: Apache-2.0
"""From the raw output of a network to boxes on its canvas, one function per family of models.

Each takes the network's outputs in their order and returns ``(boxes, scores, broken)``: boxes
of people as left, top, width, height in px of the network's input, shape (n, 4) float32; scores
0..1, shape (n,); and how many rows were not finite. Only rows whose score reaches ``floor`` are
computed. ``Decoder.check`` refuses outputs of another shape with the field to correct.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.onnx.model_description import ModelDescription
from privcv_perception.detection.onnx.output_family import family_of, shape_problem
from privcv_perception.errors import ModelError

LARGEST_PX = 1e6
"""A box that is larger is none, and its area could overflow."""

Outputs = Sequence[NDArray[Any]]
Decoded = tuple[NDArray[np.float32], NDArray[np.float32], int]


class Decoder:
    """Reads people out of the outputs of one model."""

    def __init__(self, model: ModelDescription) -> None:
        self._model = model
        self._grid: NDArray[np.float32] = np.zeros((0, 3), np.float32)
        if model.decode == "yolox_grid":
            self._grid = _grid(model.input.width, model.input.height, model.strides)

    def check(self, shapes: Sequence[Sequence[int]]) -> None:
        """Raise ``ModelError`` where outputs of these shapes cannot be of the described family."""
        model, person = self._model, self._model.person_class
        shape = list(shapes[0]) if shapes else []
        problem = ""
        if model.decode == "yolox_grid":
            if len(shape) != 3 or shape[0] != 1 or shape[1] != len(self._grid):
                problem = f"expected (1, {len(self._grid)}, 5 + classes): input or strides differ"
            elif shape[2] <= 5 + person:
                problem = f"has {shape[2] - 5} classes, so person_class {person} does not exist"
        elif model.decode == "yolov8":
            if len(shape) != 3 or shape[0] != 1:
                problem = "expected (1, 4 + classes, n)"
            elif shape[1] <= 4 + person:
                problem = f"has {shape[1] - 4} classes, so person_class {person} does not exist"
        elif model.decode in ("detr", "ssd"):
            problem = _check_apart(shapes, person)
        elif not shape or shape[-1] not in (6, 7) or len(shape) > 3:
            problem = "expected rows of 6 (x1 y1 x2 y2 score class) or 7 (image first) numbers"
        problem = problem or shape_problem(model, shapes)
        if problem:
            found = ", ".join(str(tuple(s)) for s in shapes) or "nothing"
            looks = "" if "looks" in problem else f"; it looks like {family_of(shapes, model)}"
            raise ModelError(
                f"model {model.name}: output {found} does not fit decode '{model.decode}': "
                f"{problem}{looks}; correct the model's description"
            )

    def rows(self, outputs: Outputs) -> int:
        """How many boxes the outputs tell of, people or not."""
        first = outputs[0]
        if self._model.decode == "yolov8":
            return int(first.shape[2])
        if self._model.decode == "end_to_end":
            return int(first.size // first.shape[-1])
        return int(first.shape[1])

    def decode(self, outputs: Outputs, floor: float) -> Decoded:
        """People among the outputs, with a score of at least ``floor``; see the module."""
        model = self._model
        # Absurd numbers of a broken model overflow here; they are dropped and counted below.
        with np.errstate(over="ignore", invalid="ignore"):
            if model.decode == "yolox_grid":
                boxes, scores, broken = _yolox(outputs[0][0], self._grid, model.person_class, floor)
            elif model.decode == "yolov8":
                boxes, scores, broken = _yolov8(outputs[0][0], model.person_class, floor)
            elif model.decode in ("detr", "ssd"):
                boxes, scores, broken = _apart(outputs, model, floor)
            else:
                rows = outputs[0].reshape(-1, outputs[0].shape[-1])
                boxes, scores, broken = _end_to_end(rows, model.person_class, floor)
            extended = (boxes[:, 2:] > 0) & (boxes[:, 2:] < LARGEST_PX)
            usual = np.count_nonzero(scores <= 1) + np.count_nonzero(extended) == 3 * len(boxes)
            if usual and np.isfinite(boxes.sum()):
                return boxes, scores, broken
        good = np.isfinite(boxes).all(axis=1) & extended.all(axis=1) & (scores <= 1)
        return boxes[good], scores[good], broken + int((~good).sum())


def _grid(width: int, height: int, strides: Sequence[int]) -> NDArray[np.float32]:
    """Column, row and stride of every cell, level by level: shape (n, 3)."""
    levels = []
    for stride in strides:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells = np.stack([columns, rows, np.full_like(rows, stride)], axis=-1)
        levels.append(cells.reshape(-1, 3))
    return np.concatenate(levels).astype(np.float32)


def _yolox(rows: NDArray[Any], grid: NDArray[np.float32], person: int, floor: float) -> Decoded:
    """Offset from a cell, log size in strides, objectness, classes (YOLOX, Ge et al. 2021)."""
    certain = rows[:, 4]
    # A class score is at most 1, so objectness below the floor needs no further test.
    picked = (certain >= floor).nonzero()[0]
    raw = rows.take(picked, axis=0).astype(np.float32, copy=False)
    scores = raw[:, 4] * raw[:, 5 + person]
    sure = scores >= floor
    if np.count_nonzero(sure) < len(sure):
        picked, raw, scores = picked[sure], raw[sure], scores[sure]
    cells = grid.take(picked, axis=0)
    stride = cells[:, 2:]
    boxes = np.empty((len(raw), 4), np.float32)
    size = np.exp(raw[:, 2:4], out=boxes[:, 2:])
    size *= stride
    np.add(raw[:, :2], cells[:, :2], out=boxes[:, :2])
    boxes[:, :2] *= stride
    boxes[:, :2] -= size * np.float32(0.5)
    return boxes, scores, _not_finite(certain)


def _yolov8(columns: NDArray[Any], person: int, floor: float) -> Decoded:
    """Centre x, y, width, height in px of the input, then one score per class."""
    scores = columns[4 + person]
    picked = np.flatnonzero(scores >= floor)
    raw = columns[:4, picked].T.astype(np.float32)
    boxes = _from_centre(raw[:, :2], raw[:, 2:])
    return boxes, scores[picked].astype(np.float32), _not_finite(scores)


def _apart(outputs: Outputs, model: ModelDescription, floor: float) -> Decoded:
    """One output of class scores, one of boxes as shares of the input.

    Of a DETR they are centre and size, of an SSD (Liu et al. 2016) left, top, right and bottom.
    """
    classes, places = outputs[0][0], outputs[1][0]
    if _looks_like_boxes(outputs[0].shape, outputs[1].shape):
        classes, places = places, classes
    if model.scores == "softmax":
        shifted = np.exp(classes - classes.max(axis=1, keepdims=True))
        scores = shifted[:, model.person_class] / shifted.sum(axis=1)
    elif model.scores == "sigmoid":
        scores = 1 / (1 + np.exp(-classes[:, model.person_class]))
    else:
        scores = classes[:, model.person_class]
    picked = np.flatnonzero(scores >= floor)
    size = np.array([model.input.width, model.input.height], np.float32)
    raw = places[picked].astype(np.float32)
    first, second = raw[:, :2] * size, raw[:, 2:] * size
    if model.decode == "ssd":
        boxes = np.concatenate([first, second - first], axis=1)
    else:
        boxes = _from_centre(first, second)
    return boxes, scores[picked].astype(np.float32), _not_finite(scores)


def _end_to_end(rows: NDArray[Any], person: int, floor: float) -> Decoded:
    """Rows that were suppressed inside the model: YOLOv10 (6 numbers) or YOLOv7 (7 numbers)."""
    first, score, label = (0, 4, 5) if rows.shape[1] == 6 else (1, 6, 5)
    picked = np.flatnonzero((rows[:, score] >= floor) & (np.rint(rows[:, label]) == person))
    corners = rows[picked, first : first + 4].astype(np.float32)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    return boxes, rows[picked, score].astype(np.float32), _not_finite(rows.sum(axis=1))


def _check_apart(shapes: Sequence[Sequence[int]], person: int) -> str:
    if len(shapes) < 2 or any(len(s) != 3 or s[0] != 1 for s in shapes[:2]):
        return "expected two outputs: (1, n, classes) and (1, n, 4)"
    first, second = shapes[0], shapes[1]
    classes = second if _looks_like_boxes(first, second) else first
    boxes = first if classes is second else second
    if boxes[2] != 4 or boxes[1] != classes[1]:
        return "expected two outputs: (1, n, classes) and (1, n, 4)"
    if classes[2] <= person:
        return f"has {classes[2]} classes, so person_class {person} does not exist"
    return ""


def _looks_like_boxes(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether the first of two outputs is the boxes; scores come first where both could be."""
    return first[2] == 4 and second[2] != 4


def _from_centre(centre: NDArray[np.float32], size: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([centre - size / 2, size], axis=1)


def _not_finite(values: NDArray[Any]) -> int:
    if np.isfinite(values.sum()):
        return 0  # a sum of finite and other numbers is never finite
    return int(len(values) - np.isfinite(values).sum())
