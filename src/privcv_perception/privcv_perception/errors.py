# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from typing import TYPE_CHECKING

from privcv_core.errors import PrivcvError

if TYPE_CHECKING:
    from privcv_perception.frames.buffers import FrameStamp
    from privcv_perception.frames.dropped import Dropped


class PerceptionError(PrivcvError):
    """Root of the errors of privcv_perception."""


class CalibrationError(PerceptionError):
    """A calibration that cannot be used: its file, points or fit."""


class SourceError(PerceptionError):
    """A camera, stream, file or image that cannot give frames: trying again will not help."""


class SourceLostError(SourceError):
    """A camera or stream that gives no frames at the moment: worth trying again."""


class ModelError(PerceptionError):
    """A model file, its description or its output does not fit; names the file, field and fix."""


class FrameError(PerceptionError):
    """An image that no detector can look at: its size, channels or number type."""


class BadFrameError(SourceError):
    """One frame that cannot be read: it is dropped and counted, the next one may be fine.

    ``kind``: why. ``stamp``: of which frame, where that is known.
    """

    def __init__(
        self,
        message: str,
        kind: "Dropped | None" = None,
        stamp: "FrameStamp | None" = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.stamp = stamp


class OtherSizeError(BadFrameError):
    """One frame of another size, (width, height) px, than those before."""

    def __init__(self, message: str, size: tuple[int, int]) -> None:
        from privcv_perception.frames.dropped import Dropped

        super().__init__(message, Dropped.SIZE)
        self.size = size
