# SPDX-License-Identifier: Apache-2.0
"""Privacy zones: parts of the image that no detector ever sees.

They are blacked out in the frame buffer that this project owns, right after the frame was read
into it, so that what lies there is gone from memory too and not only hidden.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from privcv_core.settings.model import Settings
from privcv_perception.points import Points

_EDGE_PX = 3
_SUBPIXEL_BITS = 4


class PrivacyZoneSettings(Settings):
    """One part of the image to black out."""

    polygon: Points = Field(
        min_length=6,
        description="corners x1, y1, x2, y2, ... (or pairs) as fractions of the image's width and "
        "height, 0 to 1, so that a change of resolution moves nothing",
    )

    @field_validator("polygon")
    @classmethod
    def _inside(cls, value: list[float]) -> list[float]:
        if len(value) % 2:
            raise ValueError("must hold pairs of x and y")
        if any(not 0.0 <= number <= 1.0 for number in value):
            raise ValueError("must hold fractions of the image, 0 to 1, not pixels")
        return value


class PrivacyZones:
    """The privacy zones of a camera whose frames are ``width`` x ``height`` px."""

    def __init__(self, zones: Mapping[str, PrivacyZoneSettings], width: int, height: int) -> None:
        self.names = tuple(sorted(zones))
        scale = np.array([width, height], np.float64)
        # Corners are points between pixels; OpenCV's are centres of pixels.
        self._polygons = [
            np.rint(
                (np.asarray(zones[name].polygon).reshape(-1, 2) * scale - 0.5)
                * (1 << _SUBPIXEL_BITS)
            ).astype(np.int32)
            for name in self.names
        ]

    def black_out(self, frame: NDArray[np.uint8]) -> None:
        """Set every pixel that a zone touches to zero, in place; ``frame`` is (h, w, 3) or (h, w).

        The outline is drawn too, so that a pixel that lies only partly inside is black as well.
        """
        if self._polygons:
            black = (0, 0, 0)
            cv2.fillPoly(frame, self._polygons, black, cv2.LINE_8, _SUBPIXEL_BITS)
            cv2.polylines(frame, self._polygons, True, black, _EDGE_PX, cv2.LINE_8, _SUBPIXEL_BITS)
