# SPDX-License-Identifier: Apache-2.0
"""Detection node, frames to boxes: the only node that sees pixels; it forgets each at once.

Publishes    detections       privcv_msgs/Detections               reliable; one per frame, also
                                                                  of one that is dropped
Subscribes   ``source.uri``   sensor_msgs/Image, CompressedImage   where ``source.kind`` is topic
             replay_end       privcv_msgs/Detections               where ``source.replayed`` is set
Parameters   ``DetectionSettings``

Active, it holds the camera; inactive, the camera is released and everything that was seen is
overwritten, the empty scene too. Frames are read and processed on a thread of its own, so that
the executor, and with it every other node of the process, is free meanwhile.
"""

import threading

from pydantic import Field
from sensor_msgs.msg import CompressedImage, Image

from privcv_core.audit.log import AuditSettings
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.node.gc_freeze import spare_what_is_loaded
from privcv_core.node.health import Health
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import FRAMES, RELIABLE
from privcv_core.protocol.stamp_message import nearest_time_message, time_message
from privcv_core.settings.extensions import loaded_facts
from privcv_core.settings.model import TRUST, Name, PathSetting, Settings
from privcv_msgs.msg import Detections
from privcv_perception.calibration.build import checked_calibration
from privcv_perception.calibration.settings import CalibrationSettings
from privcv_perception.camera.gate import CameraGate
from privcv_perception.camera.health import camera_health
from privcv_perception.camera.loop import CameraLoop
from privcv_perception.camera.privacy_zones import PrivacyZoneSettings
from privcv_perception.camera.view_monitor import MonitoredDetector, ViewMonitor
from privcv_perception.detection.detector import Detections as Boxes
from privcv_perception.detection.detector import Detector
from privcv_perception.detection.hog.evidence import MOVERS_ONLY
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector
from privcv_perception.frames.buffers import FrameStamp, holdings
from privcv_perception.frames.dropped import Dropped
from privcv_perception.frames.hardening import HardeningReport, harden, middleware_shared_memory
from privcv_perception.nodes.messages import detections_message
from privcv_perception.sources import SourceSettings, open_source
from privcv_perception.sources.topic import TopicSource


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
        description="Who may permit that this camera is used.",
    )
    privacy_zones: dict[Name, PrivacyZoneSettings] = Field(
        default_factory=dict,
        description="Parts of the image that nobody looks at.",
        json_schema_extra=TRUST,
    )
    listeners: int = Field(
        0, ge=0, le=16, description="Subscriptions to wait for before the node starts."
    )
    audit: AuditSettings | None = Field(None, description="Where this node's log is kept.")
    state: PathSetting | None = Field(None, description="State folder, where pauses stand.")


class DetectionNode(GraphNode[DetectionSettings]):
    """Detection node: runs a ``CameraLoop`` while it is active, and publishes its detections."""

    node_name = "detection"
    settings_model = DetectionSettings
    _loop: CameraLoop | None = None
    _subscription = None
    _replay_end = None
    _hardening: HardeningReport
    _shared_memory: tuple[str, ...] = ()

    def configure(self) -> None:
        """Harden the process; create the publisher, the gate and the camera loop."""
        # No pixel was ever in this process before: whoever runs this node, it is hardened by now.
        self._hardening = harden()
        self._last = FrameStamp(0, 0)
        self._waiting: list[Detections] = []
        self._telling = threading.Lock()
        self._publisher = self.create_publisher(Detections, "detections", RELIABLE)
        camera, settings = self.settings.camera, self.settings
        for chosen in (settings.source, settings.detector):
            if not chosen.is_ours:
                self.record("extension.loaded", **loaded_facts(chosen))
        permits, zones = settings.authorization, settings.privacy_zones
        self._gate = CameraGate(camera, permits, zones, self.audit_log, state=settings.state)
        self._view = ViewMonitor()
        self._source = open_source(settings.source)
        self._loop = CameraLoop(
            settings.source,
            self._source,
            self._build_detector,
            self._on_frame,
            self._on_end,
            self._gate,
            self._on_drop,
        )

    def activate(self) -> None:
        """Subscribe where the source is a topic, and start the camera loop, if the gate permits."""
        assert self._loop is not None
        self._gate.require()
        self.require_listeners(self._publisher, self.settings.listeners)
        if isinstance(self._source, TopicSource):
            self._subscribe(self._source)
        self._shared_memory = middleware_shared_memory()
        self._loop.start()

    def deactivate(self) -> None:
        """Release the camera and wipe everything that was seen."""
        # Without its subscription the middleware holds no image either.
        if self._subscription is not None:
            self.destroy_subscription(self._subscription)
            self._subscription = None
        if self._replay_end is not None:
            self.destroy_subscription(self._replay_end)
            self._replay_end = None
        if self._loop is not None:
            self._loop.pause()

    def cleanup(self) -> None:
        """Deactivate, and forget the loop."""
        self.deactivate()
        self._loop = None

    def health(self) -> Health:
        """State of the camera, its view, the gate, the hardening and the memory of frames."""
        assert self._loop is not None
        return camera_health(
            self.settings.source.label,
            self._loop.status,
            self._gate.warning,
            self._hardening,
            self._shared_memory,
            holdings(),
            self._view.state,
            MOVERS_ONLY if self.settings.detector.kind == "builtin" else "",
        )

    def _subscribe(self, source: TopicSource) -> None:
        settings = self.settings.source
        kind = CompressedImage if settings.uri.endswith("/compressed") else Image
        self._subscription = self.create_subscription(
            kind, settings.uri, source.offer, RELIABLE if settings.reliable else FRAMES
        )
        if settings.replayed:
            end = lambda message: source.end(message.frame)  # noqa: E731
            self._replay_end = self.listen(Detections, "replay_end", end, RELIABLE)

    def _build_detector(self, size: tuple[int, int]) -> Detector:
        calibration = checked_calibration(self.settings.calibration, size)
        detector = build_detector(self.settings.detector, calibration, size)
        spare_what_is_loaded()  # a model and its libraries came with the first frame
        return MonitoredDetector(detector, self._view)

    def _on_frame(self, stamp: FrameStamp, size: tuple[int, int], boxes: Boxes) -> None:
        self._last = stamp
        message = detections_message(boxes, self.settings.camera, stamp, size)
        if boxes.looked or self.settings.source.replayed:
            self._tell(message)
        else:  # nothing is new in it: it wakes nobody, and goes with the next look
            self._waiting.append(message)

    def _on_drop(self, stamp: FrameStamp, why: Dropped) -> None:
        """A frame was dropped, for a reason that /diagnostics counts: nobody waits for it."""
        dropped = Detections(
            stamp=nearest_time_message(stamp.time_ns),
            era=self._last.era,
            camera=self.settings.camera,
            frame=stamp.index,
            outcome=Detections.OUTCOME_NONE,
        )
        self._tell(dropped)

    def _on_end(self) -> None:
        """The file has ended or the source cannot go on: those downstream need not wait."""
        end = Detections(
            stamp=time_message(self._last.time_ns),
            era=self._last.era,
            camera=self.settings.camera,
            frame=self._last.index,
            outcome=Detections.OUTCOME_NONE,
            last=True,
        )
        self._tell(end)

    def _tell(self, message: Detections) -> None:
        # From the loop's thread and, of messages that are not read, from the executor's: whoever
        # listens believes them in the order in which they were made.
        with self._telling:
            for before in self._waiting:
                self.send(self._publisher, before)
            self._waiting.clear()
            self.send(self._publisher, message)


def main() -> None:
    """Run the detection node in a hardened process."""
    harden()
    run_node("privcv_perception.nodes.detection:DetectionNode")
