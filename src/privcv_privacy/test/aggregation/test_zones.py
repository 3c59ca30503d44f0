# SPDX-License-Identifier: Apache-2.0
"""Zones that cannot hold their promise are refused by name; a cell is in one zone."""

import numpy as np
import pytest
from anonymous_ticks import tick_in_cells

from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import OUTSIDE, zone_map
from privcv_privacy.errors import ZoneError

SQUARE = [0, 0, 4, 0, 4, 4, 0, 4]


def zones(**polygons):
    return {name: ZoneSettings(polygon_m=flat) for name, flat in polygons.items()}


@pytest.mark.parametrize(
    ("polygons", "floor", "says"),
    [
        ({"door": [0, 0, 4, 4, 4, 0, 0, 4]}, None, "'door' is not a simple polygon"),  # a bow-tie
        ({"hall": SQUARE, "desk": [3, 3, 6, 3, 6, 6, 3, 6]}, None, "'hall' and 'desk' overlap"),
        ({"hall": SQUARE}, [0, 0, 3, 0, 3, 3, 0, 3], "'hall' reaches outside the floor"),
        ({"floor": SQUARE}, None, "'floor' is the parent"),
        ({"dot": [0, 0, 0.1, 0, 0.1, 0.1]}, None, "'dot' is smaller"),
        ({"far": [0, 0, 5000, 0, 0, 5000]}, None, "'far' has a corner over 1000 m"),
        ({"nan": [0, 0, float("nan"), 0, 0, 5]}, None, "'nan' has a corner that is not"),
        ({}, None, "has no zone"),
        ({f"z{i}": [i, 0, i + 1, 0, i + 1, 1, i, 1] for i in range(64)}, None, "64 zones"),
    ],
)
def test_bad_zones_are_refused_by_name(polygons, floor, says):
    with pytest.raises(ZoneError, match=says):
        zone_map("lobby", zones(**polygons), floor)


def test_zones_that_share_a_border_are_disjoint_and_every_cell_has_one():
    lobby = zone_map(
        "lobby", zones(west=SQUARE, east=[4, 0, 8, 0, 8, 4, 4, 4]), [0, 0, 8, 0, 8, 4, 0, 4]
    )
    cells = np.array([[x, y] for x in range(-2, 18) for y in range(-2, 10)], dtype=np.int16)
    found = lobby.locate(cells)
    inside = (cells[:, 0] >= 0) & (cells[:, 0] < 16) & (cells[:, 1] >= 0) & (cells[:, 1] < 8)
    expected = np.where(inside, (cells[:, 0] >= 8).astype(int), OUTSIDE)
    assert found.tolist() == expected.tolist()


def test_a_person_is_in_every_zone_of_a_tick_and_in_each_once():
    lobby = zone_map("lobby", zones(west=SQUARE, east=[4, 0, 8, 0, 8, 4, 4, 4]))
    through = [(-1, 3), (0, 3), (5, 3), (8, 3), (15, 3), (16, 3)]
    tick = tick_in_cells(
        "lobby", 1, [(1, through, 1), (2, through[::-1], 1), (3, [(8, 3)], 0), (4, [(99, 0)], 0),
                     (5, through[:-1], 1), (6, [(3000, 3000)], 0)],
    )  # fmt: skip
    entered, last = lobby.visited(tick)
    assert [sorted(of_one) for of_one in entered] == [[0, 1], [0, 1], [1], [], [0, 1], []]
    assert last.tolist() == [OUTSIDE, OUTSIDE, 1, OUTSIDE, 1, OUTSIDE]
    nobody = lobby.visited(tick_in_cells("lobby", 1, []))
    assert (nobody[0], nobody[1].tolist()) == ([], [])
