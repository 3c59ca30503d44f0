# SPDX-License-Identifier: Apache-2.0
"""One ONNX model in onnxruntime: opened, checked against its description, run in our buffers."""

import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Its wheel reports to its maker from a thread of its own, from its import on, unless told not to.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

from privcv_perception.detection.onnx.decoding import Decoded, Decoder
from privcv_perception.detection.onnx.letterbox import Offsets, rearranged
from privcv_perception.detection.onnx.model_description import InputDescription, ModelDescription
from privcv_perception.errors import ModelError

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Names in settings to names in onnxruntime."""

ALIKE, NEAR_ZERO = 1e-3, 1e-6
"""A specialized network that answers farther from the model than this, relatively and absolutely,
is not used."""

_log = logging.getLogger(__name__)


class _Form(NamedTuple):
    """The model for one size of input."""

    session: "onnxruntime.InferenceSession"
    input: str
    decoder: Decoder


class OnnxNetwork:
    """A model that takes one blob and returns people on its canvas.

    ``providers``: names of ``PROVIDERS``, best first; one that is absent here is skipped with a
    warning, and the CPU is always the last. ``threads``: of one inference.
    Raises ``ModelError`` where onnxruntime refuses the file, or its input or output has another
    shape than described.
    """

    def __init__(
        self, path: Path, model: ModelDescription, providers: list[str], threads: int
    ) -> None:
        self._model = model
        self._providers, self._threads = providers, threads
        session = _open(str(path), providers, threads)
        size = model.input
        self._size = (size.width, size.height)
        self._forms = {
            self._size: _Form(session, self._checked_input(session, path), Decoder(model))
        }
        self._content: bytes | None = None
        self._outputs: list[NDArray[Any]] = []
        self.offsets: Offsets = ()
        """Of the pixels in 2x2 blocks that are the input's channels; empty where it is an image."""
        self.one_class = False
        """Whether the network was cut down to the class of person."""
        shape = (3, size.height, size.width) if size.layout == "nchw" else (
            size.height, size.width, 3)  # fmt: skip
        image = _noise(size, (1, *shape))
        self._infer(self._forms[self._size], image)
        self._forms[self._size].decoder.check([output.shape for output in self._outputs])
        if size.layout == "nchw":
            self._specialize(path, image)
        self.wipe()

    @property
    def providers(self) -> list[str]:
        """Where the model runs, in onnxruntime's names."""
        return list(self._forms[self._size].session.get_providers())

    def add_part(self, size: tuple[int, int]) -> bool:
        """Make ready to look at the upper left part of the input alone, (width, height), px.

        False where that is not possible: for models of another family than YOLOX.
        """
        if size in self._forms:
            return True
        if self._content is None or not self.one_class:
            return False
        from privcv_perception.detection.onnx.graph_surgery import narrowed

        block = 2 if self.offsets else 1
        width, height = size[0] // block, size[1] // block
        whole = self._forms[self._size]
        part = self._model.input.model_copy(update={"width": size[0], "height": size[1]})
        model = self._model.model_copy(update={"input": part, "person_class": 0})
        try:
            content = narrowed(self._content, width, height)
            form = _Form(
                _open(content, self._providers, self._threads), whole.input, Decoder(model)
            )
            blob = np.zeros((1, 3 * block * block, height, width), np.float32)
            self._infer(form, blob)
            form.decoder.check([output.shape for output in self._outputs])
        except ModelError as error:
            _log.info("model %s looks at whole inputs only: %s", self._model.name, _one_line(error))
            return False
        finally:
            self.wipe()
        self._forms[size] = form
        return True

    def people(
        self, blob: NDArray[np.float32], floor: float, size: tuple[int, int] | None = None
    ) -> Decoded:
        """Boxes, scores and number of broken rows, see ``decoding``.

        ``blob`` shows the whole input, or the part of it of this ``size``.
        """
        form = self._forms[size or self._size]
        self._infer(form, blob)
        return form.decoder.decode(self._outputs, floor)

    def wipe(self) -> None:
        """Overwrite the last outputs with zeros and let go of them."""
        for output in self._outputs:
            if output.flags.writeable:
                output.fill(0)
        self._outputs = []

    def _specialize(self, path: Path, image: NDArray[np.float32]) -> None:
        """Go on with a smaller network that answers the same, where one can be made."""
        model, wanted = self._model, self._outputs
        person = model.person_class if model.decode == "yolox_grid" else -1
        try:
            import onnx

            from privcv_perception.detection.onnx.graph_surgery import specialize

            small = specialize(onnx.load(path), image.shape, person, self._run_once)
            if not small.offsets and not small.one_class:
                return
            session = _open(small.content, self._providers, self._threads)
            name = session.get_inputs()[0].name
            blob = rearranged(image, small.offsets) if small.offsets else image
            found = session.run(None, {name: blob})
        except Exception as error:  # whatever it is, the model itself is there and works
            _log.info("model %s runs as it is: %s", model.name, _one_line(error))
            return
        if small.one_class:
            wanted = [wanted[0][..., [0, 1, 2, 3, 4, 5 + person]]]
            model = model.model_copy(update={"person_class": 0})
        alike = len(wanted) == len(found) and all(
            a.shape == b.shape and np.allclose(a, b, ALIKE, NEAR_ZERO, equal_nan=True)
            for a, b in zip(wanted, found, strict=True)
        )
        if not alike:
            _log.warning("model %s runs as it is: its short form differs", model.name)
            return
        self._outputs, self._content = found, small.content
        self._forms[self._size] = _Form(session, name, Decoder(model))
        self.offsets, self.one_class = small.offsets, small.one_class

    def _run_once(self, content: bytes, blob: NDArray[np.float32]) -> NDArray[Any]:
        session = _open(content, ["cpu"], 1)
        moved: NDArray[Any] = session.run(None, {session.get_inputs()[0].name: blob})[0]
        return moved

    def _infer(self, form: "_Form", blob: NDArray[np.float32]) -> None:
        try:
            self._outputs = list(form.session.run(None, {form.input: blob}))
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise ModelError(
                f"model {self._model.name}: onnxruntime cannot run it on an input of "
                f"{blob.shape}: {_one_line(error)}"
            ) from error

    def _checked_input(self, session: "onnxruntime.InferenceSession", path: Path) -> str:
        inputs, size = session.get_inputs(), self._model.input
        names = ", ".join(f"{i.name} {i.shape} {i.type}" for i in inputs)
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 4:
            raise ModelError(
                f"{path}: takes {names}; a detector takes one float32 image of shape "
                f"(1, 3, height, width) or (1, height, width, 3)"
            )
        axes = (1, 3, size.height, size.width)
        if size.layout == "nhwc":
            axes = (1, size.height, size.width, 3)
        for wanted, found in zip(axes, inputs[0].shape, strict=True):
            if isinstance(found, int) and found != wanted:
                raise ModelError(
                    f"{path}: takes {names}, but its description says {axes}: correct "
                    f"'input.width', 'input.height' or 'input.layout'"
                )
        name: str = inputs[0].name
        return name


def _noise(description: InputDescription, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A picture of noise as the network takes it: ``shape`` is that of its input."""
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    by_colour = (3,) if description.layout == "nhwc" else (3, 1, 1)
    mean = np.array(description.mean, np.float32).reshape(by_colour)
    std = np.array(description.std, np.float32).reshape(by_colour)
    noise: NDArray[np.float32] = (pixels * np.float32(description.scale) - mean) / std
    return noise


def _open(model: str | bytes, wanted: list[str], threads: int) -> "onnxruntime.InferenceSession":
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without the arena what a layer saw goes back to the allocator, which can overwrite it.
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    present = set(onnxruntime.get_available_providers())
    chosen = []
    for name in [*wanted, "cpu"]:
        provider = PROVIDERS[name]
        if provider not in present:
            _log.warning("provider '%s' is not in this onnxruntime; falling back", name)
        elif provider not in chosen:
            chosen.append(provider)
    try:
        session = onnxruntime.InferenceSession(model, options, providers=chosen)
    except Exception as error:
        name = model if isinstance(model, str) else "short form"
        raise ModelError(
            f"{name}: onnxruntime cannot open this model: {_one_line(error)}"
        ) from error
    if session.get_providers()[0] != chosen[0]:
        _log.warning("%s could not be started; the model runs on %s", chosen[0],
                     session.get_providers()[0])  # fmt: skip
    return session


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
