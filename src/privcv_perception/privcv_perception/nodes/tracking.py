# SPDX-License-Identifier: Apache-2.0
"""Tracking node, boxes to tracks: people with a number, a place in metres and a velocity.

Subscribes   detections   privcv_msgs/Detections   reliable
Publishes    tracks       privcv_msgs/Tracks       reliable; one a frame, ``tracker.lag_s`` later
Parameters   ``TrackingSettings``
"""

from collections import deque
from dataclasses import replace

from pydantic import Field

from privcv_core.audit.log import AuditSettings
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import RELIABLE
from privcv_core.node.refusals import Refusals
from privcv_core.protocol.stamp_message import time_ns
from privcv_core.protocol.timestamps import s_from_ns
from privcv_core.protocol.tracks_message import FloorTracks, tracks_message
from privcv_core.settings.extensions import loaded_facts
from privcv_core.settings.model import Name, Settings
from privcv_msgs.msg import Detections, Tracks
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.extensions import Tracker
from privcv_perception.nodes.messages import (
    check_detections,
    detections_of,
    floor_tracks_of,
    is_frame,
)
from privcv_perception.tracker_registry import build_tracker
from privcv_perception.tracking.recall import FALLEN_IN_WORDS
from privcv_perception.tracking.settings import TrackerSettings
from privcv_perception.tracking.tracks import Tracks as TrackedFrame


class TrackingSettings(Settings):
    """Parameters of the tracking node."""

    camera: Name = Field("camera", description="The camera's name in the site file.")
    calibration: CalibrationSettings = Field(
        default_factory=CalibrationSettings, description="How pixels become metres."
    )
    listeners: int = Field(
        0, ge=0, le=16, description="Subscriptions to wait for before the node starts."
    )
    tracker: TrackerSettings = Field(default_factory=TrackerSettings, description="The tracker.")
    audit: AuditSettings | None = Field(
        None, description="Where it is recorded which package's tracker this is."
    )


class TrackingNode(GraphNode[TrackingSettings]):
    """Tracking node: feeds the tracker frame by frame, publishes each frame once it is final."""

    node_name = "tracking"
    settings_model = TrackingSettings
    _tracker: Tracker | None = None

    def configure(self) -> None:
        """Create the publisher, and check a calibration that says its image size."""
        self._size = (0, 0)
        self._stamps: deque[tuple[int, int, int]] = deque()  # frame, time in ns, its era
        self._refusals = Refusals(
            f"{self.settings.camera}: frames refused", self.get_logger().warning
        )
        self._next_frame = 0
        self._missed = 0
        self._publisher = self.create_publisher(Tracks, "tracks", RELIABLE)
        tracker = self.settings.tracker
        if not tracker.is_ours:
            self.record("extension.loaded", **loaded_facts(tracker))
        calibration = self.settings.calibration
        if calibration.image_width_px and calibration.image_height_px:
            # A calibration that says which images it is for is checked before the first of them.
            build_calibration(
                calibration, (calibration.image_width_px, calibration.image_height_px)
            )

    def activate(self) -> None:
        """Wait for those who listen to the tracks."""
        self.require_listeners(self._publisher, self.settings.listeners)
        # Not before: a camera that is heard begins to look.
        self.listen(Detections, "detections", self._on_detections, RELIABLE)

    def cleanup(self) -> None:
        """Forget the tracker."""
        self._tracker = None

    def health(self) -> Health:
        """Frames that were dropped or missed."""
        if self._tracker is None:
            return Health(Level.OK, "waiting for the first frame")
        values: dict[str, str | int | float | bool] = {
            "frames dropped for going back in time": self._tracker.dropped_frames,
            "frames that the source or the way dropped": self._missed,
        }
        problems = [(Level.WARN, self._refusals.warning)] if self._refusals.warning else []
        recall = getattr(self._tracker, "recall", None)  # a tracker of another package has none
        if recall is not None and recall.fallen:
            problems.append((Level.WARN, FALLEN_IN_WORDS))
        return Health.of(problems, values)

    def _on_detections(self, message: Detections) -> None:
        if not self.is_active:
            return
        check_detections(message, self.settings.camera)
        if is_frame(message):
            self._update(message)
        if message.last:
            self._finish(message)

    def _update(self, message: Detections) -> None:
        size = (message.image_width, message.image_height)
        if self._tracker is None or size != self._size:
            # A PrivcvError here is a calibration that does not fit the images: the process ends
            # with its message, since positions on the wrong floor must not be published.
            calibration = build_calibration(self.settings.calibration, size)
            self._tracker = build_tracker(self.settings.tracker, calibration, size)
            self._size = size
        if message.frame > self._next_frame and self._next_frame:
            self._missed += message.frame - self._next_frame
        self._next_frame = message.frame + 1
        stamp_ns = time_ns(message.stamp)
        self._stamps.append((message.frame, stamp_ns, message.era))
        dropped = self._tracker.dropped_frames
        boxes = detections_of(message)
        for tracks in self._tracker.update(boxes, s_from_ns(stamp_ns), message.frame, message.era):
            self._publish(self._final(tracks))
        if self._tracker.dropped_frames > dropped:
            self._refusals.refuse("their time is not after that of the frame before")
        else:
            self._refusals.accept()

    def _finish(self, message: Detections) -> None:
        """The source has ended: everything that waits is final now."""
        waiting = self._tracker.flush() if self._tracker is not None else ()
        final = [self._final(tracks) for tracks in waiting]
        if not final:
            stamp_ns = time_ns(message.stamp)
            final = [FloorTracks(self.settings.camera, message.frame, stamp_ns, message.era)]
        for tracks in (*final[:-1], replace(final[-1], last=True)):
            self._publish(tracks)
        self._next_frame = 0

    def _publish(self, tracks: FloorTracks) -> None:
        self.send(self._publisher, tracks_message(tracks))

    def _final(self, tracks: TrackedFrame) -> FloorTracks:
        """A final frame with its exact stamp; those of frames before it are forgotten."""
        while self._stamps and self._stamps[0][0] != tracks.frame:
            self._stamps.popleft()
        _, stamp_ns, era = self._stamps[0] if self._stamps else (0, 0, 0)
        return floor_tracks_of(tracks, self.settings.camera, stamp_ns, era)


def main() -> None:
    """Run the tracking node."""
    run_node("privcv_perception.nodes.tracking:TrackingNode")
