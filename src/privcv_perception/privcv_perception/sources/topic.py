# SPDX-License-Identifier: Apache-2.0
"""Frames of a ROS image topic: a subscription offers messages, the camera loop reads the newest."""

import threading
from typing import Any

from privcv_perception.errors import BadFrameError, SourceError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import Dropped, OnDrop
from privcv_perception.sources.event_clock import EvenPace
from privcv_perception.sources.image_message import (
    check_message,
    image_size,
    message_to_frame,
    time_ns_of,
    wipe_message,
)
from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import check_size

_REST_WITHIN_S = 2.0
"""Images that were played before a replay said that it has ended come within so long, s."""


class TopicSource:
    """Source of the frames of a ROS image topic.

    Holds at most one message, the newest; each is zeroed once read or replaced.

    Messages are anything shaped like ``sensor_msgs/Image`` or ``CompressedImage``, from anybody.
    Time is the message's stamp, so that a replayed bag gives the same result as the live camera.
    No message ends the source: only ``end``, which a replay's own word calls.
    """

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._message: Any = None
        self._stamp = FrameStamp(0, 0)  # of the message
        self._index = 0
        self._interrupted = True
        self._end_at: int | None = None
        self._pace = EvenPace(settings.fps)
        self._size = (0, 0)
        self.dropped = 0
        self.on_drop: OnDrop = lambda stamp, why: None
        """Called for each message that is not read, on the thread that offers it."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px; known once open."""
        return self._size

    @property
    def is_over(self) -> bool:
        """Whether a replay has ended: nothing follows, however often it is opened."""
        return self._end_at is not None

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        return f"{self._settings.label}: {'ended' if self.is_over else 'closed'}"

    def offer(self, message: Any) -> None:
        """Take a message from the subscription; from any thread. Its data will be zeroed."""
        with self._changed:
            stamp = FrameStamp(self._index, time_ns_of(message))
            self._index += 1
            if self._interrupted or not self._pace.due(stamp.time_ns):
                wipe_message(message)
                self.on_drop(stamp, Dropped.CLOSED if self._interrupted else Dropped.PACED)
                self._changed.notify_all()
                return
            if self._message is not None:
                wipe_message(self._message)
                self.dropped += 1
                self.on_drop(self._stamp, Dropped.LATE)
            self._message, self._stamp = message, stamp
            self._changed.notify_all()

    def end(self, count: int) -> None:
        """A replay has ended after ``count`` messages; what of them is under way is still read."""
        with self._changed:
            self._end_at = count
            self._changed.notify_all()

    def open(self) -> None:
        """Wait for the first message, at most ``stall_s``, to learn the size of the frames."""
        with self._changed:
            self._interrupted = False
            self.dropped = 0
            self._wait()
            if self._message is None:
                raise SourceLostError(self._silence())
            message, self._message = self._message, None
            stamp = self._stamp
        try:
            check_message(message)
            self._size = check_size(self._settings.label, *image_size(message))
        except SourceError as error:  # of one message, from whomever: another may be fine
            wipe_message(message)
            if isinstance(error, BadFrameError):
                error.stamp = stamp
                raise
            raise BadFrameError(str(error), Dropped.SIZE, stamp) from error
        with self._changed:
            if self._message is None and not self._interrupted:
                self._message, self._stamp = message, stamp
                return
            wipe_message(message)
            self.dropped += 1
            self.on_drop(stamp, Dropped.LATE)

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Convert the newest message into ``into`` and zero the message."""
        with self._changed:
            self._wait()
            if self._interrupted:
                return None
            message, self._message = self._message, None
            stamp = self._stamp
        if message is None and self.is_over:
            return None
        if message is None:
            raise SourceLostError(self._silence())
        try:
            check_message(message)
            message_to_frame(message, into)
            return stamp
        except BadFrameError as error:
            error.stamp = stamp
            raise
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
            if self._message is not None:
                wipe_message(self._message)
                self._message = None
                self.on_drop(self._stamp, Dropped.CLOSED)

    def _wait(self) -> None:
        """Until there is a message, or none will come."""

        def is_there() -> bool:
            return self._message is not None or self._interrupted

        self._changed.wait_for(lambda: is_there() or self.is_over, self._settings.stall_s)
        if self._end_at is not None:
            count = self._end_at
            self._changed.wait_for(lambda: is_there() or self._index >= count, _REST_WITHIN_S)

    def _silence(self) -> str:
        return (
            f"{self._settings.label}: no image for {self._settings.stall_s:g} s; check that its "
            "publisher runs ('ros2 topic hz') and that both agree on QoS"
        )
