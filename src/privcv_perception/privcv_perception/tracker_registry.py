# SPDX-License-Identifier: Apache-2.0
"""Tracker registry: from settings to a tracker, ours or one that a package adds."""

from privcv_perception.calibration.calibration import Calibration
from privcv_perception.detection.detector import Detections
from privcv_perception.extensions import Tracker, extended_tracker
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracks import Tracks


def build_tracker(
    settings: TrackerSettings, calibration: Calibration, image_size: tuple[int, int]
) -> Tracker:
    """The tracker that the settings describe, for frames of ``image_size`` (width, height), px.

    Raises ``SettingsError`` where what a package adds cannot be used.
    """
    if not settings.is_ours:
        return LooksOnly(extended_tracker(settings, calibration, image_size))
    from privcv_perception.tracking.tracker import FloorTracker

    return FloorTracker(settings, calibration, image_size)


class LooksOnly:
    """A tracker of another package, fed with the frames that were looked at and no others.

    Of a frame between two looks ours says where people are; to another it would look empty.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    @property
    def dropped_frames(self) -> int:
        """See ``Tracker.dropped_frames``."""
        return self._tracker.dropped_frames

    def update(
        self, detections: Detections, stamp_s: float, frame: int | None = None, era: int = 0
    ) -> tuple[Tracks, ...]:
        """See ``Tracker.update``; nothing of a frame between two looks."""
        if not detections.looked:
            return ()
        return self._tracker.update(detections, stamp_s, frame, era)

    def flush(self) -> tuple[Tracks, ...]:
        """See ``Tracker.flush``."""
        return self._tracker.flush()
