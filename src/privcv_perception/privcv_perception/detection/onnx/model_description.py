# SPDX-License-Identifier: Apache-2.0
"""What a model file needs to be used: its input, its output, its person class and its digest.

A description is a YAML file beside the model: ``person.onnx`` and ``person.yaml``. Models of the
registry need none: they are recognised by their digest.
"""

import hashlib
import logging
from pathlib import Path
from typing import Literal

from pydantic import Field

from privcv_core.files.regular_file import open_to_read
from privcv_core.settings.model import Settings, load_settings
from privcv_perception.errors import ModelError

_log = logging.getLogger(__name__)

Decode = Literal["yolox_grid", "yolov8", "detr", "end_to_end"]


class InputDescription(Settings):
    """The image that the network takes: value = (pixel * scale - mean) / std."""

    width: int = Field(416, ge=32, le=4096, description="Width of the input, px.")
    height: int = Field(416, ge=32, le=4096, description="Height of the input, px.")
    layout: Literal["nchw", "nhwc"] = Field("nchw", description="Order of the axes.")
    channels: Literal["bgr", "rgb"] = Field("bgr", description="Order of the colours.")
    scale: float = Field(1.0, gt=0, le=1, description="Factor on pixels of 0..255, such as 1/255.")
    mean: list[float] = Field(
        default=[0.0, 0.0, 0.0], min_length=3, max_length=3,
        description="Subtracted after scaling, per channel in the network's order.",
    )  # fmt: skip
    std: list[float] = Field(
        default=[1.0, 1.0, 1.0], min_length=3, max_length=3,
        description="Divisor after that, per channel in the network's order.",
    )  # fmt: skip
    fit: Literal["letterbox", "stretch"] = Field(
        "letterbox", description="Keep the shape and pad, or stretch to the full input."
    )
    align: Literal["top_left", "center"] = Field(
        "top_left", description="Where the frame lies in its letterbox."
    )
    padding: int = Field(114, ge=0, le=255, description="Grey of the letterbox, 0..255.")


class ModelDescription(Settings):
    """All that the onnx detector must know about a model."""

    name: str = Field(min_length=1, max_length=64, description="Name, for messages.")
    licence: str = Field("", max_length=64, description="Licence of the weights, as SPDX.")
    sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the .onnx file, 64 hex digits."
    )
    decode: Decode = Field(
        description="Family of the output: yolox_grid (1, n, 5 + classes), yolov8 "
        "(1, 4 + classes, n), detr (scores (1, n, classes) and boxes (1, n, 4)), or end_to_end "
        "(rows of x1 y1 x2 y2 score class, or of YOLOv7's image x1 y1 x2 y2 class score)."
    )
    input: InputDescription = Field(default_factory=InputDescription, description="The input.")
    person_class: int = Field(0, ge=0, le=10000, description="Index of the class 'person'.")
    strides: list[int] = Field(
        default=[8, 16, 32], min_length=1, max_length=6,
        description="yolox_grid: px of the input per grid cell, level by level.",
    )  # fmt: skip
    scores: Literal["sigmoid", "softmax", "plain"] = Field(
        "sigmoid", description="detr: how class scores become 0..1."
    )


def describe_model(
    model: Path, registered: dict[str, ModelDescription], pinned: ModelDescription | None = None
) -> ModelDescription:
    """The description of the file ``model``, checked against its digest.

    ``registered`` maps digests to descriptions of known models, which no file beside one of them
    replaces; ``pinned`` is what a model that was named, not given as a path, must be. Raises
    ``ModelError`` where the file is absent, has no description, or is not the file that the
    description means.
    """
    digest = sha256_of(model)
    if pinned is not None and digest != pinned.sha256:
        raise ModelError(
            f"{model}: has sha256 {digest}, but the registry pins {pinned.sha256} for "
            f"'{pinned.name}'; delete it and run 'privcv models pull {pinned.name}'"
        )
    beside = model.with_suffix(".yaml")
    if digest in registered:
        if beside.exists():
            _log.warning("%s: is a model of the registry; %s is not read", model, beside.name)
        return registered[digest]
    if not beside.exists():
        raise ModelError(
            f"{model}: is not a model of the registry (sha256 {digest[:12]}…) and {beside.name} is "
            f"not beside it; describe it there (name, sha256, decode, input, person_class)"
        )
    description = load_settings(ModelDescription, beside)
    if description.sha256 != digest:
        raise ModelError(
            f"{model}: has sha256 {digest}, but {beside.name} says {description.sha256}; "
            f"the file is damaged or another one: fetch it again, or correct 'sha256'"
        )
    return description


def sha256_of(path: Path) -> str:
    """Digest of a file as 64 hex digits; ``ModelError`` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open_to_read(path, follow=True) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(
            f"{path}: model cannot be read: {error.strerror}; correct 'detector.model', or fetch "
            f"one with 'privcv models pull'"
        ) from error
    return digest.hexdigest()
