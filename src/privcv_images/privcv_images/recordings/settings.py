# SPDX-License-Identifier: Apache-2.0
"""Settings of the redaction of recordings: what is looked for, and what stands in its place."""

from pydantic import Field, model_validator

from privcv_core.settings.model import Name, Settings
from privcv_images.hiding.model_bytes import (
    FaceSettings,
    ModelSettings,
    PlateSettings,
    ReaderSettings,
)
from privcv_images.hiding.settings import HidingSettings
from privcv_images.redactions.settings import RedactionSettings
from privcv_perception.camera.privacy_zones import PrivacyZoneSettings
from privcv_perception.detection.settings import DetectorSettings, SceneSettings


def people_detector(model: str = "yolox_nano") -> DetectorSettings:
    """The detector of people that hides them: at low scores, each frame on its own."""
    return DetectorSettings(
        kind="onnx",
        model=model,
        min_score=0.05,
        second_look=True,
        scene=SceneSettings(enabled=False),
    )


class ImagesSettings(Settings):
    """Settings of ``privcv redact`` and ``privcv anonymize``."""

    redaction: RedactionSettings = Field(
        default_factory=RedactionSettings, description="what stands in place of what is hidden"
    )
    hiding: HidingSettings = Field(
        default_factory=HidingSettings, description="how much is hidden, and what is withheld"
    )
    people: DetectorSettings = Field(
        default_factory=people_detector, description="the detector of people"
    )
    face: FaceSettings | None = Field(None, description="faces too: a YuNet")
    plate: PlateSettings | None = Field(None, description="licence plates too: HyperLPR's y5fu")
    text: ModelSettings | None = Field(None, description="writing too: a text detector of PP-OCR")
    text_labels: ReaderSettings | None = Field(
        None,
        description="labels in place of texts that are found, equal where the texts are: a text "
        "recognizer of PP-OCR; without it texts are hidden and not read",
    )
    screens: bool = Field(False, description="screens too, by the model of people, a YOLOX")
    areas: dict[Name, PrivacyZoneSettings] = Field(
        default_factory=dict, description="fixed parts of the picture, black in every frame"
    )

    @model_validator(mode="after")
    def _labels_have_texts(self) -> "ImagesSettings":
        if self.text_labels is not None and self.text is None:
            raise ValueError("text_labels: need 'text', the detector that finds where texts are")
        return self

    @model_validator(mode="after")
    def _has_what_is_attacked(self) -> "ImagesSettings":
        if self.redaction.kind == "adversarial" and self.face is None:
            raise ValueError(
                "face: is required for redaction 'adversarial', which is made against that "
                "detector; give --faces, or 'face' in the settings"
            )
        return self
