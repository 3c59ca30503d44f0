# SPDX-License-Identifier: Apache-2.0
"""One camera's perception: where its frames come from, who finds people, how they are followed."""

from pathlib import Path

from pydantic import Field

from privcv_core.settings.model import Settings
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.tracking.settings import TrackerSettings


class CameraSettings(Settings):
    """What perception needs of a camera; the rest of its entry in a site file is for others."""

    source: SourceSettings | None = Field(
        None, description="Where its frames come from; who is given a video needs none."
    )
    detector: DetectorSettings = Field(
        default_factory=lambda: DetectorSettings(), description="Which detector finds people."
    )
    calibration: CalibrationSettings = Field(
        default_factory=lambda: CalibrationSettings(), description="How its pixels become metres."
    )
    tracker: TrackerSettings = Field(
        default_factory=lambda: TrackerSettings(), description="The tracker."
    )

    @property
    def files_read(self) -> tuple[Path, ...]:
        """The files that it names and that are read: video, model and calibration."""
        video = self.source.uri if self.source is not None and self.source.kind == "file" else ""
        named = (video, self.detector.model, self.calibration.tsai_file)
        return tuple(Path(file) for file in named if file)
