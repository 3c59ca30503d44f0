# SPDX-License-Identifier: Apache-2.0
"""A part of an SSD's input answers as the same cells of the whole input do."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from privcv_core.settings.model import data_folder
from privcv_perception.detection.onnx.graph_surgery import ssd_part
from privcv_perception.detection.onnx.model_description import InputDescription, ModelDescription
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.errors import ModelError

SIDE = 64
LEVELS = ((16, 2), (32, 3))  # stride, anchors
ROWS = sum((SIDE // stride) ** 2 * anchors for stride, anchors in LEVELS)
MODEL = data_folder() / "models" / "person_detection_0200.onnx"
Array = NDArray[np.float32]


def description(**changes: object) -> ModelDescription:
    strides, anchors = zip(*LEVELS, strict=True)
    known = ModelDescription(
        name="small", sha256="0" * 64, decode="ssd", scores="plain", strides=list(strides),
        anchors=list(anchors), input=InputDescription(width=SIDE, height=SIDE, fit="stretch"),
    )  # fmt: skip
    return known.model_copy(update=changes)


def small_ssd() -> tuple[bytes, Array]:
    """Heads of one layer over the mean of each cell, and priors that tell cells apart."""
    random = np.random.default_rng(4)
    constants, nodes = [], []
    prior = np.arange(4 * ROWS, dtype=np.float32).reshape(1, ROWS, 4)
    for stride, anchors in LEVELS:
        nodes.append(helper.make_node(
            "AveragePool", ["image"], [f"cells{stride}"], kernel_shape=[stride] * 2,
            strides=[stride] * 2,
        ))  # fmt: skip
        for what, numbers in (("boxes", 4), ("scores", 2)):
            name = f"{what}{stride}"
            weight = random.normal(size=(anchors * numbers, 3, 1, 1)).astype(np.float32)
            flat = (SIDE // stride) ** 2 * anchors * numbers
            constants += [
                numpy_helper.from_array(weight, f"w{name}"),
                numpy_helper.from_array(np.array([1, flat]), f"s{name}"),
            ]
            nodes += [
                helper.make_node("Conv", [f"cells{stride}", f"w{name}"], [f"c{name}"]),
                helper.make_node("Transpose", [f"c{name}"], [f"t{name}"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"t{name}", f"s{name}"], [f"f{name}"]),
            ]
    for what, numbers in (("boxes", 4), ("scores", 2)):
        flat = [f"f{what}{stride}" for stride, _ in LEVELS]
        constants.append(numpy_helper.from_array(np.array([-1, ROWS, numbers]), f"s{what}"))
        nodes.append(helper.make_node("Concat", flat, [f"f{what}"], axis=1))
        last = what if what == "scores" else "offsets"
        nodes.append(helper.make_node("Reshape", [f"f{what}", f"s{what}"], [last]))
    constants.append(numpy_helper.from_array(prior, "prior"))
    nodes.append(helper.make_node("Add", ["offsets", "prior"], ["boxes"]))
    graph = helper.make_graph(
        nodes, "ssd",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, ROWS, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, ROWS, 2]),
        ],
        constants,
    )  # fmt: skip
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content, prior


def answer(content: bytes, image: Array) -> list[Array]:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found: list[Array] = session.run(None, {"image": image})
    return found


def rows_of_part(width: int, height: int) -> list[int]:
    """Numbers of the priors whose cell lies in the part, counted cell by cell."""
    kept, number = [], 0
    for stride, anchors in LEVELS:
        for y in range(SIDE // stride):
            for x in range(SIDE // stride):
                for _ in range(anchors):
                    if (x + 1) * stride <= width and (y + 1) * stride <= height:
                        kept.append(number)
                    number += 1
    return kept


@pytest.mark.parametrize(("width", "height"), [(64, 32), (32, 64), (32, 32)])
def test_the_part_answers_as_its_cells_of_the_whole_do(width: int, height: int) -> None:
    content, _ = small_ssd()
    image = np.random.default_rng(1).uniform(0, 255, (1, 3, SIDE, SIDE)).astype(np.float32)
    whole = answer(content, image)
    part = answer(
        ssd_part(content, description(), (width, height)), image[:, :, :height, :width].copy()
    )
    rows = rows_of_part(width, height)
    for of_part, of_whole in zip(part, whole, strict=True):
        np.testing.assert_array_equal(of_part, of_whole[:, rows])


def test_another_number_of_anchors_than_described_is_refused() -> None:
    with pytest.raises(ModelError, match="has no 72 priors"):
        ssd_part(small_ssd()[0], description(anchors=[4, 2]), (32, 32))


@pytest.mark.skipif(not MODEL.exists(), reason="no shared data")
def test_the_faster_model_is_known_by_its_digest_and_looks_at_crops() -> None:
    settings = DetectorSettings(kind="onnx", model=str(MODEL))
    detector = build_detector(settings, None, (768, 576))
    frame = np.random.default_rng(0).integers(0, 255, (576, 768, 3)).astype(np.uint8)
    found = detector.detect(frame, 0.0)
    assert found.looked
    assert found.inferred
    detector.close()


def test_a_pulled_name_says_where_the_file_must_be_put(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="person_detection_0200"):
        build_detector(
            DetectorSettings(kind="onnx", model="person_detection_0200", folder=tmp_path),
            None,
            (64, 48),
        )
