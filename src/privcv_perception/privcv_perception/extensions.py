# SPDX-License-Identifier: Apache-2.0
"""What another package may add to perception: a detector or a tracker, with settings of its own.

::

    class AcmeSettings(Settings):
        strictness: float = Field(0.5, ge=0, le=1, description="how sure it must be, 0..1")

    DETECTOR = DetectorExtension(AcmeSettings, lambda settings, calibration, size: Acme(settings))

An entry point of the group ``privcv.detectors`` names ``DETECTOR``; a site file takes it with
``detector: {kind: acme, options: {strictness: 0.7}}``. ``privcv_perception.testing`` checks it. For
sources of frames see ``privcv_perception.sources.extension``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from privcv_core.settings.extensions import ChosenByKind, build_extension
from privcv_core.settings.model import Settings
from privcv_perception.calibration.calibration import Calibration
from privcv_perception.detection.detector import Detections, Detector
from privcv_perception.tracking.tracks import Tracks

Size = tuple[int, int]
"""(width, height) of the frames, px."""


class Tracker(Protocol):
    """Tracker: follows the people under one camera, fed with every frame's boxes.

    Deterministic: the same boxes at the same times give the same tracks, whatever the load. Ids
    count from 0 and are never used twice.
    """

    @property
    def dropped_frames(self) -> int:
        """Frames that were not later than the one before, or had no time."""

    def update(
        self, detections: Detections, stamp_s: float, frame: int | None = None, era: int = 0
    ) -> tuple[Tracks, ...]:
        """Take the boxes of the frame taken at ``stamp_s`` (event time, s); ``frame``: its index.

        ``era`` is another one after the clock was set: nothing goes on over that. Returns the
        frames that are final now, oldest first, each once; a frame may be final later.
        """

    def flush(self) -> tuple[Tracks, ...]:
        """The frames that are not final yet, as they are: nothing follows."""


@dataclass(frozen=True)
class DetectorExtension:
    """A detector of another package: the model of its ``options``, and how it is made.

    ``build`` gets the options, the calibration (``None``: not known) and the size of the frames.
    """

    settings: type[Settings]
    build: Callable[[Any, Calibration | None, Size], Detector]


@dataclass(frozen=True)
class TrackerExtension:
    """A tracker of another package, likewise."""

    settings: type[Settings]
    build: Callable[[Any, Calibration, Size], Tracker]


def extended_detector(
    settings: ChosenByKind, calibration: Calibration | None, size: Size
) -> Detector:
    """The detector that a package adds under the kind chosen. Raises ``SettingsError``."""
    made = build_extension(settings, DetectorExtension, calibration, size)
    return made  # type: ignore[no-any-return]


def extended_tracker(settings: ChosenByKind, calibration: Calibration, size: Size) -> Tracker:
    """The tracker that a package adds under the kind chosen. Raises ``SettingsError``."""
    made = build_extension(settings, TrackerExtension, calibration, size)
    return made  # type: ignore[no-any-return]
