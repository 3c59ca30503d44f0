# SPDX-License-Identifier: Apache-2.0
"""Plays stored images into a running graph, as a camera driver would, or in lock-step."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from privcv_bringup.replay.bag import IMAGE_TYPES, StoredImage
from privcv_core.errors import PrivcvError
from privcv_core.node.environment import as_in_the_graph
from privcv_core.protocol.stamp_message import time_message, time_ns
from privcv_core.protocol.timestamps import s_from_ns

ANSWER_WITHIN_S = 60.0


class ReplayError(PrivcvError):
    """The graph did not take what was played."""


class Player:
    """Publishes images on ``topic``, and event time on /clock.

    ``rate`` 1 is real time, 10 ten times as fast. With 0 it is lock-step: an image follows only
    when the detection node of ``camera`` has answered the one before, so that none is dropped.
    """

    def __init__(self, topic: str, type: str, camera: str | None, rate: float) -> None:
        import rclpy
        from rclpy.signals import SignalHandlerOptions
        from rosgraph_msgs.msg import Clock
        from sensor_msgs.msg import CompressedImage, Image

        from privcv_core.node.qos import RELIABLE
        from privcv_msgs.msg import Detections

        self._rate = rate
        self._context = rclpy.Context()
        with as_in_the_graph():
            rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
            self._node = rclpy.create_node("privcv_replay", context=self._context)
        self._image = Image if type == IMAGE_TYPES[0] else CompressedImage
        self._publisher = self._node.create_publisher(self._image, topic, RELIABLE)
        self._clock = self._node.create_publisher(Clock, "/clock", RELIABLE)
        self._topic = topic
        self._answered = threading.Event()
        self._waiting_ns = -1
        self._stop = threading.Event()
        if rate == 0:
            self._node.create_subscription(
                Detections, f"/{camera}/detections", self._take_answer, RELIABLE
            )
        self._thread = threading.Thread(target=self._spin, name="player", daemon=True)

    def play(self, images: Iterable[StoredImage], show: Callable[[int], None]) -> int:
        """Publish every image and then the end; returns how many. Raises ``ReplayError``.

        ``show`` is called with the number of images published so far.
        """
        self._wait_for_subscriber()
        count = 0
        started_s, first_ns = time.monotonic(), None
        for image in images:
            if self._stop.is_set():
                break
            first_ns = image.stamp_ns if first_ns is None else first_ns
            if self._rate > 0:
                due_s = started_s + s_from_ns(image.stamp_ns - first_ns) / self._rate
                self._stop.wait(max(0.0, due_s - time.monotonic()))
            self._publish(image)
            count += 1
            show(count)
        self._publisher.publish(self._image())  # without data: nothing follows
        self._publisher.wait_for_all_acked()
        return count

    def close(self) -> None:
        """Stop playing and leave the graph."""
        import rclpy

        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def _publish(self, image: StoredImage) -> None:
        from rosgraph_msgs.msg import Clock

        self._clock.publish(Clock(clock=time_message(image.stamp_ns)))
        self._waiting_ns = image.stamp_ns
        self._answered.clear()
        self._publisher.publish(image.cdr)  # as it was recorded
        if self._rate == 0 and not self._answered.wait(ANSWER_WITHIN_S):
            raise ReplayError(
                f"{self._topic}: no detections came within {ANSWER_WITHIN_S:g} s for the image at "
                f"{s_from_ns(image.stamp_ns):.3f}; is the detection node running and reading this "
                "topic?"
            )

    def _wait_for_subscriber(self) -> None:
        self._thread.start()
        end_s = time.monotonic() + ANSWER_WITHIN_S
        while self._publisher.get_subscription_count() == 0:
            if time.monotonic() > end_s:
                raise ReplayError(
                    f"{self._topic}: nobody listens; start the graph, or name its --site"
                )
            time.sleep(0.05)
        time.sleep(0.5)  # the way back, from detection to us, is discovered on its own

    def _take_answer(self, message: Any) -> None:
        if time_ns(message.stamp) >= self._waiting_ns:
            self._answered.set()

    def _spin(self) -> None:
        from privcv_core.node.process import make_executor

        executor = make_executor(self._context)
        executor.add_node(self._node)
        while not self._stop.is_set():
            executor.spin_once(timeout_sec=0.1)
