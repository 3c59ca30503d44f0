# SPDX-License-Identifier: Apache-2.0
"""A redaction of a page: hatching, as on a drawing, in place of whatever is hidden.

It depends on where a pixel lies and on nothing that the picture shows there: it is strong.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from privcv_core.settings.model import Settings
from privcv_images.extensions import RedactionExtension
from privcv_images.redactions.redaction import FREE, Cost, Region, Strength
from privcv_images.redactions.scene import Scene
from privcv_perception.detection.detector import Frame


class HatchedSettings(Settings):
    """What stands under ``options`` of the redaction in a settings file."""

    every_px: int = Field(8, ge=2, le=256, description="from one line to the next")


class Hatched:
    """Lines at 45 degrees. A line goes on from one region into the next: no place is read."""

    strength: Strength = "strong"
    cost: Cost = FREE

    def __init__(self, every_px: int) -> None:
        self._every_px = every_px

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Overwrite every pixel of each region; ``frame`` is not kept."""
        for region in regions:
            rows = np.arange(region.top, region.bottom)[:, None]
            columns = np.arange(region.left, region.right)[None, :]
            is_line = (rows + columns) % self._every_px == 0
            region.of(frame)[:] = np.where(is_line, 230, 60)[..., None]


def build(options: HatchedSettings, scene: Scene | None) -> Hatched:
    """Called by privcv before the first frame; ``scene`` is None, since none was asked for."""
    return Hatched(options.every_px)


REDACTION = RedactionExtension(HatchedSettings, build)
