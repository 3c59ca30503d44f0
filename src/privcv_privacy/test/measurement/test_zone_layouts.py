# SPDX-License-Identifier: Apache-2.0
"""Zones of measurements: where they lie, and whose a place on a border is."""

import numpy as np
import pytest

from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymous_tick import CELL_M
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.zone_layouts import ZoneLayout, read_layout

X = np.array([0.0, 4.1, 4.3, 9.0, 30.0])
Y = np.array([-3.0, -1.2, -1.1, 0.0, 2.0])


def edges(layout: ZoneLayout) -> np.ndarray:
    """Left, bottom, right, top of each zone."""
    corners = [np.reshape(zone.polygon_m, (-1, 2)) for zone in layout.zones.values()]
    return np.array([[*c.min(axis=0), *c.max(axis=0)] for c in corners])


@pytest.mark.parametrize(("size", "count"), [("2m", 9), ("4m", 9), ("7.5m", 9), ("8m", 1)])
def test_square_zones_lie_about_the_median_on_the_lattice(size: str, count: int) -> None:
    layout = read_layout(size, X, Y)
    assert layout is not None
    assert layout.size_m == float(size[:-1])
    boxes = edges(layout)
    assert len(boxes) == count
    assert np.allclose(boxes[:, 2:] - boxes[:, :2], layout.size_m)
    assert np.allclose(boxes / CELL_M, np.rint(boxes / CELL_M))
    middle = (boxes[:, :2].min(axis=0) + boxes[:, 2:].max(axis=0)) / 2
    assert np.abs(middle - (np.median(X), np.median(Y))).max() <= CELL_M / 2
    zone_map("camera", layout.zones)  # disjoint, as the aggregation wants them


def test_a_grid_has_its_edges_on_the_lattice_and_as_many_zones_as_it_says() -> None:
    layout = read_layout("3x2", np.linspace(0.13, 20.2, 300), np.linspace(1.4, 9.9, 300))
    assert layout is not None
    boxes = edges(layout)
    assert len(boxes) == 6
    assert np.allclose(boxes / CELL_M, np.rint(boxes / CELL_M))
    assert layout.size_m is None


def test_a_place_is_in_the_zone_that_holds_its_cell() -> None:
    """The oracle is the aggregation's own table: half-open cells, floor(place / 0.5 m)."""
    layout = read_layout("2m", X, Y)
    assert layout is not None
    spots = np.arange(-20, 40) * 0.25
    x, y = (places.ravel() for places in np.meshgrid(spots, spots))
    cells = np.floor(np.column_stack([x, y]) / CELL_M).astype(np.int16)
    zones = zone_map("camera", layout.zones)
    assert np.array_equal(layout.zone_of(x, y), zones.locate(cells))


@pytest.mark.parametrize("text", ["0m", "-2m", "2.3m", "1000m", "0x2", "8x8", "infm"])
def test_zones_that_cannot_be_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(PrivacyError, match="zones"):
        read_layout(text, X, Y)


def test_what_is_neither_a_size_nor_a_grid_is_left_to_others() -> None:
    assert [read_layout(text, X, Y) for text in ("lobby.yaml", "2", "m", "nanm", "axb")] == [
        None
    ] * 5
