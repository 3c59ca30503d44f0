# SPDX-License-Identifier: Apache-2.0
"""A network cut down to what is used answers as the whole one does, or is not cut."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from privcv_core.settings.model import data_folder
from privcv_perception.detection.onnx import graph_surgery
from privcv_perception.detection.onnx.decoding import Decoder
from privcv_perception.detection.onnx.letterbox import Letterbox
from privcv_perception.detection.onnx.model_description import (
    InputDescription,
    ModelDescription,
)
from privcv_perception.detection.onnx.model_file import read_model
from privcv_perception.detection.onnx.model_registry import known_digests
from privcv_perception.detection.onnx.network import OnnxNetwork

SIDE, CLASSES, PERSON = 64, 7, 3
FOCUS = ((0, 0), (1, 0), (0, 1), (1, 1))
YOLOX_NANO = data_folder() / "models" / "yolox_nano.onnx"


@dataclass
class Small:
    """A YOLOX of one layer per head, with random weights. ``blocks``: the stem's 2x2 blocks."""

    blocks: tuple[tuple[int, int], ...] = FOCUS
    step: int = 2
    shared_weights: bool = False
    fixed_size: bool = False

    def write(self, path: Path) -> ModelDescription:
        """Write the model; returns its description."""
        self.random = np.random.default_rng(5)
        self.weights: list[TensorProto] = []
        self.nodes: list[onnx.NodeProto] = []
        channels = self._stem()
        scale = SIDE // (self.step if self.blocks else 1)
        levels = [self._head(channels, scale // stride, stride) for stride in (8, 16)]
        cells = sum((scale // stride) ** 2 for stride in (8, 16))
        self._add("Concat", levels, "joined", axis=2)
        self._add("Transpose", ["joined"], "output", perm=[0, 2, 1])
        graph = helper.make_graph(
            self.nodes, "small",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, cells, 5 + CLASSES])],
            self.weights,
        )  # fmt: skip
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)
        strides = [stride * SIDE // scale for stride in (8, 16)]
        return ModelDescription(
            name="small", sha256=read_model(path).sha256, decode="yolox_grid", person_class=PERSON,
            input=InputDescription(width=SIDE, height=SIDE), strides=strides,
        )  # fmt: skip

    def _stem(self) -> int:
        parts = []
        for index, start in enumerate(self.blocks):
            ends, axes, steps = [SIDE, SIDE], [2, 3], [self.step] * 2
            names = [
                self._constant(f"{kind}{index}", np.array(values, np.int64))
                for kind, values in [("from", start), ("to", ends), ("axes", axes), ("by", steps)]
            ]
            parts.append(self._add("Slice", ["images", *names], f"part{index}"))
        if parts:
            self._add("Concat", parts, "stem", axis=1)
            self.image = "stem"
            return 3 * len(parts)
        self.image = "images"
        return 3

    def _head(self, channels: int, cells: int, stride: int) -> str:
        parts = []
        for kind, size in [("box", 4), ("object", 1), ("classes", CLASSES)]:
            owner = "all" if self.shared_weights else str(stride)
            shape = (size, channels, 8, 8)
            weight = self._constant(f"w_{kind}_{owner}", self._numbers(shape))
            bias = self._constant(f"b_{kind}_{owner}", self._numbers((size,)))
            made = f"{kind}_{stride}"
            self._add(
                "Conv", [self.image, weight, bias], made,
                kernel_shape=[8, 8], strides=[stride, stride],
            )  # fmt: skip
            if kind != "box":
                made = self._add("Sigmoid", [made], f"{made}_sure")
            parts.append(made)
        self._add("Concat", parts, f"head_{stride}", axis=1)
        flat = cells**2 if self.fixed_size else -1
        size = self._constant(f"size_{stride}", np.array([1, 5 + CLASSES, flat], np.int64))
        return self._add("Reshape", [f"head_{stride}", size], f"flat_{stride}")

    def _numbers(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        return self.random.normal(0, 3e-4, shape).astype(np.float32)

    def _constant(self, name: str, values: NDArray[np.generic]) -> str:
        if name not in {tensor.name for tensor in self.weights}:
            self.weights.append(numpy_helper.from_array(values, name))
        return name

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output


def answers(path: Path, description: ModelDescription) -> tuple[OnnxNetwork, NDArray[np.float32]]:
    """The network, and what it decodes from a random picture, boxes and scores side by side.

    Checked against the whole model on the same picture.
    """
    network = OnnxNetwork(read_model(path), description, ["cpu"], 1)
    box = Letterbox(description.input, network.offsets)
    size = description.input
    frame = np.random.default_rng(9).integers(0, 256, (size.height, size.width, 3), np.uint8)
    box.start(frame, box.fit((size.width, size.height)))
    boxes, scores, _ = network.people(box.blob(), 0.05)
    session = onnxruntime.InferenceSession(path)
    image = frame.transpose(2, 0, 1)[None].astype(np.float32)
    rows = session.run(None, {session.get_inputs()[0].name: image})[0][0]
    sure = rows[:, 4] * rows[:, 5 + description.person_class]
    np.testing.assert_allclose(scores, sure[sure >= 0.05], rtol=1e-5)
    assert len(scores)
    return network, np.column_stack((boxes, scores))


@pytest.mark.parametrize("blocks", [FOCUS, ((1, 1), (0, 1), (1, 0), (0, 0))])
def test_stem_and_classes_are_cut_and_the_answers_stay(
    tmp_path: Path, blocks: tuple[tuple[int, int], ...]
) -> None:
    description = Small(blocks).write(tmp_path / "small.onnx")
    network, _ = answers(tmp_path / "small.onnx", description)
    assert network.offsets == blocks
    assert network.one_class


@pytest.mark.parametrize(
    "small",
    [
        Small(blocks=()),
        Small(blocks=((0, 0), (0, 0), (0, 1), (1, 1))),
        Small(blocks=((0, 0), (1, 1))),
        Small(blocks=((0, 0),), step=4),
    ],
)
def test_another_stem_is_left_alone(tmp_path: Path, small: Small) -> None:
    network, _ = answers(tmp_path / "small.onnx", small.write(tmp_path / "small.onnx"))
    assert network.offsets == ()
    assert network.one_class


@pytest.mark.parametrize("person", [0, PERSON])
def test_heads_that_share_their_weights_are_cut_once(tmp_path: Path, person: int) -> None:
    description = Small(shared_weights=True).write(tmp_path / "small.onnx")
    description = description.model_copy(update={"person_class": person})
    network, _ = answers(tmp_path / "small.onnx", description)
    assert network.one_class


def test_a_part_of_the_input_is_seen_as_in_the_whole(tmp_path: Path) -> None:
    description = Small().write(tmp_path / "small.onnx")
    network = OnnxNetwork(read_model(tmp_path / "small.onnx"), description, ["cpu"], 1)
    box = Letterbox(description.input, network.offsets)
    part = box.part(box.fit((SIDE, SIDE // 2)))
    assert part == (SIDE, SIDE // 2)
    assert network.add_part(part)
    box.add_part(part)
    frame = np.random.default_rng(9).integers(0, 256, (SIDE // 2, SIDE, 3), np.uint8)
    box.start(frame, box.fit((SIDE, SIDE // 2)))
    whole_boxes, whole_scores, _ = network.people(box.blob(), 0.0)
    boxes, scores, _ = network.people(box.blob(part), 0.0, part)
    # This network's layers do not overlap, so that no cell sees beyond its own square.
    cells = [*range(8), 16, 17]  # the upper half of 4x4, then of 2x2
    assert len(scores) == len(cells)
    np.testing.assert_allclose(scores, whole_scores[cells], rtol=1e-4)
    np.testing.assert_allclose(boxes, whole_boxes[cells], rtol=1e-4, atol=1e-3)
    blobs = (box.blob(), box.blob(part))
    box.wipe()
    assert not any(blob.any() for blob in blobs)


def test_a_network_with_a_size_written_into_it_sees_whole_inputs_only(tmp_path: Path) -> None:
    description = Small(fixed_size=True).write(tmp_path / "small.onnx")
    network, _ = answers(tmp_path / "small.onnx", description)
    assert network.one_class
    assert not network.add_part((SIDE, SIDE // 2))
    answers(tmp_path / "small.onnx", description)


@pytest.mark.parametrize("part", ["w_box_8", "w_object_8", "b_object_16", "w_classes_16"])
def test_a_short_form_that_differs_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    description = Small().write(tmp_path / "small.onnx")
    _, expected = answers(tmp_path / "small.onnx", description)
    cut = graph_surgery.reduce_graph

    def wrong(*arguments: object) -> object:
        short = cut(*arguments)  # type: ignore[arg-type]
        model = onnx.load_from_string(short.content)
        weight = next(t for t in model.graph.initializer if t.name == part)
        changed = numpy_helper.to_array(weight) + np.float32(0.01)
        weight.CopyFrom(numpy_helper.from_array(changed, weight.name))
        return short._replace(content=model.SerializeToString())

    monkeypatch.setattr(graph_surgery, "reduce_graph", wrong)
    with caplog.at_level(logging.WARNING):
        network, found = answers(tmp_path / "small.onnx", description)
    assert network.offsets == ()
    assert not network.one_class
    assert "runs as it is" in caplog.text
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.skipif(not YOLOX_NANO.exists(), reason=f"no {YOLOX_NANO}: set PRIVCV_DATA")
def test_yolox_nano_is_cut_and_answers_bit_for_bit() -> None:
    description = known_digests()[read_model(YOLOX_NANO).sha256]
    whole = onnxruntime.InferenceSession(YOLOX_NANO)
    frame = np.random.default_rng(1).integers(0, 256, (416, 416, 3), np.uint8)
    rows = whole.run(None, {"images": frame.transpose(2, 0, 1)[None].astype(np.float32)})
    network = OnnxNetwork(read_model(YOLOX_NANO), description, ["cpu"], 1)
    assert network.offsets == FOCUS
    assert network.one_class
    box = Letterbox(description.input, network.offsets)
    box.start(frame, box.fit((416, 416)))
    wanted = Decoder(description).decode(rows, 0.0)
    for found, expected in zip(network.people(box.blob(), 0.0), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert len(wanted[0]) == 3549


@pytest.mark.skipif(not YOLOX_NANO.exists(), reason=f"no {YOLOX_NANO}: set PRIVCV_DATA")
def test_a_network_that_no_longer_sees_anything_is_not_taken_for_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut = graph_surgery.reduce_graph

    def blind(*arguments: object) -> object:
        short = cut(*arguments)  # type: ignore[arg-type]
        model = onnx.load_from_string(short.content)
        for tensor in model.graph.initializer:
            if "obj_preds" in tensor.name and tensor.name.endswith("bias"):
                bias = numpy_helper.to_array(tensor) - np.float32(20)
                tensor.CopyFrom(numpy_helper.from_array(bias, tensor.name))
        return short._replace(content=model.SerializeToString())

    monkeypatch.setattr(graph_surgery, "reduce_graph", blind)
    description = known_digests()[read_model(YOLOX_NANO).sha256]
    assert not OnnxNetwork(read_model(YOLOX_NANO), description, ["cpu"], 1).one_class
