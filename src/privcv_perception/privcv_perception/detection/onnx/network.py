# SPDX-License-Identifier: Apache-2.0
"""One ONNX network in onnxruntime: checked against its description, reduced, run, wiped."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from privcv_perception.detection.onnx.blob import Offsets, rearranged
from privcv_perception.detection.onnx.class_names import with_own_classes
from privcv_perception.detection.onnx.decoding import Decoded, Decoder
from privcv_perception.detection.onnx.model_description import InputDescription, ModelDescription
from privcv_perception.detection.onnx.model_file import ModelFile, parse_whole
from privcv_perception.detection.onnx.output_family import check_answer, check_broken, check_in_px
from privcv_perception.detection.onnx.session import InferenceSession, one_line, open_session
from privcv_perception.errors import ModelError

ALIKE, NEAR_ZERO = 1e-3, 1e-6
"""A reduced network that answers farther from the model than this, relatively and absolutely, is
not used."""

_log = logging.getLogger(__name__)


class _Form(NamedTuple):
    """The model for one size of input."""

    session: InferenceSession
    input: str
    decoder: Decoder


class OnnxNetwork:
    """A model that takes one blob and returns people on its canvas.

    ``providers``: names of ``PROVIDERS``, best first; one that is absent here is skipped with a
    warning, and the CPU is always the last. ``threads``: of one inference.
    Raises ``ModelError`` where onnxruntime refuses the file, where it is not complete in itself,
    its input or output has another shape than described, or its answer to noise is not one of the
    described family.
    """

    def __init__(
        self, file: ModelFile, model: ModelDescription, providers: list[str], threads: int
    ) -> None:
        self._providers, self._threads = providers, threads
        parsed = parse_whole(file)
        session = open_session(file.content, providers, threads, str(file.path))
        model = with_own_classes(model, dict(session.get_modelmeta().custom_metadata_map))
        self._model = model
        size = model.input
        self._size = (size.width, size.height)
        self._forms = {
            self._size: _Form(session, self._checked_input(session, file.path), Decoder(model))
        }
        self._content: bytes | None = None
        """What a part of the input is cut from; None where no part can be."""
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
        check_answer(model, self._outputs)
        if model.decode == "ssd":  # a small one, with hardly a class too many
            self._content = file.content if model.anchors and size.layout == "nchw" else None
        elif size.layout == "nchw":
            self._use_reduced(parsed, image)
        self.wipe()

    @property
    def providers(self) -> list[str]:
        """Where the model runs, in onnxruntime's names."""
        return list(self._forms[self._size].session.get_providers())

    def add_part(self, size: tuple[int, int]) -> bool:
        """Make a form for the upper left part of the input alone, (width, height), px.

        False where that is not possible: for models of another family than YOLOX and SSD.
        """
        if size in self._forms:
            return True
        if self._content is None:
            return False
        from privcv_perception.detection.onnx.graph_surgery import ssd_part, with_input_size

        block = 2 if self.offsets else 1
        width, height = size[0] // block, size[1] // block
        whole = self._forms[self._size]
        model = self._model
        try:
            if model.decode == "ssd":  # its boxes stay shares of the whole input
                content = ssd_part(self._content, model, size)
            else:
                part = model.input.model_copy(update={"width": size[0], "height": size[1]})
                model = model.model_copy(update={"input": part, "person_class": 0})
                content = with_input_size(self._content, width, height)
            form = _Form(
                open_session(content, self._providers, self._threads), whole.input, Decoder(model)
            )
            blob = np.zeros((1, 3 * block * block, height, width), np.float32)
            self._infer(form, blob)
            form.decoder.check([output.shape for output in self._outputs])
        except ModelError as error:
            _log.info("model %s looks at whole inputs only: %s", self._model.name, one_line(error))
            return False
        finally:
            self.wipe()
        self._forms[size] = form
        return True

    def people(
        self, blob: NDArray[np.float32], floor: float, size: tuple[int, int] | None = None
    ) -> Decoded:
        """Boxes, scores and number of broken rows, see ``decoding``.

        ``blob`` shows the whole input, or the part of it of this ``size``. Raises ``ModelError``
        where the answer is none: an empty room would look the same.
        """
        form = self._forms[size or self._size]
        self._infer(form, blob)
        boxes, scores, broken = form.decoder.decode(self._outputs, floor)
        if broken:
            check_broken(self._model.name, form.decoder.rows(self._outputs), broken)
        check_in_px(self._model, boxes)
        return boxes, scores, broken

    def wipe(self) -> None:
        """Overwrite the last outputs with zeros and let go of them."""
        for output in self._outputs:
            if output.flags.writeable:
                output.fill(0)
        self._outputs = []

    def _use_reduced(self, parsed: Any, image: NDArray[np.float32]) -> None:
        """Graph surgery: go on with a smaller network that answers the same, where there is one."""
        model, wanted = self._model, self._outputs
        person = model.person_class if model.decode == "yolox_grid" else -1
        try:
            from privcv_perception.detection.onnx.graph_surgery import reduce_graph

            small = reduce_graph(parsed, image.shape, person, self._run_once)
            if not small.offsets and not small.one_class:
                return
            session = open_session(small.content, self._providers, self._threads)
            name = session.get_inputs()[0].name
            blob = rearranged(image, small.offsets) if small.offsets else image
            found = session.run(None, {name: blob})
        except Exception as error:  # whatever it is, the model itself is there and works
            _log.info("model %s runs as it is: %s", model.name, one_line(error))
            return
        if small.one_class:
            wanted = [wanted[0][..., [0, 1, 2, 3, 4, 5 + person]]]
            model = model.model_copy(update={"person_class": 0})
        alike = len(wanted) == len(found) and all(
            a.shape == b.shape and np.allclose(a, b, ALIKE, NEAR_ZERO, equal_nan=True)
            for a, b in zip(wanted, found, strict=True)
        )
        if not alike:
            _log.warning("model %s runs as it is: its reduced form differs", model.name)
            return
        self._outputs, self._content = found, small.content if small.one_class else None
        self._forms[self._size] = _Form(session, name, Decoder(model))
        self.offsets, self.one_class = small.offsets, small.one_class

    def _run_once(self, content: bytes, blob: NDArray[np.float32]) -> NDArray[Any]:
        session = open_session(content, ["cpu"], 1)
        moved: NDArray[Any] = session.run(None, {session.get_inputs()[0].name: blob})[0]
        return moved

    def _infer(self, form: "_Form", blob: NDArray[np.float32]) -> None:
        try:
            self._outputs = list(form.session.run(None, {form.input: blob}))
        except Exception as error:  # onnxruntime's errors share no base of their own
            raise ModelError(
                f"model {self._model.name}: onnxruntime cannot run it on an input of "
                f"{blob.shape}: {one_line(error)}"
            ) from error

    def _checked_input(self, session: InferenceSession, path: Path) -> str:
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
        batch = inputs[0].shape[0]
        if isinstance(batch, int) and batch != 1:
            raise ModelError(
                f"{path}: takes {names}, {batch} images at once: export it with a batch of 1, or "
                "with a free one"
            )
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
