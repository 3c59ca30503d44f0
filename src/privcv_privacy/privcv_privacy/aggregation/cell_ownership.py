# SPDX-License-Identifier: Apache-2.0
"""Cell ownership: which of several cameras counts the people in each cell of a common floor.

Where cameras see the same place, one of them counts it, so that an overlap is not counted twice. It
is decided by cell, from the site file alone: by the area that a camera is given, elsewhere by which
camera stands nearest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator
from shapely import Polygon, contains_xy

from privcv_core.settings.model import Settings
from privcv_core.settings.pairs import flat_pairs
from privcv_privacy.aggregation.zone_settings import MAX_COORDINATES
from privcv_privacy.aggregation.zones import OUTSIDE, ZoneMap
from privcv_privacy.anonymous_tick import CELL_M, AnonymousTick
from privcv_privacy.errors import ZoneError

NOBODY = -1
NOWHERE = np.iinfo(np.int16).min
"""Cells of a tick that its camera does not own are moved here, 16 km away: nobody loses a visit."""


class FloorCamera(Settings):
    """One of several cameras over a common floor."""

    at_m: list[float] | None = Field(
        None,
        min_length=2,
        max_length=2,
        description="x, y of where it stands, m on the floor: it counts the places that it is "
        "nearest to",
    )
    owns_m: list[float] | None = Field(
        None,
        min_length=6,
        max_length=MAX_COORDINATES,
        description="corners x1, y1, x2, y2, ... of the floor that it counts before others, m",
    )

    @field_validator("owns_m", mode="before")
    @classmethod
    def _from_pairs(cls, value: object) -> object:
        return flat_pairs(value)

    @model_validator(mode="after")
    def _says_where(self) -> "FloorCamera":
        if self.at_m is None and self.owns_m is None:
            raise ValueError("say where it stands (at_m), or what it counts (owns_m)")
        if self.owns_m is not None and len(self.owns_m) % 2:
            raise ValueError("owns_m needs an x and a y for every corner")
        return self


@dataclass(frozen=True)
class Ownership:
    """The cells of a floor's zones that one camera counts."""

    origin: tuple[int, int]  # smallest cell_x and cell_y of the table
    owned: npt.NDArray[np.bool_]  # (width, height)

    def of(self, tick: AnonymousTick) -> AnonymousTick:
        """``tick`` with everybody, and only the owned cells where they were."""
        x, y = (tick.cell_xy[:, axis].astype(np.int64) - self.origin[axis] for axis in (0, 1))
        width, height = self.owned.shape
        mapped = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        owned = mapped & self.owned[np.where(mapped, x, 0), np.where(mapped, y, 0)]
        return replace(tick, cell_xy=np.where(owned[:, None], tick.cell_xy, NOWHERE))


def cell_ownership(zones: ZoneMap, cameras: Mapping[str, FloorCamera]) -> dict[str, Ownership]:
    """Who owns which cells of ``zones``, the zone map of a floor.

    Raises ``ZoneError`` where a camera owns nothing, or nobody a cell of a zone.
    """
    width, height = zones.inside.shape
    x, y = np.meshgrid(
        (zones.origin[0] + np.arange(width) + 0.5) * CELL_M,
        (zones.origin[1] + np.arange(height) + 0.5) * CELL_M,
        indexing="ij",
    )
    owner = np.full(zones.inside.shape, NOBODY)
    for index, camera in enumerate(cameras.values()):
        if camera.owns_m is not None:
            area = Polygon(np.reshape(camera.owns_m, (-1, 2))).buffer(1e-9)
            owner[contains_xy(area, x, y) & (owner == NOBODY)] = index
    placed = [(i, one.at_m) for i, one in enumerate(cameras.values()) if one.at_m is not None]
    if placed:
        far2 = np.stack([(x - at[0]) ** 2 + (y - at[1]) ** 2 for _, at in placed])
        nearest = np.array([index for index, _ in placed])[far2.argmin(axis=0)]
        owner = np.where(owner == NOBODY, nearest, owner)
    left = zones.inside[(owner == NOBODY) & (zones.inside != OUTSIDE)]
    if left.size:
        raise ZoneError(
            f"floor '{zones.camera}': {left.size * CELL_M**2:g} m2 of zone "
            f"'{zones.names[left[0]]}' are counted by no camera: let one own them (owns_m), or say "
            "where cameras stand (at_m)"
        )
    found = {
        name: Ownership(zones.origin, (owner == index) & (zones.inside != OUTSIDE))
        for index, name in enumerate(cameras)
    }
    for name, one in found.items():
        if not one.owned.any():
            raise ZoneError(
                f"floor '{zones.camera}': camera '{name}' counts nothing of any zone: take it out, "
                "or let it own a part (owns_m)"
            )
    return found
