# SPDX-License-Identifier: Apache-2.0
"""Settings of hiding: how sure a detector must be, the margins, and what withholds a frame."""

from typing import Literal

from pydantic import Field

from privcv_core.settings.model import Settings
from privcv_perception.tracking.settings import Score, TrackerSettings


class HidingSettings(Settings):
    """Settings of hiding. Too much hidden costs a picture, too little costs a person."""

    part: Literal["body", "head"] = Field(
        "body",
        description="body: people as a whole; head: the upper part alone, which is weak, since "
        "clothes and gait tell people apart",
    )
    score: Score = Field(
        0.06, description="a box of a person from this score on is hidden, followed or not"
    )
    margin: float = Field(
        0.45, ge=0, le=1, description="how far bodies are hidden around their box, in its widths"
    )
    grow_per_s: float = Field(
        0.6, ge=0, le=10,
        description="how much farther where nobody is detected, in widths for each s from the "
        "nearest detection of the track",
    )  # fmt: skip
    fill_s: float = Field(
        1.0, ge=0, le=10,
        description="longest gap in a track that is filled, s; longer ones withhold their frames, "
        "unless somebody else who is hidden stands there",
    )  # fmt: skip
    carry_s: float = Field(
        1.0, ge=0, le=10,
        description="so long a track is carried on, as it went, before its first and behind its "
        "last box, s",
    )  # fmt: skip
    hold_s: float = Field(
        0.3, ge=0, le=10,
        description="faces, plates, text and screens are hidden for so long before they are first "
        "and after they are last found, s",
    )  # fmt: skip
    doubt_s: float = Field(
        0.5, ge=0, le=10,
        description="so long frames are withheld after a track has ended inside the picture, and "
        "before one has begun there, s",
    )  # fmt: skip
    edge: float = Field(
        0.5, ge=0, le=5,
        description="who is nearer to the edge of the picture than this, in their widths, has "
        "left through it",
    )  # fmt: skip
    sure_face: Score = Field(
        0.8, description="a face from this score on that is of no body withholds its frame"
    )
    tracker: TrackerSettings = Field(
        default_factory=TrackerSettings, description="the tracker that fills gaps, run both ways"
    )
