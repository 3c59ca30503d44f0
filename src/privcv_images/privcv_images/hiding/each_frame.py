# SPDX-License-Identifier: Apache-2.0
"""Detectors that look at each frame, whole: counting may leave some out, hiding may not.

Frames of pictures have no times, and those of two videos the same; the detector is told times of
its own that go on and on.
"""

from privcv_perception.detection.detector import Detections, Detector, Frame
from privcv_perception.detection.settings import DetectorSettings, SceneSettings
from privcv_perception.errors import FrameError

STEP_S = 0.1
LOOKS_PER_S = 240.0
"""Far more than frames of ``STEP_S``."""


def each_frame(settings: DetectorSettings) -> DetectorSettings:
    """The same detector, without pauses, looks at a part alone and places taken for the scene."""
    often = {"looks_per_s": LOOKS_PER_S, "builtin_looks_per_s": LOOKS_PER_S}
    return settings.model_copy(
        update={**often, "crop_looks": False, "scene": SceneSettings(enabled=False)}
    )


class EachFrame:
    """A detector with its own clock, which has to look at every frame."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._now_s = 0.0

    def detect(self, frame: Frame) -> Detections:
        """What is in ``frame``. Raises ``FrameError`` where the detector did not look at it."""
        self._now_s += STEP_S
        found = self._detector.detect(frame, self._now_s)
        if not found.looked:
            raise FrameError("the detector did not look at a frame; nothing is known of it")
        return found

    def wipe(self) -> None:
        """Overwrite what it holds of the last frame."""
        self._detector.wipe()

    def close(self) -> None:
        """Wipe, and forget what was before."""
        self._detector.close()
