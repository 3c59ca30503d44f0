# SPDX-License-Identifier: Apache-2.0
"""Pace of looks: which frames a detector looks at, by event time alone.

People move little in a tenth of a second: looking at every second frame of ten a second loses
nothing that tracking does not bring back. The pace knows nothing of load: the same frames at the
same times are looked at in a replay at any speed.
"""

import math

from privcv_perception.detection.detector import Detections, Detector, Frame

EARLY = 0.15
"""A frame that comes by this share of the interval too early is looked at: clocks jitter."""


class LookPace:
    """Pace of one camera: ``looks_per_s`` looks a second where there are more frames, evenly."""

    def __init__(self, looks_per_s: float) -> None:
        self._every_s = 1 / looks_per_s
        self.restart()

    def restart(self) -> None:
        """Look at the next frame, whenever it was taken."""
        self._last_s = self._due_s = -math.inf

    def is_due(self, stamp_s: float) -> bool:
        """Whether to look at the frame taken at ``stamp_s`` (event time, s)."""
        if stamp_s < self._last_s:  # the clock was set back
            self.restart()
        self._last_s = stamp_s
        if stamp_s < self._due_s - EARLY * self._every_s:
            return False
        # The next one is due by the grid, so that an early frame brings no more looks; after a gap
        # the grid begins anew.
        late_s = stamp_s - self._due_s
        start_s = self._due_s if late_s < self._every_s else stamp_s
        self._due_s = start_s + self._every_s
        return True

    def hurry(self) -> None:
        """Look again after half the interval: something is new in the look that was just due."""
        self._due_s -= self._every_s / 2


class PacedDetector:
    """A detector that looks at frames by a pace; in the others who was here is still here."""

    def __init__(self, detector: Detector, looks_per_s: float) -> None:
        self._detector = detector
        self._pace = LookPace(looks_per_s)

    def detect(self, frame: Frame, stamp_s: float) -> Detections:
        """See ``Detector.detect``."""
        if not self._pace.is_due(stamp_s):
            return Detections.between_looks()
        return self._detector.detect(frame, stamp_s)

    @property
    def doubt(self) -> str:
        """What the detector says of what it sees; empty where it has nothing to say."""
        return str(getattr(self._detector, "doubt", ""))

    def wipe(self) -> None:
        """See ``Detector.wipe``."""
        self._detector.wipe()

    def close(self) -> None:
        """See ``Detector.close``; the next frame is looked at."""
        self._detector.close()
        self._pace.restart()
