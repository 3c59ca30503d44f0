# SPDX-License-Identifier: Apache-2.0
"""Generic shape: people are taken out, and a box that is alike for all moves every 5 s. Strong.

Limbs keep a gait and a size, by which skeletons are told apart; so there are none: every track has
the same box, of a size that only depends on the image, standing where the track was at the last
step of the clock. Between steps it says that somebody is here, and no more.
"""

from collections.abc import Sequence

import cv2

from privcv_images.redactions.redaction import FREE, NO_TRACK, Cost, Redaction, Region, Strength
from privcv_perception.detection.detector import Frame, frame_size

SHAPE = (0.05, 0.16)
"""Width and height of the box, as shares of the image's height."""

COLOUR, OUTLINE = (150, 150, 150), (90, 90, 90)


class GenericShape:
    """Generic shape over what ``beneath`` leaves, at steps of ``step_s`` of event time."""

    strength: Strength = "strong"
    cost: Cost = FREE

    def __init__(self, beneath: Redaction, step_s: float = 5.0) -> None:
        self._beneath = beneath
        self._step_s = step_s
        self._step = -1
        self._places: dict[int, tuple[int, int]] = {}

    def redact(self, frame: Frame, regions: Sequence[Region], stamp_s: float) -> None:
        """Hide the regions, then draw a box for each body of a track."""
        self._beneath.redact(frame, regions, stamp_s)
        step = int(stamp_s // self._step_s)
        feet = {
            region.track: ((region.left + region.right) // 2, region.bottom)
            for region in regions
            if region.kind == "body" and region.track != NO_TRACK
        }
        if step != self._step:
            self._step, self._places = step, {}
        for track, place in feet.items():
            self._places.setdefault(track, place)
        height = frame_size(frame)[1]
        half, tall = round(SHAPE[0] * height / 2), round(SHAPE[1] * height)
        for track in sorted(feet):
            x, y = self._places[track]
            corners = (x - half, y - tall), (x + half, y - 1)
            cv2.rectangle(frame, *corners, COLOUR, cv2.FILLED)
            cv2.rectangle(frame, *corners, OUTLINE, 1)
