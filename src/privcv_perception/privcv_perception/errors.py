# SPDX-License-Identifier: Apache-2.0
"""Errors of this package: each says what was wrong, where, and what to do."""

from privcv_node.errors import PrivcvError


class PerceptionError(PrivcvError):
    """Root of the errors of privcv_perception."""


class CalibrationError(PerceptionError):
    """A calibration that cannot be used: its file, points or fit."""
