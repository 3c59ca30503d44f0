# SPDX-License-Identifier: Apache-2.0
"""Frames of a ROS image topic: a subscription offers messages, the camera loop reads the newest."""

import threading
from typing import Any

from privcv_core.protocol.timestamps import NS_PER_S
from privcv_perception.errors import SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources.event_clock import EvenPace
from privcv_perception.sources.image_message import image_size, message_to_frame, wipe_message
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import check_size


class TopicSource:
    """Source of the frames of a ROS image topic.

    Holds at most one message, the newest; each is zeroed once read or replaced.

    Messages are anything shaped like ``sensor_msgs/Image`` or ``CompressedImage``. Time is the
    message's stamp, so that a replayed bag gives the same result as the live camera.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._message: Any = None
        self._index = 0
        self._interrupted = True
        self._ended = False
        self._pace = EvenPace(settings.fps)
        self._size = (0, 0)
        self.dropped = 0

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px; known once open."""
        return self._size

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        return f"{self._settings.label}: {'ended' if self._ended else 'closed'}"

    def offer(self, message: Any) -> None:
        """Take a message from the subscription; from any thread. Its data will be zeroed.

        A message without data says that nothing will follow, as at the end of a replayed bag.
        """
        with self._changed:
            if len(message.data) == 0:
                self._ended = not self._interrupted
                self._changed.notify_all()
                return
            if self._interrupted or not self._pace.due(_time_ns(message)):
                wipe_message(message)
                return
            self._index += 1
            if self._message is not None:
                wipe_message(self._message)
                self.dropped += 1
            self._message = message
            self._changed.notify_all()

    def open(self) -> None:
        """Wait for the first message, at most ``stall_s``, to learn the size of the frames."""
        with self._changed:
            self._interrupted = self._ended = False
            self.dropped = 0
            self._wait()
            if self._message is None:
                raise SourceLostError(self._silence())
            try:
                self._size = check_size(self._settings.label, *image_size(self._message))
            except BaseException:
                self._forget()
                raise

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Convert the newest message into ``into`` and zero the message."""
        with self._changed:
            self._wait()
            if self._interrupted:
                return None
            message, self._message = self._message, None
            index = self._index - 1
        if message is None and self._ended:
            return None
        if message is None:
            raise SourceLostError(self._silence())
        try:
            message_to_frame(message, into)
            return FrameStamp(index, _time_ns(message))
        finally:
            wipe_message(message)

    def interrupt(self) -> None:
        """End a wait for a message."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def close(self) -> None:
        """Zero the message that is held; those offered from now on are zeroed at once."""
        with self._changed:
            self._interrupted = True
            self._forget()

    def _wait(self) -> None:
        self._changed.wait_for(
            lambda: self._message is not None or self._interrupted or self._ended,
            self._settings.stall_s,
        )

    def _forget(self) -> None:
        if self._message is not None:
            wipe_message(self._message)
            self._message = None

    def _silence(self) -> str:
        return (
            f"{self._settings.label}: no image for {self._settings.stall_s:g} s; check that its "
            "publisher runs ('ros2 topic hz') and that both agree on QoS"
        )


def _time_ns(message: Any) -> int:
    return int(message.header.stamp.sec) * NS_PER_S + int(message.header.stamp.nanosec)
