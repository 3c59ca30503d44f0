# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_core.errors import PrivcvError


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
    """One frame that cannot be read: it is dropped and counted, the next one may be fine."""
