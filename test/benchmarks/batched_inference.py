# SPDX-License-Identifier: Apache-2.0
"""One inference for several cameras: CPU time per image of batches over that of single images.

    .venv/bin/python test/benchmarks/batched_inference.py

YOLOX-nano as it is, one thread, batches of 1, 2, 4 and 8 in turns, so that all see the same load.
The answers of a batch are checked against those of its images alone.
"""

import statistics
import time

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from pets import DETECTOR

BATCHES = (1, 2, 4, 8)
ROUNDS = 12
IMAGES = 8


def main() -> None:
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (IMAGES, 3, 416, 416)).astype(np.float32)
    sessions = {size: session(size) for size in BATCHES}
    wanted = answers(sessions[1], images, 1)
    for size in BATCHES:
        np.testing.assert_allclose(answers(sessions[size], images, size), wanted, 1e-2, 1e-3)
    spent: dict[int, list[float]] = {size: [] for size in BATCHES}
    for _ in range(ROUNDS):
        for size, one in sessions.items():
            begin = time.process_time()
            answers(one, images, size)
            spent[size].append(1e3 * (time.process_time() - begin) / IMAGES)
    print("| images at once | CPU ms per image, median | over one at a time |")
    print("| --- | --- | --- |")
    for size, times in spent.items():
        ratio = statistics.median(a / b for a, b in zip(times, spent[1], strict=True))
        print(f"| {size} | {statistics.median(times):.2f} | {ratio:.2f} |")


def session(size: int) -> onnxruntime.InferenceSession:
    """The model for ``size`` images at once: of what is written down inside only that changes."""
    model = onnx.load(DETECTOR.model)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = size
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    for tensor in model.graph.initializer:
        shape = onnx.numpy_helper.to_array(tensor)
        if shape.dtype == np.int64 and shape.ndim == 1 and len(shape) >= 3 and shape[0] == 1:
            of_batch = np.concatenate([[size], shape[1:]])
            tensor.CopyFrom(onnx.numpy_helper.from_array(of_batch, tensor.name))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def answers(
    one: onnxruntime.InferenceSession, images: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """What it says of all ``images``, ``size`` at a time."""
    name = one.get_inputs()[0].name
    parts = np.split(images, len(images) // size)
    return np.concatenate([one.run(None, {name: part})[0] for part in parts])


if __name__ == "__main__":
    main()
