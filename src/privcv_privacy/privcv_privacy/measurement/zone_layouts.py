# SPDX-License-Identifier: Apache-2.0
"""Zone layouts for measurements: square zones or a grid, laid on the lattice of cells."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import MAX_ZONES
from privcv_privacy.anonymous_tick import CELL_M
from privcv_privacy.errors import PrivacyError
from privcv_privacy.line_settings import LineSettings

Floats = npt.NDArray[np.float64]

SINGLE_FROM_M = 8.0
"""Square zones of this size or more stand alone: nine of them would not fit under one camera."""

LARGEST_M = 200.0
NUDGE_M = 1e-9  # a place on a border belongs to the zone to its right and above, as cells do


@dataclass(frozen=True)
class ZoneLayout:
    """Zones that are counted together."""

    label: str  # as the command line names it
    zones: Mapping[str, ZoneSettings]
    size_m: float | None = None  # edge of square zones
    # That people cross, by name.
    lines: Mapping[str, LineSettings] = field(default_factory=dict)

    def zone_of(self, x_m: Floats, y_m: Floats) -> npt.NDArray[np.int64]:
        """Index (n,) of the zone of each place, -1 outside all.

        A place on a border belongs to the zone that lies to its right or above it.
        """
        found = np.full(len(x_m), -1, dtype=np.int64)
        for index, zone in enumerate(self.zones.values()):
            polygon = shapely.Polygon(np.reshape(zone.polygon_m, (-1, 2)))
            shapely.prepare(polygon)
            found[shapely.contains_xy(polygon, x_m + NUDGE_M, y_m + NUDGE_M) & (found < 0)] = index
        return found


def read_layout(text: str, x_m: Floats, y_m: Floats) -> ZoneLayout | None:
    """The layout that ``text`` names over places (n,), m; None where it names neither form.

    ``SIZEm``, such as ``2m``: square zones, see ``square_zones``; ``CxR``, such as ``3x2``: columns
    and rows of equal zones, see ``grid_zones``. Raises ``PrivacyError`` for sizes that make none.
    """
    size, unit, rest = text.partition("m")
    if unit and not rest and _is_number(size):
        return square_zones(float(size), x_m, y_m)
    columns, times, rows = text.partition("x")
    if times and columns.isdigit() and rows.isdigit():
        return grid_zones(int(columns), int(rows), x_m, y_m)
    return None


def square_zones(size_m: float, x_m: Floats, y_m: Floats) -> ZoneLayout:
    """Square zones of ``size_m``, m, about the median place: 3x3, or one from 8 m on.

    Their corners lie on the lattice of cells, so that cells can tell exactly who is in which.
    """
    if size_m > LARGEST_M:
        raise PrivacyError(f"zones of {size_m:g} m: at most {LARGEST_M:g} m are possible")
    cells = round(size_m / CELL_M)
    if abs(cells * CELL_M - size_m) > 1e-9 or cells < 1:
        raise PrivacyError(f"zones of {size_m:g} m: give a multiple of the {CELL_M} m of a cell")
    count = 1 if size_m >= SINGLE_FROM_M else 3
    left = _on_lattice(float(np.median(x_m)) - count * size_m / 2)
    bottom = _on_lattice(float(np.median(y_m)) - count * size_m / 2)
    steps = size_m * np.arange(count + 1)
    x_edges, y_edges = np.asarray(left + steps), np.asarray(bottom + steps)
    return ZoneLayout(f"{size_m:g}m", _boxes(x_edges, y_edges), size_m)


def grid_zones(columns: int, rows: int, x_m: Floats, y_m: Floats) -> ZoneLayout:
    """Equal zones over the box from the 1st to the 99th percentile of places.

    Each edge is moved to the nearest line of the lattice of cells.
    """
    label = f"{columns}x{rows}"
    if columns < 1 or rows < 1 or columns * rows > MAX_ZONES:
        raise PrivacyError(f"zones {label}: give 1 to {MAX_ZONES} zones, such as 2x2")
    x_edges, y_edges = _edges(x_m, columns), _edges(y_m, rows)
    if np.diff(x_edges).min() <= 0 or np.diff(y_edges).min() <= 0:
        raise PrivacyError(
            f"zones {label}: a zone would be narrower than the {CELL_M} m of a cell: give fewer"
        )
    return ZoneLayout(label, _boxes(x_edges, y_edges))


def _edges(values: Floats, count: int) -> Floats:
    low, high = np.percentile(values, [1, 99])
    return np.asarray(np.rint(np.linspace(low, high, count + 1) / CELL_M) * CELL_M)


def _on_lattice(value: float) -> float:
    return round(value / CELL_M) * CELL_M


def _boxes(x_edges: Floats, y_edges: Floats) -> dict[str, ZoneSettings]:
    zones = {}
    for row, (bottom, top) in enumerate(itertools.pairwise(y_edges)):
        for column, (left, right) in enumerate(itertools.pairwise(x_edges)):
            corners = [left, bottom, right, bottom, right, top, left, top]
            zones[f"zone_{column}_{row}"] = ZoneSettings(polygon_m=[float(c) for c in corners])
    return zones


def _is_number(text: str) -> bool:
    try:
        return not np.isnan(float(text))
    except ValueError:
        return False
