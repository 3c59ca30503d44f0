# SPDX-License-Identifier: Apache-2.0
"""Settings of one line on the floor that people cross, as a site file and parameters hold them."""

import math
from typing import Any

from pydantic import Field, field_validator, model_validator

from privcv_core.settings.model import Settings
from privcv_core.settings.pairs import flat_pairs

MAX_LINES = 16
"""The most lines of one camera: a bit for each and way in ``AnonymousTrack.crossed``."""

LINE_STEP_S = 60
"""Under the weaker units every way over a line begins anew at each multiple of this, s since the
Unix epoch, at which alone windows may begin there: a constant, as ticks and cells are, so that the
camera and who counts cannot differ about it."""

SHORTEST_M = 0.5
FARTHEST_M = 1000.0


class LineSettings(Settings):
    """A line on the floor of a camera, from one point to another, m in the frame of the site.

    Who crosses it goes to its left or to its right, as seen from the first point to the second.
    """

    ends_m: list[float] = Field(
        description="x1, y1, x2, y2 on the floor, m; [[x1, y1], [x2, y2]] is read too",
        min_length=4,
        max_length=4,
    )

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, content: Any) -> Any:
        """``door: [x1, y1, x2, y2]`` is short for ``door: {ends_m: [x1, y1, x2, y2]}``."""
        return {"ends_m": content} if isinstance(content, (list, tuple)) else content

    @field_validator("ends_m", mode="before")
    @classmethod
    def _from_pairs(cls, value: Any) -> Any:
        return flat_pairs(value)

    @field_validator("ends_m")
    @classmethod
    def _is_a_line(cls, value: list[float]) -> list[float]:
        if not all(abs(coordinate) <= FARTHEST_M for coordinate in value):
            raise ValueError(f"has an end over {FARTHEST_M:g} m away: use metres")
        x1, y1, x2, y2 = value
        if math.hypot(x2 - x1, y2 - y1) < SHORTEST_M:
            raise ValueError(f"is shorter than {SHORTEST_M:g} m: nobody fits through it")
        return value
