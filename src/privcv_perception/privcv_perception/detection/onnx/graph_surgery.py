# SPDX-License-Identifier: Apache-2.0
"""Graph surgery: an ONNX detector without the work whose result nobody uses.

Networks begin by rearranging the pixels that were just written, and end by scoring eighty
classes of which one is wanted. Both are cut out of the graph: ``Letterbox`` writes the pixels
where the first layer reads them, and the last layers compute the class of person only. What is
left computes the very same numbers; the caller compares both networks before it uses the smaller.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.utils import Extractor

from privcv_perception.detection.onnx.blob import Offsets, rearranged
from privcv_perception.detection.onnx.model_description import ModelDescription
from privcv_perception.errors import ModelError

Run = Callable[[bytes, NDArray[np.float32]], NDArray[Any]]
"""Runs a model on its one input and returns its first output."""

_MOVES = {
    "Concat", "Gather", "Identity", "Reshape", "Slice", "SpaceToDepth", "Split", "Squeeze",
    "Transpose", "Unsqueeze",
}  # fmt: skip
"""Operators that put numbers elsewhere and compute nothing."""

_BOX_AND_OBJECT = 5


class ReducedModel(NamedTuple):
    """A smaller model that answers the same.

    ``content``: the smaller model; ``offsets``: how it wants 2x2 blocks of pixels as channels,
    empty where it takes the image; ``one_class``: whether all classes but one are gone.
    """

    content: bytes
    offsets: Offsets
    one_class: bool


def reduce_graph(
    model: onnx.ModelProto, shape: tuple[int, ...], person: int, run: Run
) -> ReducedModel:
    """Reduce the graph of ``model``, which takes an image, as far as can be.

    ``shape``: (1, 3, height, width) of the image.
    ``person``: the class to keep where the output is YOLOX's, -1 to keep all. ``run`` is needed to
    see where the network moves each pixel. A part of a form not known here is left as it is.
    """
    model = onnx.shape_inference.infer_shapes(model)
    model, offsets = _without_stem(model, shape, run)
    one_class = person >= 0 and _keep_class(model.graph, person)
    del model.graph.value_info[:]
    return ReducedModel(model.SerializeToString(), offsets, one_class)


def with_input_size(content: bytes, width: int, height: int) -> bytes:
    """The model ``content`` for an input of this width and height, in its own pixels or blocks.

    For networks of convolutions alone; where a size is written down inside it will not run.
    """
    model = onnx.load_from_string(content)
    axes = model.graph.input[0].type.tensor_type.shape.dim
    axes[2].dim_value, axes[3].dim_value = height, width
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    shorter: bytes = model.SerializeToString()
    return shorter


def ssd_part(content: bytes, description: ModelDescription, size: tuple[int, int]) -> bytes:
    """The SSD ``content`` for the upper left part of its input, (width, height), px.

    Its boxes are told from priors, one for each anchor of each grid cell, written down inside:
    those of the cells of the part are kept, row by row as they stand, so that boxes stay shares of
    the whole input. Raises ``ModelError`` where its numbers of priors are not those described.
    """
    whole = (description.input.width, description.input.height)
    levels = list(zip(description.strides, description.anchors, strict=False))
    grids = [(w, h) for w, h in ((whole[0] // s, whole[1] // s) for s, _ in levels)]
    kept = [
        np.broadcast_to(
            (np.arange(w) < size[0] // s)[None, :, None]
            & (np.arange(h) < size[1] // s)[:, None, None], (h, w, anchors)
        ).reshape(-1)
        for (s, anchors), (w, h) in zip(levels, grids, strict=True)
    ]  # fmt: skip
    rows = np.concatenate(kept)
    # Sizes that are written down count the priors of a level or of all, or their numbers.
    shorter = {len(each): int(np.count_nonzero(each)) for each in (*kept, rows)}
    model = onnx.load_from_string(content)
    sizes = {node.input[1] for node in model.graph.node if node.op_type == "Reshape"}
    found = False
    for tensor in model.graph.initializer:
        if tensor.name in sizes:
            shape = numpy_helper.to_array(tensor).tolist()
            changed = [_fewer(axis, shorter) for axis in shape]
            if changed != shape and -1 in shape:
                changed[shape.index(-1)] = 1
            tensor.CopyFrom(numpy_helper.from_array(np.array(changed, np.int64), tensor.name))
        elif len(rows) in tensor.dims:
            axis, found = list(tensor.dims).index(len(rows)), True
            prior = numpy_helper.to_array(tensor).compress(rows, axis)
            tensor.CopyFrom(numpy_helper.from_array(prior, tensor.name))
    if not found:
        raise ModelError(f"model {description.name}: has no {len(rows)} priors to choose from")
    return with_input_size(model.SerializeToString(), *size)


def _fewer(axis: int, shorter: dict[int, int]) -> int:
    """A number of a shape, where it is that of priors, of their boxes or of two scores of each."""
    for times in (1, 2, 4):
        if axis % times == 0 and axis // times in shorter:
            return shorter[axis // times] * times
    return axis


def _without_stem(
    model: onnx.ModelProto, shape: tuple[int, ...], run: Run
) -> tuple[onnx.ModelProto, Offsets]:
    """Start where the pixels are first computed with, if only 2x2 blocks became channels before."""
    image = model.graph.input[0].name
    first = _first_used(model.graph, image)
    if first == image:
        return model, ()
    parts = Extractor(model)
    # An image in which every pixel is its own address tells where each of them went.
    address = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    moved = run(parts.extract_model([image], [first]).SerializeToString(), address)
    if moved.shape != (1, 4 * shape[1], shape[2] // 2, shape[3] // 2):
        return model, ()
    corners = moved[0, :: shape[1], 0, 0]
    offsets = tuple((int(at) // shape[3], int(at) % shape[3]) for at in corners)
    if set(offsets) != {(0, 0), (0, 1), (1, 0), (1, 1)}:
        return model, ()
    if not np.array_equal(moved, rearranged(address, offsets)):
        return model, ()
    outputs = [output.name for output in model.graph.output]
    return parts.extract_model([first], outputs), offsets


def _first_used(graph: onnx.GraphProto, image: str) -> str:
    """The one tensor, all of it pixels moved, that the rest of the network reads; or the image."""
    constants = {tensor.name for tensor in graph.initializer}
    moved, used = {image}, set()
    for node in graph.node:  # ONNX keeps them in an order in which they can run
        inputs = [name for name in node.input if name and name not in constants]
        if node.op_type == "Constant":
            constants.update(node.output)
        elif inputs and node.op_type in _MOVES and moved.issuperset(inputs):
            moved.update(node.output)
        else:
            used.update(moved.intersection(inputs))
    return used.pop() if len(used) == 1 else image


def _keep_class(graph: onnx.GraphProto, person: int) -> bool:
    """Cut YOLOX's heads, each a join of box, object and classes, down to one class."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    classes = 0
    cut: set[str] = set()
    for join in graph.node:
        layers = [_convolution(makers, name) for name in join.input]
        if join.op_type != "Concat" or len(layers) != 3 or not all(layers):
            continue
        sizes = [weights[layer[1]].dims[0] for layer in layers if layer[1] in weights]
        if sizes[:2] != [4, 1] or len(sizes) != 3 or not person < sizes[2]:
            continue
        classes = sizes[2]
        cut.update(layers[2][1:])
    if classes < 2:
        return False
    for name in cut:
        row = numpy_helper.to_array(weights[name])[person : person + 1]
        weights[name].CopyFrom(numpy_helper.from_array(row.copy(), name))
    before, after = _BOX_AND_OBJECT + classes, _BOX_AND_OBJECT + 1
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] in weights:
            size = numpy_helper.to_array(weights[node.input[1]]).copy()
            size[size == before] = after
            weights[node.input[1]].CopyFrom(numpy_helper.from_array(size, node.input[1]))
    for axis in graph.output[0].type.tensor_type.shape.dim:
        if axis.dim_value == before:
            axis.dim_value = after
    return True


def _convolution(makers: dict[str, onnx.NodeProto], name: str) -> list[str]:
    """Inputs of the convolution that makes ``name``, maybe through a sigmoid; else nothing."""
    node = makers.get(name)
    if node is not None and node.op_type == "Sigmoid":
        node = makers.get(node.input[0])
    return list(node.input) if node is not None and node.op_type == "Conv" else []
