# SPDX-License-Identifier: Apache-2.0
"""Frames to boxes: the only node that sees pixels, and it forgets each frame at once.

Publishes    detections       privcv_msgs/Detections               reliable; one per frame
Subscribes   ``source.uri``   sensor_msgs/Image, CompressedImage   where ``source.kind`` is topic
Parameters   ``DetectionSettings``

Active, it holds the camera; inactive, the camera is released and everything that was seen is
overwritten, the empty scene too. Frames are taken and looked at on a thread of its own, so that
the executor, and with it every other node of the process, is free meanwhile.
"""

from typing import Any

from pydantic import Field
from sensor_msgs.msg import CompressedImage, Image

from privcv_core.audit.log import AuditSettings
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.node.gc_freeze import spare_what_is_loaded
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import FRAMES, RELIABLE
from privcv_core.settings.model import Name, Settings
from privcv_msgs.msg import Detections
from privcv_perception.calibration.build import build_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.camera.gate import CameraGate
from privcv_perception.camera.loop import CameraLoop
from privcv_perception.camera.privacy_zones import PrivacyZoneSettings
from privcv_perception.detection.detector import Detections as Boxes
from privcv_perception.detection.detector import Detector
from privcv_perception.detection.registry import build_detector
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.frames.buffers import FrameStamp, holdings
from privcv_perception.frames.hardening import HardeningReport, harden, middleware_shared_memory
from privcv_perception.nodes.messages import detections_message, time_message
from privcv_perception.sources import SourceSettings, open_source
from privcv_perception.sources.topic import TopicSource

SHARED_MEMORY = (
    "the middleware uses shared memory, where messages stay readable: start the node with the "
    "environment of 'privcv env --camera', and not ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
)


class DetectionSettings(Settings):
    """Parameters of the detection node."""

    camera: Name = Field("camera", description="The camera's name in the site file.")
    source: SourceSettings = Field(description="Where frames come from.")
    detector: DetectorSettings = Field(
        default_factory=lambda: DetectorSettings(), description="Who finds people in a frame."
    )
    calibration: CalibrationSettings = Field(
        default_factory=lambda: CalibrationSettings(), description="How pixels become metres."
    )
    authorization: AuthorizationSettings = Field(
        default_factory=lambda: AuthorizationSettings(),
        description="Who may permit that this camera is looked through.",
    )
    privacy_zones: dict[Name, PrivacyZoneSettings] = Field(
        default_factory=dict, description="Parts of the image that nobody looks at."
    )
    listeners: int = Field(
        0, ge=0, le=16, description="Subscriptions to wait for before the node starts."
    )
    audit: AuditSettings | None = Field(None, description="Where this node's log is kept.")


class DetectionNode(GraphNode[DetectionSettings]):
    """Runs a ``CameraLoop`` while it is active, and publishes what it saw."""

    node_name = "detection"
    settings_model = DetectionSettings
    _loop: CameraLoop | None = None
    _subscription = None
    _publisher: Any = None
    _hardening: HardeningReport
    _shared_memory: tuple[str, ...] = ()

    def configure(self) -> None:
        # No pixel was ever in this process before: whoever runs this node, it is hardened by now.
        self._hardening = harden()
        self._last = FrameStamp(0, 0)
        self._publisher = self.create_publisher(Detections, "detections", RELIABLE)
        camera, settings = self.settings.camera, self.settings
        self._gate = CameraGate(
            camera, settings.authorization, settings.privacy_zones, self.audit_log
        )
        self._source = open_source(settings.source)
        self._loop = CameraLoop(
            settings.source,
            self._source,
            self._build_detector,
            self._deliver,
            self._ended,
            self._gate,
        )

    def activate(self) -> None:
        assert self._loop is not None
        self._gate.require()
        self.require_listeners(self._publisher, self.settings.listeners)
        if isinstance(self._source, TopicSource):
            self._subscribe(self._source)
        self._shared_memory = middleware_shared_memory()
        self._loop.start()

    def deactivate(self) -> None:
        # Without its subscription the middleware holds no image either.
        if self._subscription is not None:
            self.destroy_subscription(self._subscription)
            self._subscription = None
        if self._loop is not None:
            self._loop.pause()

    def cleanup(self) -> None:
        self.deactivate()
        self._loop = None
        if self._publisher is not None:
            self.destroy_publisher(self._publisher)
            self._publisher = None

    def health(self) -> Health:
        assert self._loop is not None
        status, held = self._loop.status, holdings()
        # No times: how long a frame took tells whether somebody was there.
        values: dict[str, str | int | float | bool] = {
            "source": self.settings.source.label,
            "state": status.state,
            "image": f"{status.size[0]}x{status.size[1]}",
            "frames": status.frames,
            "frames dropped as late": status.late,
            "frames dropped as bad": status.bad,
            "frames that went back in time": status.backwards,
            "times the camera was lost": status.reopened,
            "bytes of frame memory": held.bytes,
            "bytes of it locked in RAM": held.locked_bytes,
            "files of the middleware in shared memory": len(self._shared_memory),
            "hardening": "; ".join(self._hardening.problems) or "complete",
        }
        if status.state in ("closed", "lost", "failed"):
            return Health(Level.ERROR, status.reason, values)
        if self._gate.warning is not None:
            return Health(Level.WARN, self._gate.warning, values)
        if status.reason and status.state == "running":
            return Health(Level.WARN, status.reason, values)
        if self._hardening.problems:
            return Health(Level.WARN, self._hardening.problems[0], values)
        if self._shared_memory:
            return Health(Level.WARN, SHARED_MEMORY, values)
        if held.locked_bytes < held.bytes:
            return Health(Level.WARN, "frames may be swapped out: raise 'ulimit -l'", values)
        return Health(Level.OK, status.reason or status.state, values)

    def _subscribe(self, source: TopicSource) -> None:
        settings = self.settings.source
        kind = CompressedImage if settings.uri.endswith("/compressed") else Image
        self._subscription = self.create_subscription(
            kind, settings.uri, source.offer, RELIABLE if settings.reliable else FRAMES
        )

    def _build_detector(self, size: tuple[int, int]) -> Detector:
        calibration = build_calibration(self.settings.calibration, size)
        detector = build_detector(self.settings.detector, calibration, size)
        spare_what_is_loaded()  # a model and its libraries came with the first frame
        return detector

    def _deliver(self, stamp: FrameStamp, size: tuple[int, int], boxes: Boxes) -> None:
        self._last = stamp
        self._publisher.publish(detections_message(boxes, self.settings.camera, stamp, size))

    def _ended(self) -> None:
        """The file has ended or the source cannot go on: those downstream need not wait."""
        self._publisher.publish(
            Detections(
                stamp=time_message(self._last.time_ns),
                camera=self.settings.camera,
                frame=self._last.index,
                outcome=Detections.OUTCOME_NONE,
                last=True,
            )
        )


def main() -> None:
    harden()
    run_node("privcv_perception.nodes.detection:DetectionNode")
