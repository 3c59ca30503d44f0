# SPDX-License-Identifier: Apache-2.0
"""Coarse features are those of one tick alone: a cell, a size class, a direction."""

import math

import pytest

from privcv_privacy.anonymization.quantization import direction_of, size_of


@pytest.mark.parametrize(
    ("width_m", "size"), [(0.0, 0), (0.5, 1), (0.70, 1), (0.72, 2), (0.99, 2), (1.01, 3), (3.0, 3)]
)
def test_size_classes_change_at_half_and_one_square_metre(width_m, size):
    assert size_of(width_m) == size


@pytest.mark.parametrize("index", range(8))
def test_directions_are_counter_clockwise_from_x(index):
    angle = index * math.pi / 4
    assert direction_of(math.cos(angle), math.sin(angle)) == index + 1
    assert direction_of(math.cos(angle + 0.39), math.sin(angle + 0.39)) == index + 1
    assert direction_of(math.cos(angle - 0.39), math.sin(angle - 0.39)) == index + 1


@pytest.mark.parametrize("speed_mps", [0.0, 0.05, 0.09])
def test_who_stands_has_no_direction(speed_mps):
    assert direction_of(speed_mps, 0.0) == 0
