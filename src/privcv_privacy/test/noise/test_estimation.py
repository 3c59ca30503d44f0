# SPDX-License-Identifier: Apache-2.0
"""Estimates beat the raw noise, and their intervals hold what they promise."""

import numpy as np
import pytest

from privcv_privacy.noise.correlation import BinCorrelation, correlation_of_zones
from privcv_privacy.noise.estimation import filter_window
from privcv_privacy.noise.intervals import interval


def row_of(zones):
    """Boxes of zones of 4 m x 3 m beside each other in x."""
    left = 4.0 * np.arange(zones)
    return np.stack([left, 0 * left, left + 4, 0 * left + 3], axis=1)


def unplaced(zones, bins):
    """Zones of which nobody knows where they lie: no two share a lane."""
    return BinCorrelation(zones, bins, np.eye(zones * bins).reshape(zones, bins, zones, bins))


def days(kind, rng, windows=24, zones=4):
    """True histograms (windows, zones, 5) of days that no filter was made for."""
    shares = rng.dirichlet([0.4] * 5, zones)
    time = np.arange(windows)
    if kind == "steady":
        level = np.full(windows, 40.0)
    elif kind == "night":
        level = np.full(windows, 0.1)
    elif kind == "classes":  # a burst every few windows
        level = np.where(time % 6 == 5, 150.0, 15.0)
    elif kind == "closes":  # full until it empties at once
        level = np.where(time < windows // 2, 60.0, 0.0)
    else:  # "day": a slow rise and fall
        level = 5 + 80 * np.sin(np.pi * time / windows) ** 2
    return rng.poisson(level[:, None, None] * shares)


def filtered(true, scale, rng):
    a = np.exp(-1 / scale)
    noisy = true + rng.geometric(1 - a, true.shape) - rng.geometric(1 - a, true.shape)
    correlation = unplaced(*true.shape[1:])
    levels, estimates = None, []
    for window in noisy:
        estimate, levels = filter_window(window, scale, "laplace", 300, levels, correlation)
        estimates.append(estimate)
    return noisy, estimates


@pytest.mark.parametrize("kind", ["steady", "night", "classes", "closes", "day"])
@pytest.mark.parametrize("scale", [1.8, 3.5, 7.0])
def test_ninety_percent_intervals_hold_ninety_percent(kind, scale):
    rng = np.random.default_rng(11)
    held = []
    for _ in range(6):
        true = days(kind, rng)
        _, estimates = filtered(true, scale, rng)
        for window, estimate in zip(true, estimates, strict=True):
            low, high = interval(estimate.totals, estimate.variance, 0.9)
            total = window.sum(axis=1)
            held.append((low <= total) & (total <= high))
    # 576 cells of 6 independent days: two standard errors of a share of 0.9 are 0.025.
    assert np.mean(held) >= 0.875


@pytest.mark.parametrize("kind", ["steady", "classes", "day"])
def test_estimates_are_nearer_to_the_truth_than_clipped_noise(kind):
    rng = np.random.default_rng(7)
    true = days(kind, rng)
    noisy, estimates = filtered(true, 3.5, rng)
    ours = np.abs([e.totals for e in estimates] - true.sum(axis=2)).mean()
    raw = np.abs(np.maximum(noisy.sum(axis=2), 0) - true.sum(axis=2)).mean()
    assert ours < 0.8 * raw


def test_a_large_count_is_read_as_it_is():
    estimate, _ = filter_window(np.full((2, 5), 3000), 3.5, "laplace", 300, None, unplaced(2, 5))
    assert estimate.totals == pytest.approx([15000, 15000], rel=0.01)


def test_gaussian_noise_is_followed_too():
    rng = np.random.default_rng(4)
    levels = None
    for _ in range(20):
        noisy = np.round(30 + rng.normal(0, 4.5, (3, 5))).astype(np.int64)
        estimate, levels = filter_window(noisy, 4.5, "gaussian", 300, levels, unplaced(3, 5))
    assert estimate.totals == pytest.approx([150] * 3, rel=0.2)


def test_no_noise_however_wild_breaks_the_estimate():
    """Empty rooms, huge counts, one zone, a sudden end: finite and never negative."""
    rng = np.random.default_rng(2)
    for zones, scale in ((1, 0.1), (1, 300.0), (4, 0.3), (9, 30.0), (63, 3.5)):
        levels, correlation = None, correlation_of_zones(row_of(zones))
        for size in (0, 0, 100_000, 0, 3, 1_000_000, 0):
            noisy = rng.poisson(size, (zones, 5)) + np.rint(rng.laplace(0, scale, (zones, 5)))
            estimate, levels = filter_window(
                noisy.astype(np.int64), scale, "laplace", 300, levels, correlation
            )
            low, high = interval(estimate.totals, estimate.variance, 0.9)
            assert np.isfinite(estimate.bins).all()
            assert (estimate.bins >= 0).all()
            assert np.isfinite(levels.covariance).all()
            assert (low <= high).all()


def test_a_bin_learns_from_the_zone_before_it_along_the_heading():
    """Many walk along x through both of two zones; the second one's count is lost in noise."""
    noisy = np.full((2, 5), 3)
    noisy[0, 1] = 60
    behind, _ = filter_window(noisy, 3.5, "laplace", 300, None, correlation_of_zones(row_of(2)))
    beside, _ = filter_window(
        noisy, 3.5, "laplace", 300, None, correlation_of_zones(row_of(2)[:, [1, 0, 3, 2]])
    )
    assert behind.bins[1, 1] > beside.bins[1, 1]
