# SPDX-License-Identifier: Apache-2.0
"""Tracker registry: from settings to a tracker, ours or one that a package adds."""

from privcv_perception.calibration.calibration import Calibration
from privcv_perception.extensions import Tracker, extended_tracker
from privcv_perception.tracking.settings import TrackerSettings


def build_tracker(
    settings: TrackerSettings, calibration: Calibration, image_size: tuple[int, int]
) -> Tracker:
    """The tracker that the settings describe, for frames of ``image_size`` (width, height), px.

    Raises ``SettingsError`` where what a package adds cannot be used.
    """
    if not settings.is_ours:
        return extended_tracker(settings, calibration, image_size)
    from privcv_perception.tracking.tracker import FloorTracker

    return FloorTracker(settings, calibration, image_size)
