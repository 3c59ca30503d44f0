# SPDX-License-Identifier: Apache-2.0
"""Settings of the multi-object tracker: association, confirmation, motion and smoothing."""

from typing import Annotated

from pydantic import Field

from privcv_core.settings.extensions import ChosenByKind

Score = Annotated[float, Field(ge=0, le=1)]
"""Of a detector: how sure it is, 0..1."""

Share = Annotated[float, Field(gt=0, le=1)]
"""Of one length or area in another, above 0."""


class TrackerSettings(ChosenByKind):
    """Settings of the tracker, boxes to people over time. The defaults serve every place."""

    door = "trackers"
    ours = ("builtin",)

    lag_s: float = Field(
        1.0,
        ge=0,
        le=5,
        description="results are final this long after their frame, s: what is seen by then mends "
        "births, gaps and crossings; 0: at once",
    )
    low_score: Score = Field(0.2, description="boxes below this score are not used at all")
    sure_score: Score = Field(
        0.55,
        description="boxes from this score on are associated first; the others only with tracks "
        "that are settled and found no better one",
    )
    low_overlap: Share = Field(
        0.45,
        description="a box below sure_score that overlaps a better one by more is a second view of "
        "the same person (IoU)",
    )
    candidate_score: Score = Field(
        0.25, description="a box from this score on may start a tentative track"
    )
    birth_score: Score = Field(
        0.6, description="a box from this score on counts for confirming a track"
    )
    birth_hits: int = Field(4, ge=1, le=100, description="so many such boxes confirm it")
    still_score: Score = Field(
        0.7,
        description="mean score it takes to confirm a track that has not moved yet: a post "
        "or a sign scores less",
    )
    still_m: float = Field(0.5, ge=0, le=10, description="a track that came this far has moved, m")
    unsure_s: float = Field(
        0.35,
        ge=0,
        le=10,
        description="a tentative track is deleted when unseen for longer, s",
    )
    lost_s: float = Field(
        2.5, ge=0, le=60, description="a confirmed track is deleted when unseen for longer, s"
    )
    alone_s: float = Field(
        1.5,
        ge=0,
        le=60,
        description="the same where nobody was seen near who may hide them, s",
    )
    acceleration_mps2: float = Field(
        1.3, gt=0, le=20, description="how suddenly people start, stop and turn, m/s²"
    )
    speed_mps: float = Field(
        1.2, gt=0, le=20, description="how fast people walk, m/s: what is expected at first"
    )
    box_noise: Share = Field(
        0.06, description="standard deviation of a box's edges, in its heights"
    )
    gate: float = Field(
        20.0,
        gt=0,
        le=1000,
        description="a box farther from where a track is predicted is not associated with it, in "
        "squared standard deviations (Mahalanobis)",
    )
    low_gate: float = Field(12.0, gt=0, le=1000, description="the same for a box of low score")
    same_overlap: Share = Field(
        0.6,
        description="a box that overlaps that of a track by more starts no new one (IoU)",
    )
    shortest: Share = Field(
        0.5,
        description="with a calibration: no new track is shorter than this, in heights of an "
        "adult; a child of two is a little taller",
    )
    tallest: float = Field(1.5, ge=1, le=10, description="with a calibration: nor taller than this")
    smoothing_s: float = Field(
        0.4, gt=0, le=5, description="width of the window that smooths final positions, s"
    )
