# SPDX-License-Identifier: Apache-2.0
"""Blackout: one colour in place of a region, whatever it shows. Strong."""

from collections.abc import Sequence

from privcv_images.redactions.redaction import FREE, Cost, Region, Strength
from privcv_perception.detection.detector import Frame


class Blackout:
    """Blackout in the grey ``level``, 0..255."""

    strength: Strength = "strong"
    cost: Cost = FREE

    def __init__(self, level: int = 0) -> None:
        self._level = level

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Set every pixel of the regions to the one colour."""
        for region in regions:
            region.of(frame)[:] = self._level
