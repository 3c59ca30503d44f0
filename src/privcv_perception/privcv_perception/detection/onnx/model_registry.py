# SPDX-License-Identifier: Apache-2.0
"""Models that may be used and shared freely, pinned by digest, and where they lie.

A digest stands here only where the file itself was checked or its publisher states it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from privcv_perception.detection.onnx.model_description import InputDescription, ModelDescription
from privcv_perception.detection.settings import is_model_path
from privcv_perception.errors import ModelError

_RELEASE = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/"


@dataclass(frozen=True)
class RegisteredModel:
    """A published model file: what it is and where it comes from.

    ``url`` is empty for a file that is known but no longer published.
    """

    description: ModelDescription
    url: str
    size_bytes: int
    about: str

    @property
    def name(self) -> str:
        """What 'detector.model' and 'privcv models' call it."""
        return self.description.name

    @property
    def file_name(self) -> str:
        """Name of the file in a models folder."""
        return f"{self.name}.onnx"


def _yolox(
    name: str, sha256: str, size_bytes: int, side: int, about: str, file: str = ""
) -> RegisteredModel:
    return RegisteredModel(
        ModelDescription(
            name=name,
            licence="Apache-2.0",
            sha256=sha256,
            decode="yolox_grid",
            input=InputDescription(width=side, height=side),
        ),
        f"{_RELEASE}{file}" if file else "",
        size_bytes,
        about,
    )


REGISTRY: tuple[RegisteredModel, ...] = (
    _yolox(
        "yolox_nano",
        "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
        3_659_407,
        416,
        "0.9 M parameters; for two cores and several cameras",
        "yolox_nano.onnx",
    ),
    _yolox(
        "yolox_tiny",
        "427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7",
        20_219_662,
        416,
        "5 M parameters; finds more people, about four times the time",
        "yolox_tiny.onnx",
    ),
    _yolox(
        "yolox_s",
        "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
        35_858_002,
        640,
        "9 M parameters, 640x640; for small people and a strong machine",
        "yolox_s.onnx",
    ),
    _yolox(
        "yolox_nano_export",
        "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
        3_660_092,
        416,
        "another export of yolox_nano; recognised, not published",
    ),
    RegisteredModel(
        ModelDescription(
            name="person_detection_0200",
            licence="Apache-2.0",
            sha256="db84605eac6c4c7fb9ad6b6eb003d7c5fe5be7df908e9f2e9874f51ad702c10e",
            decode="ssd",
            input=InputDescription(width=256, height=256, fit="stretch"),
            strides=[16, 32],
            anchors=[4, 5],
            scores="plain",
        ),
        "",
        7_338_903,
        "SSD of Open Model Zoo; at 4 looks/s a tenth cheaper than yolox_nano, more ids mixed up; "
        "not published as ONNX: put the file there yourself",
    ),
)


def models_folder() -> Path:
    """Where pulled models lie: ``$XDG_CACHE_HOME/privcv/models``, else under ``~/.cache``."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "privcv" / "models"


def known_digests() -> dict[str, ModelDescription]:
    """Digest to description, for files that need no description beside them."""
    return {model.description.sha256: model.description for model in REGISTRY}


def registered(name: str) -> RegisteredModel:
    """The entry of the registry with this name; ``ModelError`` naming those that exist."""
    for model in REGISTRY:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in REGISTRY if model.url)
    raise ModelError(f"model '{name}': is not in the registry, which has {names}")


def pinned_by_name(name_or_path: str) -> ModelDescription | None:
    """What a model that settings name must be; ``None`` for a path, which no registry pins."""
    return None if is_model_path(name_or_path) else registered(name_or_path).description


def find_model(name_or_path: str, folder: Path | None = None) -> Path:
    """The file of a model that is named in settings: a path, or a name in the registry.

    ``ModelError`` where a registered model was not pulled yet, naming the command that does.
    """
    if is_model_path(name_or_path):
        return Path(name_or_path)
    model = registered(name_or_path)
    path = (folder or models_folder()) / model.file_name
    if not path.exists():
        raise ModelError(
            f"model '{model.name}': {path} is not there; fetch it with "
            f"'privcv models pull {model.name}'"
        )
    return path
