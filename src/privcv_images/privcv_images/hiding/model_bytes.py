# SPDX-License-Identifier: Apache-2.0
"""Models of faces, plates and text: read once, and only those whose digest is pinned."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from privcv_core.settings.model import TRUST, PathSetting, Settings
from privcv_perception.detection.onnx.model_file import ModelFile, read_model
from privcv_perception.errors import ModelError
from privcv_perception.tracking.settings import Score

Family = Literal["face", "plate", "text", "reader"]

KNOWN: dict[Family, dict[str, str]] = {
    "face": {"25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31": "YuNet n"},
    "plate": {"2a985dc63a5cc947ec36d18503d6fc0fd54525b9dba17f2fe29a71e86b44456d": "HyperLPR y5fu"},
    "text": {"d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9": "PP-OCRv4 det"},
    "reader": {"48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b": "PP-OCRv4 rec"},
}
"""Digests of the files that were looked into, each family with the output that is read here.

HyperLPR's plates come from a network of a shape whose training code is under the GPL; its weights
are published under Apache-2.0. It is used only where somebody names it.
"""


class ModelSettings(Settings):
    """Settings of one more detector."""

    model: PathSetting = Field(description="the .onnx file")
    sha256: str = Field(
        "", pattern=r"^([0-9a-f]{64})?$", json_schema_extra=TRUST,
        description="SHA-256 that it must have; without it it must be a file that is known here",
    )  # fmt: skip
    score: Score = Field(0.3, description="what is found from this score on is hidden")


class FaceSettings(ModelSettings):
    """Settings of the face detector: small faces score low."""

    score: Score = Field(0.15, description="what is found from this score on is hidden")


class ReaderSettings(ModelSettings):
    """Settings of what tells equal texts from others, without telling what they say."""

    score: Score = Field(0.8, description="mean certainty from which on a text is read")
    key_file: PathSetting | None = Field(
        None,
        json_schema_extra=TRUST,
        description="key of 32 bytes by which labels of several outputs are alike, which is weak: "
        "whoever has it can try out names; default: one that is drawn and thrown away",
    )


class PlateSettings(ModelSettings):
    """Settings of the detector of plates: small ones score low."""

    score: Score = Field(0.1, description="what is found from this score on is hidden")


def pinned_model(settings: ModelSettings, family: Family) -> ModelFile:
    """The model that settings name. Raises ``ModelError`` where it is another file."""
    file = read_model(Path(settings.model))
    if settings.sha256 and file.sha256 != settings.sha256:
        raise ModelError(
            f"{file.path}: has sha256 {file.sha256}, but '{family}.sha256' pins {settings.sha256}; "
            "somebody put another file there: bring back the one that is meant"
        )
    if not settings.sha256 and file.sha256 not in KNOWN[family]:
        known = ", ".join(f"{name} ({digest[:12]}…)" for digest, name in KNOWN[family].items())
        raise ModelError(
            f"{file.path}: sha256 {file.sha256} is none of those known for '{family}': {known}; "
            f"pin it with '{family}.sha256' if its output is of the same form"
        )
    return file
