# SPDX-License-Identifier: Apache-2.0
"""Settings of detection, as they stand under ``detector`` in a camera file or as ROS parameters."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from privcv_core.settings.extensions import KIND, ChosenByKind
from privcv_core.settings.model import AT_START, TRUST, PathSetting, Settings, resolve_path

_DIGEST = r"^([0-9a-f]{64})?$"

MOST_LOOKS_PER_S = 240.0
"""As many looks as this: at each frame."""

Provider = Literal["cpu", "cuda", "tensorrt", "openvino"]


def is_model_path(model: str) -> bool:
    """Whether ``detector.model`` is the path of an ONNX file, not a name of the model registry."""
    return model.endswith(".onnx") or "/" in model


class SceneSettings(Settings):
    """Settings of the scene model: the help that a fixed camera gives any detector."""

    enabled: bool = Field(True, description="Use the scene model; off: look at each frame alone.")
    skip_unchanged: bool = Field(
        True, description="Do not run the network where nothing changed and nobody is here."
    )
    memory_s: float = Field(
        30.0, ge=1, le=3600,
        description="How long a place that was seen moving stays confirmed as a person, s.",
    )  # fmt: skip


class DetectorSettings(ChosenByKind):
    """Settings of the detector: which one finds people, and how sure it must be."""

    door = "detectors"
    ours = ("onnx", "builtin")

    kind: str = Field(
        "builtin", pattern=KIND, max_length=64, json_schema_extra=AT_START,
        description="onnx: a network; builtin: motion and HOG, nothing to download; or the name of "
        "one that an installed package adds.",
    )  # fmt: skip
    model: str = Field(
        "", max_length=4096, json_schema_extra=TRUST,
        description="onnx: a model of 'privcv models list', or the path of an .onnx file.",
    )  # fmt: skip
    sha256: str = Field(
        "", pattern=_DIGEST, json_schema_extra=TRUST,
        description="onnx: SHA-256 that the model file must have, 64 hex digits; without it a path "
        "is pinned by the description beside the file, which who may write there can change too.",
    )  # fmt: skip
    description_sha256: str = Field(
        "", pattern=_DIGEST, json_schema_extra=TRUST,
        description="onnx: SHA-256 of the description beside the model ('privcv models verify').",
    )  # fmt: skip
    folder: PathSetting | None = Field(
        None, description="onnx: where models of the registry lie; default the user's cache."
    )
    min_score: float = Field(
        0.15,
        ge=0.01,
        le=1,
        description="Boxes below this are not even passed to the tracker, 0..1.",
    )
    nms_iou: float = Field(
        0.55,
        ge=0.1,
        le=1,
        description="NMS: boxes that overlap a better one by more (IoU) are the same.",
    )
    threads: int = Field(1, ge=1, le=64, description="Threads of one inference.")
    providers: list[Provider] = Field(
        default=["cpu"], max_length=4,
        description="onnx: where to run, best first; what is absent here is skipped.",
    )  # fmt: skip
    looks_per_s: float = Field(
        5.0, ge=4, le=MOST_LOOKS_PER_S,
        description="onnx: frames that are looked at per second of event time, where there are "
        "more; who is tracked is placed in the others too. As many as there are frames: at each.",
    )  # fmt: skip
    builtin_looks_per_s: float = Field(
        MOST_LOOKS_PER_S, ge=4, le=MOST_LOOKS_PER_S,
        description="builtin: likewise; by default at each frame. Five of ten a second halve what "
        "it costs, and lose people who are in view for a second.",
    )  # fmt: skip
    crop_looks: bool = Field(
        True,
        description="onnx: every second look is at crops around those known only.",
    )
    second_look: bool = Field(
        False, description="onnx: zoom crops, uncertain places again, larger, in the free strip of "
        "the input, in looks at whole frames; a third more time there, of use at every frame only.",
    )  # fmt: skip
    scene: SceneSettings = Field(default_factory=SceneSettings, description="The scene model.")

    @field_validator("model")
    @classmethod
    def _path_from_file(cls, value: str, info: ValidationInfo) -> str:
        """A path is relative to the settings file; a name of the registry stays a name."""
        return str(resolve_path(Path(value), info)) if is_model_path(value) else value

    @model_validator(mode="after")
    def _model_is_named(self) -> "DetectorSettings":
        if self.kind == "onnx" and not self.model:
            raise ValueError("model: is required for kind onnx; try 'privcv models list'")
        return self
