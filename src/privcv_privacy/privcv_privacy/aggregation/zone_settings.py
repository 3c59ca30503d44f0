# SPDX-License-Identifier: Apache-2.0
"""Settings of one zone, as a site file and the aggregation's parameters hold them."""

from typing import Any

from pydantic import Field, field_validator

from privcv_core.settings.model import Settings
from privcv_core.settings.pairs import flat_pairs

MAX_COORDINATES = 512


class ZoneSettings(Settings):
    """One zone on the floor of a camera: a polygon, m in the frame of the site."""

    polygon_m: list[float] = Field(
        description="corners x1, y1, x2, y2, ... on the floor, m; [[x, y], ...] is read too",
        min_length=6,
        max_length=MAX_COORDINATES,
    )
    queue: bool = Field(
        False, description="people wait here: its presence is told as the length of a queue"
    )

    @field_validator("polygon_m", mode="before")
    @classmethod
    def _from_pairs(cls, value: Any) -> Any:
        return flat_pairs(value)

    @field_validator("polygon_m")
    @classmethod
    def _even(cls, value: list[float]) -> list[float]:
        if len(value) % 2:
            raise ValueError("needs an x and a y for every corner")
        return value
