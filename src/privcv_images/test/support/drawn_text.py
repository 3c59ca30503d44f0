# SPDX-License-Identifier: Apache-2.0
"""A small recognizer and its writing: each character is a block of one grey, as wide as high."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ALPHABET = "abcdefghijklmnopqrstuvwxyzABCD0123456789 -ａ"
"""The last is a full-width a, which is read as an a."""
SIDE_PX = 24
PAPER = 250


def level(character: str) -> int:
    return 10 + 5 * ALPHABET.index(character)


def written(text: str) -> np.ndarray:
    """A line of ``text``, (SIDE_PX, n, 3); between any two characters there is paper."""
    line = np.full((SIDE_PX, SIDE_PX * (2 * len(text) + 1), 3), PAPER, np.uint8)
    for place, character in enumerate(text):
        left = SIDE_PX * (2 * place + 1)
        line[:, left : left + SIDE_PX] = level(character)
    return line


def write_recognizer(path: Path) -> str:
    """A network with the inputs and outputs of PP-OCR's; returns its SHA-256.

    Every eighth column's mean grey is compared with that of each character, and of paper (blank).
    """
    greys = [PAPER, *map(level, ALPHABET)]
    wanted = (np.array(greys, np.float32) / 127.5 - 1).reshape(1, 1, -1)
    constants = {
        "rows": np.array([1, 2], np.int64), "wanted": wanted, "steep": np.array([-1e4], np.float32),
        "last": np.array([2], np.int64), "starts": np.array([4], np.int64),
        "ends": np.array([1 << 30], np.int64), "axis": np.array([1], np.int64),
        "steps": np.array([8], np.int64),
    }  # fmt: skip
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["columns"], axes=[1, 2], keepdims=0),
        helper.make_node("Slice", ["columns", "starts", "ends", "axis", "steps"], ["few"]),
        helper.make_node("Unsqueeze", ["few", "last"], ["grey"]),
        helper.make_node("Sub", ["grey", "wanted"], ["off"]),
        helper.make_node("Mul", ["off", "off"], ["square"]),
        helper.make_node("Mul", ["square", "steep"], ["near"]),
        helper.make_node("Softmax", ["near"], ["y"], axis=2),
    ]
    graph = helper.make_graph(
        nodes, "recognizer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 48, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, None, len(greys)])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"character": "\n".join(ALPHABET)})
    path.write_bytes(model.SerializeToString())
    onnx.checker.check_model(model)
    return hashlib.sha256(path.read_bytes()).hexdigest()
