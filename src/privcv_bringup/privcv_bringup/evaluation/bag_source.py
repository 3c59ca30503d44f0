# SPDX-License-Identifier: Apache-2.0
"""Frames of a bag's image topic as a source: every one of them, in order, without ROS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from privcv_bringup.replay.bag import BagReader
from privcv_perception.errors import BadFrameError, SourceError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import Dropped, OnDrop
from privcv_perception.sources.image_message import check_message, image_size, message_to_frame
from privcv_perception.sources.source import check_size


class BagSource:
    """Source of the images of a bag; event time is that of their headers.

    ``topic``: empty where the bag holds only one of images. Raises ``BagError`` once opened.
    """

    def __init__(self, bag: Path, topic: str) -> None:
        self._bag, self._topic = bag, topic
        self._reader: BagReader | None = None
        self._messages: Iterator[tuple[int, Any]] = iter(())
        self._next: tuple[int, Any] | None = None
        self._index = 0
        self.size = (0, 0)
        self.dropped = 0
        self.is_over = False
        self.on_drop: OnDrop = lambda stamp, why: None

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        return f"{self._bag}: ended"

    def open(self) -> None:
        """Open the bag, and take its first image that can be read to learn the size of all."""
        self._reader = BagReader(self._bag, self._topic or None)
        self._messages, self._index = self._reader.decoded(), 0
        why = ""
        for taken in self._messages:
            try:
                check_message(taken[1])
                self.size = check_size(str(self._bag), *image_size(taken[1]))
            except BadFrameError as error:
                stamp, self._index = FrameStamp(self._index, taken[0]), self._index + 1
                self.on_drop(stamp, error.kind or Dropped.UNDECODABLE)
                why = f", the last one since {error}"
                continue
            self._next = taken
            return
        raise SourceError(f"{self._bag}: holds no image that can be read{why}")

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Write the next image into ``into``; None after the last."""
        taken = self._next if self._next is not None else next(self._messages, None)
        self._next = None
        if taken is None:
            return None
        stamp, self._index = FrameStamp(self._index, taken[0]), self._index + 1
        try:
            check_message(taken[1])
            message_to_frame(taken[1], into)
        except BadFrameError as error:
            error.stamp = stamp
            raise
        return stamp

    def interrupt(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Close the bag."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._messages, self._next = iter(()), None
