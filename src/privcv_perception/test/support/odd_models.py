# SPDX-License-Identifier: Apache-2.0
"""Tiny ONNX detectors with a constant answer, one person, exported in ways that people export."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from privcv_perception.detection.onnx.model_file import read_model
from privcv_perception.detection.settings import DetectorSettings

SIDE = 640
CELLS = 8400
"""Grid cells of an input of ``SIDE`` px, at strides of 8, 16 and 32."""

Outputs = list[NDArray[np.float32]]


def yolov8(classes: int = 80, more: int = 0) -> NDArray[np.float32]:
    """A person of 100 x 300 px at (320, 320), class 0; boxes of nothing at all other cells."""
    columns = np.zeros((1, 4 + classes + more, CELLS), np.float32)
    rows, across = np.divmod(np.arange(CELLS), 80)
    columns[0, :4] = np.stack([8 * across, 8 * (rows % 80), across * 0 + 16, across * 0 + 16])
    columns[0, :5, 10] = [320, 320, 100, 300, 0.9]
    return columns


def end_to_end() -> NDArray[np.float32]:
    """The same person in 300 rows of x1 y1 x2 y2 score class."""
    rows = np.zeros((1, 300, 6), np.float32)
    rows[0, 0] = [270, 170, 370, 470, 0.9, 0]
    return rows


def yolov5() -> NDArray[np.float32]:
    """The same person with anchors: boxes, objectness, classes."""
    rows = np.zeros((1, 3 * CELLS, 85), np.float32)
    rows[0, 10, :6] = [320, 320, 100, 300, 0.95, 0.95]
    return rows


def yolox() -> NDArray[np.float32]:
    """The same person as a raw YOLOX head tells it: in cell (40, 40) of stride 8."""
    rows = np.zeros((1, CELLS, 85), np.float32)
    rows[0, 40 * 80 + 40] = [0, 0, np.log(100 / 8), np.log(300 / 8), 0.95, 0.95, *[0] * 79]
    return rows


def yolox_decoded() -> NDArray[np.float32]:
    """The same person of a YOLOX that was decoded in the graph: boxes in px."""
    rows = np.zeros((1, CELLS, 85), np.float32)
    rows[0, :, :4] = [320, 320, 1, 1]
    rows[0, 4210, :6] = [320, 320, 100, 300, 0.95, 0.95]
    return rows


def logits(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """``columns`` of a YOLOv8 that lacks its sigmoid."""
    raw = columns.copy()
    raw[0, 4:] = -6
    raw[0, 4, 10] = 2.2
    return raw


def ssd() -> Outputs:
    """Priors as corners from 0 to 1, and scores of background and person apart."""
    left, top = np.meshgrid(np.linspace(0, 0.9, 40), np.linspace(0, 0.9, 34))
    corners = np.stack([left.ravel(), top.ravel(), left.ravel() + 0.1, top.ravel() + 0.1], axis=1)
    scores = np.tile(np.array([0.01, 0.99], np.float32), (len(corners), 1))
    return [corners.astype(np.float32)[None], scores[None]]


def write_odd_model(
    folder: Path,
    decode: str,
    outputs: Outputs,
    *,
    metadata: Mapping[str, str] | None = None,
    input_shape: tuple[int | str, ...] = (1, 3, SIDE, SIDE),
    input_type: int = TensorProto.FLOAT,
    silent_on_noise: bool = False,
    **changes: object,
) -> DetectorSettings:
    """The model and its description in ``folder``, and the settings that use them.

    ``silent_on_noise``: it answers a picture with bright places with zeros.
    """
    # The answer hangs on the input, so that nothing folds it away; NaN in the input makes it NaN.
    nodes = [
        helper.make_node("Cast", ["images"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMin", ["f"], ["least"], keepdims=0),
        helper.make_node("Mul", ["least", "zero"], ["nothing"]),
    ]
    constants = [numpy_helper.from_array(np.zeros((), np.float32), "zero")]
    if silent_on_noise:
        constants.append(numpy_helper.from_array(np.array(0.9, np.float32), "bright"))
        nodes += [
            helper.make_node("ReduceMax", ["f"], ["most"], keepdims=0),
            helper.make_node("Less", ["most", "bright"], ["is_calm"]),
            helper.make_node("Cast", ["is_calm"], ["calm"], to=TensorProto.FLOAT),
        ]
    told = []
    for index, output in enumerate(outputs):
        constants.append(numpy_helper.from_array(output.astype(np.float32), f"c{index}"))
        inputs = [f"c{index}", "nothing"]
        if silent_on_noise:
            nodes.append(helper.make_node("Mul", [f"c{index}", "calm"], [f"seen{index}"]))
            inputs[0] = f"seen{index}"
        nodes.append(helper.make_node("Add", inputs, [f"out{index}"]))
        told.append(
            helper.make_tensor_value_info(f"out{index}", TensorProto.FLOAT, list(output.shape))
        )
    taken = [helper.make_tensor_value_info("images", input_type, list(input_shape))]
    graph = helper.make_graph(nodes, "odd", taken, told, constants)
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=value)
    path = folder / "odd.onnx"
    path.write_bytes(model.SerializeToString())
    description = {
        "name": "odd", "sha256": read_model(path).sha256, "decode": decode,
        "input": {"width": SIDE, "height": SIDE, "channels": "rgb", "scale": 1 / 255}, **changes,
    }  # fmt: skip
    path.with_suffix(".yaml").write_text(yaml.safe_dump(description))
    return DetectorSettings.model_validate(
        {"kind": "onnx", "model": str(path), "scene": {"enabled": False}}
    )
