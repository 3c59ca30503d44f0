# SPDX-License-Identifier: Apache-2.0
"""Plays stored images into a running graph, as a camera driver would, or in lock-step."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from privcv_bringup.replay.bag import IMAGE_TYPES, StoredImage
from privcv_core.errors import PrivcvError
from privcv_core.event_time.pace import Pace
from privcv_core.node.environment import as_in_the_graph
from privcv_core.protocol.stamp_message import nearest_time_message, time_ns
from privcv_core.protocol.timestamps import s_from_ns

ANSWER_WITHIN_S = 60.0
ACKNOWLEDGED_WITHIN_S = 5.0
"""Images that the middleware still holds at the end are taken within so long, s."""

_STEP_S = 0.1


class ReplayError(PrivcvError):
    """The graph did not take what was played, or could use none of it."""


class Player:
    """Publishes images on ``topic``, and event time on /clock.

    ``rate`` 1 is real time, 10 ten times as fast. With 0 it is lock-step: an image follows only
    when the detection node of ``camera`` has answered the one before, with detections or with the
    word that it dropped it, so that none is dropped for being late.

    ``secret``: the file with the secret of a graph that is there for this replay: it is told when
    the replay has ended. A graph that runs anyway only hears nothing more: no message on an image
    topic ends a camera. ``namespace``: of the graph.
    """

    def __init__(
        self,
        topic: str,
        type: str,
        camera: str | None,
        rate: float,
        secret: Path | None = None,
        namespace: str = "",
    ) -> None:
        import rclpy
        from rclpy.signals import SignalHandlerOptions
        from rosgraph_msgs.msg import Clock
        from sensor_msgs.msg import CompressedImage, Image

        from privcv_core.node.qos import RELIABLE
        from privcv_msgs.msg import Detections

        self._rate = rate
        self._camera, self._secret = camera, secret
        self._context = rclpy.Context()
        with as_in_the_graph():
            rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
            self._node = rclpy.create_node(
                "privcv_replay", context=self._context, namespace=namespace or None
            )
        self._image = Image if type == IMAGE_TYPES[0] else CompressedImage
        self._publisher = self._node.create_publisher(self._image, topic, RELIABLE)
        self._clock = self._node.create_publisher(Clock, "/clock", RELIABLE)
        self._end: Any = None
        if secret is not None:
            self._end = self._node.create_publisher(Detections, f"{camera}/replay_end", RELIABLE)
        self._topic = topic
        self._answered = threading.Event()
        self._waiting_ns = -1
        self._stop = threading.Event()
        if rate == 0:
            self._node.create_subscription(
                Detections, f"{camera}/detections", self._take_answer, RELIABLE
            )
        self._thread = threading.Thread(target=self._spin, name="player", daemon=True)

    def play(self, images: Iterable[StoredImage], show: Callable[[int], None]) -> int:
        """Publish every image and then the end; returns how many. Raises ``ReplayError``.

        ``show`` is called with the number of images published so far.
        """
        self._wait_for_subscriber()
        count = 0
        pace = Pace(self._rate)
        for image in images:
            wait_s = pace.wait_s(image.stamp_ns)
            if self._stop.wait(max(0.0, wait_s or 0.0)):
                return count
            self._publish(image, is_stray=wait_s is None)
            count += 1
            show(count)
        self._publish_end(count)
        return count

    @property
    def is_stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Have ``play`` return soon; from any thread."""
        self._stop.set()
        self._answered.set()

    def close(self) -> None:
        """Stop playing and leave the graph."""
        import rclpy

        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def _publish(self, image: StoredImage, *, is_stray: bool) -> None:
        from rosgraph_msgs.msg import Clock

        stamp = nearest_time_message(image.stamp_ns)
        if not is_stray:
            self._clock.publish(Clock(clock=stamp))
        self._waiting_ns = time_ns(stamp)
        self._answered.clear()
        self._publisher.publish(image.cdr)  # as it was recorded
        if self._rate == 0 and not self._answered.wait(ANSWER_WITHIN_S) and not self._stop.is_set():
            raise ReplayError(
                f"{self._topic}: no detections came within {ANSWER_WITHIN_S:g} s for the image at "
                f"{s_from_ns(image.stamp_ns):.3f}; is the detection node running and reading this "
                "topic?"
            )

    def _publish_end(self, count: int) -> None:
        from rclpy.duration import Duration

        from privcv_core.files.graph_secret import read_graph_secret
        from privcv_core.node.authentication import Authenticator
        from privcv_msgs.msg import Detections

        self._publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGED_WITHIN_S))
        publisher = self._end
        if publisher is None or self._secret is None:
            return
        self._wait_until(lambda: publisher.get_subscription_count() > 0, publisher.topic_name)
        end = Detections(
            camera=self._camera, frame=count, outcome=Detections.OUTCOME_NONE, last=True
        )
        authenticator = Authenticator(read_graph_secret(self._secret))
        publisher.publish(authenticator.sign(publisher.topic_name, end))
        publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGED_WITHIN_S))

    def _wait_for_subscriber(self) -> None:
        self._thread.start()
        self._wait_until(lambda: self._publisher.get_subscription_count() > 0, self._topic)
        # The way back, from detection to us, is discovered on its own.
        self._stop.wait(0.5)

    def _wait_until(self, condition: Callable[[], bool], where: str) -> None:
        end_s = time.monotonic() + ANSWER_WITHIN_S
        while not condition() and not self._stop.wait(_STEP_S / 2):
            if time.monotonic() > end_s:
                raise ReplayError(f"{where}: nobody listens; start the graph, or name its --site")

    def _take_answer(self, message: Any) -> None:
        if time_ns(message.stamp) == self._waiting_ns and not message.last:
            self._answered.set()

    def _spin(self) -> None:
        from privcv_core.node.process import make_executor

        executor = make_executor(self._context)
        executor.add_node(self._node)
        while not self._stop.is_set():
            executor.spin_once(timeout_sec=_STEP_S)
