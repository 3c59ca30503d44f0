# SPDX-License-Identifier: Apache-2.0
"""What a model file needs to be used: its input, its output, its person class and its digest.

A description is a YAML file beside the model: ``person.onnx`` and ``person.yaml``. Models of the
registry need none: they are recognised by their digest.
"""

import hashlib
import logging
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from privcv_core.settings.model import (
    Settings,
    parse_mapping,
    parse_settings,
    read_settings_bytes,
)
from privcv_perception.detection.onnx.model_file import ModelFile
from privcv_perception.errors import ModelError

_log = logging.getLogger(__name__)

Decode = Literal["yolox_grid", "yolov8", "detr", "ssd", "end_to_end"]


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
        "(1, 4 + classes, n), detr (scores (1, n, classes) and boxes (1, n, 4) of centre and "
        "size), ssd (likewise, boxes of two corners), or end_to_end (rows of x1 y1 x2 y2 score "
        "class, or of YOLOv7's image x1 y1 x2 y2 class score)."
    )
    input: InputDescription = Field(default_factory=InputDescription, description="The input.")
    person_class: int = Field(0, ge=0, le=10000, description="Index of the class 'person'.")
    strides: list[int] = Field(
        default=[8, 16, 32], min_length=1, max_length=6,
        description="yolox_grid, ssd: px of the input per grid cell, level by level.",
    )  # fmt: skip
    anchors: list[Annotated[int, Field(ge=1, le=64)]] = Field(
        default=[], max_length=6,
        description="ssd: boxes per grid cell, level by level; with them crop looks take less "
        "time, without them each look is at a whole input.",
    )  # fmt: skip
    scores: Literal["sigmoid", "softmax", "plain"] = Field(
        "sigmoid", description="detr, ssd: how class scores become 0..1."
    )


def describe_model(
    model: ModelFile,
    registered: dict[str, ModelDescription],
    named: ModelDescription | None = None,
    *,
    sha256: str = "",
    description_sha256: str = "",
) -> ModelDescription:
    """The description of ``model``, checked against its digest.

    ``registered`` maps digests to descriptions of known models, which no file beside one of them
    replaces; ``named`` is what a model that was named, not given as a path, must be. ``sha256`` and
    ``description_sha256``: what settings say of model and description. Raises ``ModelError`` where
    the model has no description, or is not the file that either means.
    """
    path, digest = model.path, model.sha256
    if named is not None and digest != named.sha256:
        raise ModelError(
            f"{path}: has sha256 {digest}, but the registry pins {named.sha256} for "
            f"'{named.name}'; delete it and run 'privcv models pull {named.name}'"
        )
    if sha256 and digest != sha256:
        raise ModelError(
            f"{path}: has sha256 {digest}, but 'detector.sha256' pins {sha256}; somebody put "
            "another file there: bring back the one that is meant, or correct the setting"
        )
    beside = path.with_suffix(".yaml")
    if digest in registered:
        if beside.exists():
            _log.warning("%s: is a model of the registry; %s is not read", path, beside.name)
        if description_sha256:
            raise ModelError(
                f"{path}: is a model of the registry, which describes it; remove "
                "'detector.description_sha256'"
            )
        return registered[digest]
    description = _read_description(model, beside, description_sha256)
    if description.sha256 != digest:
        raise ModelError(
            f"{path}: has sha256 {digest}, but {beside.name} says {description.sha256}; "
            f"the file is damaged or another one: fetch it again, or correct 'sha256'"
        )
    return description


def description_digest(model: Path) -> str:
    """What 'detector.description_sha256' is for the description beside ``model``.

    Raises ``SettingsError`` where it cannot be read.
    """
    return hashlib.sha256(read_settings_bytes(model.with_suffix(".yaml"))).hexdigest()


def _read_description(model: ModelFile, beside: Path, pinned: str) -> ModelDescription:
    if not beside.exists():
        raise ModelError(
            f"{model.path}: is not a model of the registry (sha256 {model.sha256[:12]}…) and "
            f"{beside.name} is not beside it; describe it there (name, sha256, decode, input, "
            "person_class)"
        )
    content = read_settings_bytes(beside)
    digest = hashlib.sha256(content).hexdigest()
    if pinned and digest != pinned:
        raise ModelError(
            f"{beside}: has sha256 {digest}, but 'detector.description_sha256' pins {pinned}; "
            "bring back the file that is meant, or correct the setting"
        )
    mapping = parse_mapping(content, beside)
    return parse_settings(ModelDescription, mapping, str(beside), beside.resolve().parent)
