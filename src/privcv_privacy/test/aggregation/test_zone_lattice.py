# SPDX-License-Identifier: Apache-2.0
"""What a zone off the lattice counts wrongly is said in m2, with the polygon that mends it."""

import re

import numpy as np
import pytest

from privcv_privacy.aggregation.zone_lattice import snapped_box, zones_off_lattice
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map

HALL = [[9, 0], [12, 0], [12, 3], [9, 3]]


def zones(**polygons):
    return {
        name: ZoneSettings(polygon_m=np.ravel(flat).tolist()) for name, flat in polygons.items()
    }


@pytest.mark.parametrize(
    "polygon",
    [
        [[0, 0], [2, 0], [2, 2], [0, 2]],
        [[-3.5, -1], [-3.5, 4], [7, 4], [7, -1]],
        [[0, 0], [4, 0], [4, 1], [1, 1], [1, 3.5], [0, 3.5]],  # around a corner
    ],
)
def test_zones_along_the_lattice_lose_nothing(polygon):
    assert zones_off_lattice("lobby", zones(hall=polygon)) == []


@pytest.mark.parametrize(
    ("polygon", "much_m2", "little_m2", "snapped"),
    [
        # 0.2 m beyond the lattice on one side: that strip is not counted.
        ([[0, 0], [2.2, 0], [2.2, 2], [0, 2]], 0.0, 0.4, [[0, 0], [2, 0], [2, 2], [0, 2]]),
        # 0.2 m short of it: the strip up to the line is.
        ([[0, 0], [1.8, 0], [1.8, 2], [0, 2]], 0.4, 0.0, [[0, 0], [2, 0], [2, 2], [0, 2]]),
        # A triangle: the cells on its diagonal are counted whole.
        (
            [[0, 0], [1, 0], [1, 1]], 0.25, 0.0,
            [[0, 0], [1, 0], [1, 1], [0.5, 1], [0.5, 0.5], [0, 0.5]],
        ),
    ],
)  # fmt: skip
def test_what_is_lost_is_said_with_what_to_paste(polygon, much_m2, little_m2, snapped):
    (found,) = zones_off_lattice("lobby", zones(door=polygon, hall=HALL))
    assert found.zone == "door"
    assert found.too_much_m2 == pytest.approx(much_m2)
    assert found.too_little_m2 == pytest.approx(little_m2)
    assert set(found.snapped_m) == {tuple(corner) for corner in snapped}
    assert f"{much_m2:.2f} m2 ({much_m2 / found.area_m2:.1%}) beyond" in str(found)


@pytest.mark.parametrize("seed", range(12))
def test_the_snapped_polygon_counts_the_same_cells_and_loses_nothing(seed):
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, 7))
    polygon = np.stack([5 * np.cos(angle), 3 * np.sin(angle)], axis=1) + random.uniform(-9, 9, 2)
    (found,) = zones_off_lattice("lobby", zones(hall=polygon))
    pasted = re.search(r"polygon_m: (\[\[.*\]\])", str(found)).group(1)
    corners = [float(number) for number in re.findall(r"-?\d+\.?\d*", pasted)]
    again = zones(hall=corners)
    assert zones_off_lattice("lobby", again) == []
    cells = np.array([(x, y) for x in range(-40, 40) for y in range(-40, 40)], dtype=np.int16)
    before, after = (zone_map("lobby", one).locate(cells) for one in (zones(hall=polygon), again))
    assert before.tolist() == after.tolist()
    counted_m2 = 0.25 * (before == 0).sum()
    assert counted_m2 == pytest.approx(found.area_m2 + found.too_much_m2 - found.too_little_m2)


def test_cells_that_hang_together_by_a_corner_have_no_polygon_and_it_is_said():
    narrow = [[0.1, 0.1], [0.4, 0.1], [3.9, 3.6], [3.9, 3.9], [3.6, 3.9], [0.1, 0.4]]
    (found,) = zones_off_lattice("lobby", zones(path=narrow))
    assert found.snapped_m is None
    assert "draw it along the lattice" in str(found)


def test_a_border_that_two_zones_share_belongs_to_one_and_both_are_told():
    """A centre on it is of the first zone that claims it, and so is its whole cell."""
    west, east = [[0, 0], [1.25, 0], [1.25, 2], [0, 2]], [[1.25, 0], [3, 0], [3, 2], [1.25, 2]]
    first, second = zones_off_lattice("lobby", zones(west=west, east=east))
    assert first.too_much_m2 == pytest.approx(0.5)
    assert second.too_little_m2 == pytest.approx(0.5)
    assert {(1.5, 0.0), (1.5, 2.0)} <= set(first.snapped_m) & set(second.snapped_m)


def test_a_box_is_moved_to_the_nearest_lines():
    assert snapped_box(0.0, 0.2, 3.2, 2.4) == [[0, 0], [3, 0], [3, 2.5], [0, 2.5]]
