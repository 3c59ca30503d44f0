# SPDX-License-Identifier: Apache-2.0
"""One camera's perception: where its frames come from, who finds people, how they are followed."""

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from privcv_core.settings.model import Settings, load_settings
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.tracking.settings import TrackerSettings

OF_OTHERS = frozenset({"zones", "privacy_zones", "anonymization", "privacy"})
"""Keys of a camera in a site file that say what is done with tracks, not how they are made."""


class CameraSettings(Settings):
    """A camera file, or one entry of ``cameras`` in a site file."""

    name: str = Field("camera", max_length=63, description="the camera's name")
    source: SourceSettings | None = Field(
        None, description="where frames come from; a command that is given a video needs none"
    )
    detector: DetectorSettings = Field(
        default_factory=lambda: DetectorSettings(), description="who finds people in a frame"
    )
    calibration: CalibrationSettings = Field(
        default_factory=lambda: CalibrationSettings(), description="how pixels become metres"
    )
    tracker: TrackerSettings = Field(
        default_factory=lambda: TrackerSettings(), description="how boxes become people"
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_others_alone(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        return {key: value for key, value in content.items() if key not in OF_OTHERS}


def load_camera(path: Path) -> CameraSettings:
    """Read a camera file. Raises ``SettingsError`` naming the file, the key and the fix."""
    return load_settings(CameraSettings, path)
