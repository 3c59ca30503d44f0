# SPDX-License-Identifier: Apache-2.0
"""What every source of frames does."""

from typing import Protocol

from privcv_perception.errors import SourceError
from privcv_perception.frames.buffers import SMALLEST_FRAME_PX, FrameBuffer, FrameStamp
from privcv_perception.frames.dropped import OnDrop

LARGEST_PX = 16384
"""Longest side of an image that is taken; what is larger is a broken header, not a camera."""


class Source(Protocol):
    """Source of frames: gives them one at a time, into a buffer that the caller owns.

    ``open``, ``read`` and ``close`` belong to one thread; ``interrupt`` to any.
    """

    on_drop: OnDrop
    """Is told of frames that came and that ``read`` does not speak of; from any thread."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px; known once open."""

    @property
    def dropped(self) -> int:
        """Frames that came but were not taken in time, since ``open``."""

    @property
    def is_over(self) -> bool:
        """Whether nothing follows, even where it is opened again."""

    @property
    def ending(self) -> str:
        """Why ``read`` returned None, in words."""

    def open(self) -> None:
        """Take the device or stream.

        Raises ``BadFrameError`` where the first frame cannot be read, ``SourceLostError`` where
        trying again may help, else ``SourceError``.
        """

    def read(self, into: FrameBuffer) -> FrameStamp | None:
        """Wait for the next frame and write it into ``into``; None at the end or once interrupted.

        Raises ``BadFrameError`` where this frame cannot be read, ``OtherSizeError`` where it does
        not fit ``into``, ``SourceLostError`` where the camera vanished, ``SourceError`` where it
        cannot go on.
        """

    def interrupt(self) -> None:
        """Make a waiting ``open`` or ``read`` return soon; until the next ``open``."""

    def close(self) -> None:
        """Release the device or stream with everything it decoded. Harmless when closed."""


def check_size(name: str, width: int, height: int) -> tuple[int, int]:
    """(width, height) if a person can be seen in such an image; else ``SourceError``."""
    if min(width, height) < SMALLEST_FRAME_PX:
        raise SourceError(
            f"{name}: frames of {width}x{height} px are too small to see a person; "
            f"use a camera or stream of at least {SMALLEST_FRAME_PX}x{SMALLEST_FRAME_PX} px"
        )
    if max(width, height) > LARGEST_PX:
        raise SourceError(
            f"{name}: frames of {width}x{height} px are too large; "
            f"scale the stream to at most {LARGEST_PX} px a side"
        )
    return width, height
