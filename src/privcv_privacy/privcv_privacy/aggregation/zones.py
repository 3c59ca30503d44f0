# SPDX-License-Identifier: Apache-2.0
"""Zone map of one camera: disjoint polygons on the floor, and which of them a cell is in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from shapely import Polygon, bounds, contains_xy, covers, get_coordinates, intersection, unary_union
from shapely.validation import explain_validity

from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.anonymous_tick import CELL_M, AnonymousTick
from privcv_privacy.errors import ZoneError

FLOOR = "floor"
"""The parent of all zones of a camera."""

MAX_ZONES = 63
"""One release holds 64 reports: the zones and their floor."""

OUTSIDE = -1
TOUCHING_M2 = 1e-6  # zones that share a border overlap by rounding only


@dataclass(frozen=True)
class ZoneMap:
    """Lookup table: which zone each cell of a camera's floor belongs to.

    A person counts in each zone that holds the centre of one of the person's cells, and in no
    other: somebody who passes beside a zone is never pulled in.
    """

    camera: str
    names: tuple[str, ...]
    boxes_m: npt.NDArray[np.float64]  # (zones, 4) left, bottom, right, top of each zone, m
    origin: tuple[int, int]  # smallest cell_x and cell_y of the tables below
    inside: npt.NDArray[np.int8]  # (width, height) index of the zone, or OUTSIDE
    queues: tuple[bool, ...] = ()  # whether people wait in each zone
    lines: tuple[str, ...] = ()  # names of the camera's lines, in the order of their bits

    @cached_property
    def areas_m2(self) -> list[float]:
        """Of each zone: that of the cells in which people count."""
        cells = np.bincount(self.inside[self.inside != OUTSIDE], minlength=len(self.names))
        return [float(count) * CELL_M**2 for count in cells.tolist()]

    def locate(self, cells: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
        """Index (n,) of the zone that each cell lies in, or ``OUTSIDE``; ``cells`` (n, 2)."""
        x = cells[:, 0].astype(np.int64) - self.origin[0]
        y = cells[:, 1].astype(np.int64) - self.origin[1]
        width, height = self.inside.shape
        mapped = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        x, y = np.where(mapped, x, 0), np.where(mapped, y, 0)
        return np.where(mapped, self.inside[x, y], OUTSIDE).astype(np.int64)

    def visited(self, tick: AnonymousTick) -> tuple[list[list[int]], npt.NDArray[np.int64]]:
        """The zones that each person (n) of a tick was in, each once, and the last one (n,).

        The last one is ``OUTSIDE`` where the person ended in none.
        """
        found = self.locate(tick.cell_xy)
        inside = found != OUTSIDE
        entered: list[list[int]] = [[] for _ in tick.ids]
        for owner, zone in zip(tick.owner[inside].tolist(), found[inside].tolist(), strict=True):
            if zone not in entered[owner]:
                entered[owner].append(zone)
        return entered, found[tick.last_cell]


def zone_map(
    camera: str,
    zones: Mapping[str, ZoneSettings],
    floor: Sequence[float] | None = None,
    lines: Iterable[str] = (),
) -> ZoneMap:
    """Check the zones of a camera, by name, and prepare their lookup.

    ``floor``: corners x1, y1, ... that every zone must lie in, m; None: no limit. ``lines``: names
    of the lines of the camera.

    Raises ``ZoneError`` naming the zone: self-crossing, empty, overlapping, outside the floor.
    """
    if not zones:
        raise ZoneError(f"camera '{camera}': has no zone: give it at least one")
    if len(zones) > MAX_ZONES:
        raise ZoneError(f"camera '{camera}': {len(zones)} zones, at most {MAX_ZONES} are possible")
    if FLOOR in zones:
        raise ZoneError(f"camera '{camera}': zone '{FLOOR}' is the parent of all: rename it")
    polygons = {name: _polygon(camera, f"zone '{name}'", zones[name].polygon_m) for name in zones}
    if floor is not None:
        limit = _polygon(camera, "floor", floor)
        for name, polygon in polygons.items():
            if not covers(limit.buffer(1e-6), polygon):
                raise ZoneError(f"camera '{camera}': zone '{name}' reaches outside the floor")
    names = tuple(polygons)
    for index, name in enumerate(names):
        for other in names[:index]:
            shared_m2 = intersection(polygons[name], polygons[other]).area
            if shared_m2 > TOUCHING_M2:
                raise ZoneError(
                    f"camera '{camera}': zones '{other}' and '{name}' overlap by "
                    f"{shared_m2:.2f} m2: zones must be disjoint"
                )
    queues = tuple(zone.queue for zone in zones.values())
    return replace(_tables(camera, polygons), queues=queues, lines=tuple(sorted(lines)))


def _polygon(camera: str, what: str, corners_m: Sequence[float]) -> Polygon:
    corners = np.asarray(corners_m, dtype=float).reshape(-1, 2)
    if not np.isfinite(corners).all():
        raise ZoneError(f"camera '{camera}': {what} has a corner that is not a finite number")
    if np.abs(corners).max() > 1000:
        raise ZoneError(f"camera '{camera}': {what} has a corner over 1000 m away: use metres")
    polygon = Polygon(corners)
    if not polygon.is_valid:
        raise ZoneError(
            f"camera '{camera}': {what} is not a simple polygon: {explain_validity(polygon)}: "
            "list its corners in order around it"
        )
    if polygon.area < CELL_M**2:
        raise ZoneError(f"camera '{camera}': {what} is smaller than {CELL_M**2} m2, one cell")
    return polygon


def _tables(camera: str, polygons: Mapping[str, Polygon]) -> ZoneMap:
    corners = get_coordinates(unary_union(list(polygons.values())))
    low = np.floor(corners.min(axis=0) / CELL_M).astype(int) - 1
    high = np.floor(corners.max(axis=0) / CELL_M).astype(int) + 2
    x, y = np.meshgrid(
        (np.arange(low[0], high[0]) + 0.5) * CELL_M,
        (np.arange(low[1], high[1]) + 0.5) * CELL_M,
        indexing="ij",
    )
    inside = np.full(x.shape, OUTSIDE, dtype=np.int8)
    for index, polygon in enumerate(polygons.values()):
        # A centre on a shared border belongs to the first zone that claims it.
        claimed = contains_xy(polygon.buffer(1e-9), x, y) & (inside == OUTSIDE)
        inside[claimed] = index
        if not claimed.any():
            name = tuple(polygons)[index]
            raise ZoneError(
                f"camera '{camera}': zone '{name}' holds the centre of no {CELL_M} m cell: widen it"
            )
    boxes_m = bounds(list(polygons.values()))
    origin = (int(low[0]), int(low[1]))
    return ZoneMap(camera, tuple(polygons), boxes_m, origin, inside)
