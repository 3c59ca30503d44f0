# SPDX-License-Identifier: Apache-2.0
"""What detectors found in one frame, and what is done with the frame for it."""

from dataclasses import dataclass
from typing import Literal

from privcv_images.redactions.redaction import Region
from privcv_perception.detection.detector import Detections

Reason = Literal["detector", "ended", "began", "gap", "face", "undecodable"]
"""Why a frame is withheld: a detector failed; a track ended or began inside the picture, or had too
long a gap; a face was found and no body; the frame cannot be read."""


@dataclass(frozen=True)
class Found:
    """What was found in the frame taken at ``stamp_s`` (event time, s).

    ``others``: regions that are none of bodies. ``sure_faces``: those of them, by index, that
    must be of a body. ``failed``: whether a detector failed, so that nothing is known.
    """

    stamp_s: float
    people: Detections
    others: tuple[Region, ...] = ()
    sure_faces: tuple[int, ...] = ()
    failed: Reason | None = None


@dataclass(frozen=True)
class FramePlan:
    """What is hidden in a frame, or why it is withheld whole."""

    regions: tuple[Region, ...]
    withheld: Reason | None = None
