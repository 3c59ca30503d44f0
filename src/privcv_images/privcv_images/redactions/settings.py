# SPDX-License-Identifier: Apache-2.0
"""Settings of a redaction: which one, and how it looks."""

from typing import Literal

from pydantic import Field, model_validator

from privcv_core.settings.extensions import KIND, ChosenByKind
from privcv_core.settings.model import AT_START

STRONG = ("blackout", "mean", "background", "shape")
WEAK = ("blur", "pixelate", "p3", "adversarial")
NEED_SCENE = frozenset({"background", "shape"})
"""Of ours, those that show the empty scene: for a camera that stands still."""


class RedactionSettings(ChosenByKind):
    """Settings of a redaction. The defaults are the strongest."""

    door = "redactions"
    ours = (*STRONG, *WEAK)

    kind: str = Field(
        "blackout", pattern=KIND, max_length=64, json_schema_extra=AT_START,
        description="strong: blackout, mean (DP pixelization), background, shape; weak: blur, "
        "pixelate, p3, adversarial; or the name of one that an installed package adds",
    )  # fmt: skip
    grey: int = Field(0, ge=0, le=255, description="blackout: the grey, 0..255")
    epsilon: float = Field(
        8.0, gt=0, le=1000,
        description="mean: what a whole body pays, all cells and colours together",
    )  # fmt: skip
    columns: int = Field(2, ge=1, le=16, description="mean: cells beside each other on a body")
    rows: int = Field(4, ge=1, le=32, description="mean: cells above each other")
    per: Literal["track", "frame"] = Field(
        "track", description="mean: what pays epsilon once: a whole track, or every frame of it"
    )
    step_s: float = Field(
        5.0, ge=1, le=3600, description="shape: how long a box stands still, s of event time"
    )
    blur_share: float = Field(
        0.2, gt=0, le=2, description="blur: standard deviation, in shorter sides of the region"
    )
    custodian: str = Field(
        "", pattern=r"^([A-Za-z0-9_-]{43})?$",
        description="p3: public key of who alone can restore ('privcv custodian key')",
    )  # fmt: skip
    p3_threshold: int = Field(
        20, ge=1, le=255, description="p3: coefficients above it are cut off, in steps"
    )
    p3_quality: int = Field(90, ge=1, le=100, description="p3: JPEG quality of what is restored")
    bound: int = Field(
        24, ge=1, le=64, description="adversarial: most change of a colour of a pixel, of 255"
    )
    queries: int = Field(
        500, ge=1, le=100_000,
        description="adversarial: so often the face detector is asked for each face in each frame",
    )  # fmt: skip
    cell_px: int = Field(16, ge=2, le=512, description="pixelate: side of a cell, px")

    @model_validator(mode="after")
    def _custodian_is_named(self) -> "RedactionSettings":
        if self.kind == "p3" and not self.custodian:
            raise ValueError("custodian: is required for kind p3; see 'privcv custodian key'")
        return self
