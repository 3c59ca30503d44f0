# SPDX-License-Identifier: Apache-2.0
"""Bins of zones that people walk through one after the other vary together."""

import numpy as np
import pytest

from privcv_privacy.noise.correlation import Variances, correlation_of_zones

# Zones of 4 m x 3 m beside each other in x: left, bottom, right, top, m.
ROW_M = np.array([[4.0 * i, 0.0, 4.0 * i + 4, 3.0] for i in range(3)])


def test_zones_share_a_lane_along_the_heading_and_not_across_it():
    lanes = correlation_of_zones(ROW_M).lanes
    for along_x in (1, 3):
        assert lanes[:, along_x, :, along_x] == pytest.approx(np.ones((3, 3)))
    for along_y in (2, 4):
        assert lanes[0, along_y, 1, along_y] == pytest.approx(np.exp(-2))
    assert lanes[:, 0, :, 0] == pytest.approx(np.eye(3))
    assert (lanes[:, 1, :, 3] == 0).all()


def test_beliefs_about_the_levels_are_a_covariance():
    rng = np.random.default_rng(3)
    low = rng.uniform(-20, 20, (12, 2))
    boxes_m = np.concatenate([low, low + rng.uniform(0.5, 6, (12, 2))], axis=1)
    covariance = correlation_of_zones(boxes_m).covariance(Variances(0.1, 0.4, 2.5, 0.25, 0.1))
    assert covariance == pytest.approx(covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > 0.09
