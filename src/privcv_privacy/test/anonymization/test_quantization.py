# SPDX-License-Identifier: Apache-2.0
"""Coarse features do not flicker at their edges."""

import math

import pytest

from privcv_privacy.anonymization.quantization import DirectionFilter, size_of


@pytest.mark.parametrize(
    ("width_m", "size"), [(0.0, 0), (0.5, 1), (0.70, 1), (0.72, 2), (0.99, 2), (1.01, 3), (3.0, 3)]
)
def test_size_classes_change_at_half_and_one_square_metre(width_m, size):
    assert size_of(width_m, previous=0) == size


def test_a_size_at_its_edge_does_not_flicker():
    size, seen = 0, []
    for width_m in [0.69, 0.72, 0.69, 0.72, 0.80, 0.69, 0.72, 0.60]:
        size = size_of(width_m, size)
        seen.append(size)
    assert seen == [1, 1, 1, 1, 2, 2, 2, 1]


@pytest.mark.parametrize("index", range(8))
def test_directions_are_counter_clockwise_from_x(index):
    angle = index * math.pi / 4
    assert DirectionFilter().update(math.cos(angle), math.sin(angle)) == index + 1


def test_a_direction_at_its_edge_does_not_flicker_and_standing_has_none():
    heading = DirectionFilter()
    seen = []
    for speed, degrees in [
        (1, 0),
        (1, 25),
        (1, 30),
        (1, 35),
        (1, 20),
        (0.3, 20),
        (0.1, 20),
        (0.3, 0),
    ]:
        angle = math.radians(degrees)
        seen.append(heading.update(speed * math.cos(angle), speed * math.sin(angle)))
    assert seen == [1, 1, 1, 2, 2, 2, 0, 0]
