# SPDX-License-Identifier: Apache-2.0
"""Frames of a bag's image topic as a source: every one of them, in order, without ROS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from privcv_bringup.replay.bag import BagReader
from privcv_perception.errors import SourceError, SourceLostError
from privcv_perception.frames.buffers import FrameBuffer, FrameStamp
from privcv_perception.sources.image_message import image_size, message_to_frame
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

    @property
    def ending(self) -> str:
        """Why it ended, in words."""
        return f"{self._bag}: ended"

    def open(self) -> None:
        """Open the bag, and take its first image to learn the size of all."""
        self._reader = BagReader(self._bag, self._topic or None)
        self._messages, self._index = self._reader.decoded(), 0
        self._next = next(self._messages, None)
        if self._next is not None:
            self.size = check_size(str(self._bag), *image_size(self._next[1]))

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Write the next image into ``into``; None after the last."""
        taken = self._next if self._next is not None else next(self._messages, None)
        self._next = None
        if taken is None:
            return None
        index, self._index = self._index, self._index + 1
        try:
            message_to_frame(taken[1], into)
        except SourceLostError as error:  # opened again, it would begin anew
            raise SourceError(f"{self._bag}: {error}: measure such parts one by one") from error
        return FrameStamp(index, taken[0])

    def interrupt(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Close the bag."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._messages, self._next = iter(()), None
