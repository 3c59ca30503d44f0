# SPDX-License-Identifier: Apache-2.0
"""Redaction node: the images of a topic with nobody in them, a little later, or not at all.

Publishes    redacted/image_raw[/compressed]   sensor_msgs/Image, CompressedImage   } QoS as of what
             redacted/camera_info              sensor_msgs/CameraInfo               } is read
Subscribes   ``topic``                         sensor_msgs/Image, CompressedImage
             ``camera_info``                   sensor_msgs/CameraInfo
Parameters   ``RedactionNodeSettings``

Active, it holds images for as long as their plan needs; inactive, it holds none. It fails closed:
what it cannot look at, or not in time, is withheld, and /diagnostics says how many and why.
"""

from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from privcv_core.authorization.record import SHOWING
from privcv_core.errors import PrivcvError
from privcv_core.node.health import Health, Level
from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.process import run_node
from privcv_core.node.qos import as_offered
from privcv_core.settings.extensions import loaded_facts
from privcv_images.bags.image_cdr import RAW
from privcv_images.live.health import stream_health
from privcv_images.live.node_settings import RedactionNodeSettings, output_topics
from privcv_images.live.stream import LiveStream
from privcv_images.live.worker import LiveWorker
from privcv_images.recordings.anonymity import check_anonymity
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.redactor import Redactor
from privcv_images.redactions.scene import Scene
from privcv_perception.camera.gate import CameraGate
from privcv_perception.frames.hardening import HardeningReport, harden, middleware_shared_memory

DEPTH = 5
"""Messages that the middleware keeps on either side; a publisher does not tell its own."""


class RedactionNode(GraphNode[RedactionNodeSettings]):
    """Redaction node: runs a ``LiveStream`` on a thread of its own while it is active."""

    node_name = "redaction"
    settings_model = RedactionNodeSettings
    _hardening: HardeningReport
    _worker: LiveWorker | None = None
    _stream: LiveStream | None = None
    _images: Any = None
    _infos: Any = None
    _shared_memory: tuple[str, ...] = ()

    def configure(self) -> None:
        """Harden the process; load the detectors, and create the gate."""
        self._hardening = harden()
        settings = self.settings
        if settings.authorization is None:
            raise PrivcvError(
                f"{settings.camera}: authorization: name the record of who permitted that images "
                "are shown (use: images), see 'privcv authorize'"
            )
        self._anonymous = check_anonymity(settings, weak=settings.weak)
        for chosen in (settings.redaction, settings.people):
            if not chosen.is_ours:
                self.record("extension.loaded", **loaded_facts(chosen))
        self._gate = CameraGate(
            settings.camera, settings.authorization, {}, self.audit_log, state=settings.state,
            uses=SHOWING,
        )  # fmt: skip
        self._finder = Finder(settings)

    def activate(self) -> None:
        """Publish and subscribe as the camera's driver does, if the gate permits."""
        self._gate.require()
        settings = self.settings
        kind = Image if settings.image_type == RAW else CompressedImage
        qos = self._qos_of(settings.topic)
        image, info = output_topics(settings.image_type)
        self._images = self.create_publisher(kind, image, qos)
        self._infos = self.create_publisher(CameraInfo, info, qos)
        self._stream = LiveStream(
            settings, settings.image_type, self._finder, self._make_redactor, self._gate,
            self._publish, anonymous=self._anonymous,
        )  # fmt: skip
        self._worker = LiveWorker(self._stream, settings.queue, 2 * settings.delay_s)
        self._worker.start()
        worker = self._worker
        # Serialized: what stands before the pixels is copied as it came.
        self.create_subscription(kind, settings.topic, worker.offer_image, qos, raw=True)
        self.create_subscription(
            CameraInfo, settings.camera_info_topic, worker.offer_info, qos, raw=True
        )
        self._shared_memory = middleware_shared_memory()

    def deactivate(self) -> None:
        """Overwrite all that waits."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
            self._gate.stopped("paused")

    def cleanup(self) -> None:
        """Deactivate, and forget the detectors."""
        self.deactivate()
        self._stream = None

    def health(self) -> Health:
        """Images published and withheld, the gate, and the hardening."""
        assert self._stream is not None
        assert self._worker is not None
        problems = [(Level.WARN, problem) for problem in self._hardening.problems]
        if self._gate.warning is not None:
            problems.append((Level.WARN, self._gate.warning))
        if not self._anonymous:
            problems.append((Level.WARN, "what is shown is not anonymous: weak was asked for"))
        return stream_health(self._stream, self._worker, self._shared_memory, problems)

    def _qos_of(self, topic: str) -> Any:
        """That of who publishes there. Raises ``PrivcvError`` where nobody does yet."""
        offers = [info.qos_profile for info in self.get_publishers_info_by_topic(topic)]
        if not offers:
            raise PrivcvError(f"{topic}: nobody publishes images there yet")
        return as_offered(offers, DEPTH)

    def _make_redactor(self, scene: Scene | None) -> Redactor:
        return Redactor(self.settings, scene, weak=self.settings.weak)

    def _publish(self, image: bytes, info: bytes | None) -> None:
        """On the worker's thread: camera_info first, so that whoever pairs them need not wait."""
        if info is not None:
            self._infos.publish(info)
        self._images.publish(image)


def main() -> None:
    """Run the redaction node in a hardened process."""
    harden()
    run_node("privcv_images.nodes.redaction:RedactionNode")
