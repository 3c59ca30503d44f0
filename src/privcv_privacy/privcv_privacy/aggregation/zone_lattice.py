# SPDX-License-Identifier: Apache-2.0
"""Zones and the lattice of cells: what a zone off the lattice counts too much and too little.

A zone counts the people in those cells whose centres it holds. Where its border runs along the
lattice, these cells are the zone; elsewhere they reach over the border here and fall short there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import MultiPolygon, Polygon, box, get_coordinates, union_all

from privcv_privacy.aggregation.zone_settings import MAX_COORDINATES, ZoneSettings
from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.anonymous_tick import CELL_M

ROUNDING_M2 = 1e-6


@dataclass(frozen=True)
class OffLattice:
    """A zone of which not the same floor is counted as its polygon says."""

    zone: str
    area_m2: float  # of the polygon
    too_much_m2: float  # counted beyond the polygon
    too_little_m2: float  # of the polygon, not counted
    snapped_m: tuple[tuple[float, float], ...] | None  # corners of what is counted

    def __str__(self) -> str:
        much, little = (
            f"{part_m2:.2f} m2 ({part_m2 / self.area_m2:.1%})"
            for part_m2 in (self.too_much_m2, self.too_little_m2)
        )
        fix = (
            "its cells are not one simple outline: draw it along the lattice"
            if self.snapped_m is None
            else f"to count what is drawn, polygon_m: {_text(self.snapped_m)}"
        )
        return (
            f"is not on the lattice of {CELL_M:g} m: it counts {much} beyond its border and "
            f"leaves out {little} within it; {fix}"
        )


def zones_off_lattice(camera: str, zones: Mapping[str, ZoneSettings]) -> list[OffLattice]:
    """The zones of a camera that do not count exactly what they say, in their order."""
    crooked = [name for name, zone in zones.items() if not _is_on_lattice(zone.polygon_m)]
    if not crooked:
        return []
    lookup = zone_map(camera, zones)
    found = []
    for name in crooked:
        drawn = Polygon(np.reshape(zones[name].polygon_m, (-1, 2)))
        counted = _cells_of(lookup, lookup.names.index(name))
        much, little = counted.difference(drawn).area, drawn.difference(counted).area
        if max(much, little) > ROUNDING_M2:
            found.append(OffLattice(name, drawn.area, much, little, _outline(counted)))
    return found


def snapped_box(left: float, bottom: float, right: float, top: float) -> list[list[float]]:
    """Corners of a box, m, with its borders moved to the nearest lines of the lattice."""
    x0, y0, x1, y1 = (round(border / CELL_M) * CELL_M for border in (left, bottom, right, top))
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


def _is_on_lattice(corners_m: list[float]) -> bool:
    """Whether every border runs along the lattice; most zones are settled by this look."""
    corners = np.reshape(corners_m, (-1, 2)) / CELL_M
    steps = np.roll(corners, -1, axis=0) - corners
    return bool((corners == np.round(corners)).all() and (steps == 0).any(axis=1).all())


def _cells_of(lookup: ZoneMap, index: int) -> Polygon | MultiPolygon:
    """The floor that a zone counts: its cells, joined column by column."""
    mine = lookup.inside == index
    edges = np.diff(np.pad(mine, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    column, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    x, y = lookup.origin
    return union_all(
        box((x + column) * CELL_M, (y + begin) * CELL_M,
            (x + column + 1) * CELL_M, (y + end) * CELL_M)
    )  # fmt: skip


def _outline(floor: Polygon | MultiPolygon) -> tuple[tuple[float, float], ...] | None:
    """Corners of a floor, or None where no zone can be drawn so."""
    if not isinstance(floor, Polygon) or floor.interiors:
        return None
    ring: npt.NDArray[np.float64] = get_coordinates(floor.exterior)[:-1]
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    corners = ring[(before != after).all(axis=1)]  # not those in the middle of a straight border
    if corners.size > MAX_COORDINATES:
        return None
    return tuple((float(x), float(y)) for x, y in corners)


def _text(corners_m: tuple[tuple[float, float], ...]) -> str:
    return "[" + ", ".join(f"[{x:g}, {y:g}]" for x, y in corners_m) + "]"
