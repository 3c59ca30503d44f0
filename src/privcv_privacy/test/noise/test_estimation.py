# SPDX-License-Identifier: Apache-2.0
"""Post-processing: intervals that hold, estimates that beat the raw noise, exact sums."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma, gammaln, polygamma

from privcv_privacy.noise.correlation import Variances, placed, unplaced
from privcv_privacy.noise.estimation import _gammas, follow, interval, whole


def row_of(zones):
    """Boxes of zones of 4 m x 3 m beside each other in x."""
    left = 4.0 * np.arange(zones)
    return np.stack([left, 0 * left, left + 4, 0 * left + 3], axis=1)


def scenes(kind, rng, windows=24, zones=4):
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


def follow_all(true, scale, rng):
    a = np.exp(-1 / scale)
    noisy = true + rng.geometric(1 - a, true.shape) - rng.geometric(1 - a, true.shape)
    structure = unplaced(*true.shape[1:])
    levels, estimates = None, []
    for window in noisy:
        estimate, levels = follow(window, scale, "laplace", 300, levels, structure)
        estimates.append(estimate)
    return noisy, estimates


@pytest.mark.parametrize("kind", ["steady", "night", "classes", "closes", "day"])
@pytest.mark.parametrize("scale", [1.8, 3.5, 7.0])
def test_ninety_percent_intervals_hold_ninety_percent(kind, scale):
    rng = np.random.default_rng(11)
    held = []
    for _ in range(6):
        true = scenes(kind, rng)
        _, estimates = follow_all(true, scale, rng)
        for window, estimate in zip(true, estimates, strict=True):
            low, high = interval(estimate.totals, estimate.variance, 0.9)
            total = window.sum(axis=1)
            held.append((low <= total) & (total <= high))
    # 576 cells of 6 independent days: two standard errors of a share of 0.9 are 0.025.
    assert np.mean(held) >= 0.875


@pytest.mark.parametrize("kind", ["steady", "classes", "day"])
def test_estimates_are_nearer_to_the_truth_than_clipped_noise(kind):
    rng = np.random.default_rng(7)
    true = scenes(kind, rng)
    noisy, estimates = follow_all(true, 3.5, rng)
    ours = np.abs([e.totals for e in estimates] - true.sum(axis=2)).mean()
    raw = np.abs(np.maximum(noisy.sum(axis=2), 0) - true.sum(axis=2)).mean()
    assert ours < 0.8 * raw


def test_a_large_count_is_read_as_it_is():
    estimate, _ = follow(np.full((2, 5), 3000), 3.5, "laplace", 300, None, unplaced(2, 5))
    assert estimate.totals == pytest.approx([15000, 15000], rel=0.01)


def test_gaussian_noise_is_followed_too():
    rng = np.random.default_rng(4)
    levels = None
    for _ in range(20):
        noisy = np.round(30 + rng.normal(0, 4.5, (3, 5))).astype(np.int64)
        estimate, levels = follow(noisy, 4.5, "gaussian", 300, levels, unplaced(3, 5))
    assert estimate.totals == pytest.approx([150] * 3, rel=0.2)


def test_the_series_of_the_gamma_function_are_near_enough():
    """Over all shapes of a prior, and all counts."""
    x = np.geomspace(0.3, 1e6, 5000)
    gamma, first, second = _gammas(x)
    assert gamma + np.log(2 * np.pi) / 2 == pytest.approx(gammaln(x), abs=2e-3)
    assert first == pytest.approx(digamma(x), abs=2e-3)
    assert second == pytest.approx(polygamma(1, x), rel=2e-3)


def test_no_noise_however_wild_breaks_the_estimate():
    """Empty scenes, huge counts, one zone, a sudden end: finite and never negative."""
    rng = np.random.default_rng(2)
    for zones, scale in ((1, 0.1), (1, 300.0), (4, 0.3), (9, 30.0), (63, 3.5)):
        levels, structure = None, placed(row_of(zones))
        for size in (0, 0, 100_000, 0, 3, 1_000_000, 0):
            noisy = rng.poisson(size, (zones, 5)) + np.rint(rng.laplace(0, scale, (zones, 5)))
            estimate, levels = follow(
                noisy.astype(np.int64), scale, "laplace", 300, levels, structure
            )
            low, high = interval(estimate.totals, estimate.variance, 0.9)
            assert np.isfinite(estimate.bins).all()
            assert (estimate.bins >= 0).all()
            assert np.isfinite(levels.covariance).all()
            assert (low <= high).all()


@given(st.lists(st.floats(0, 1000), min_size=5, max_size=5), st.integers(0, 5000))
def test_whole_numbers_sum_exactly_and_are_near_their_share(bins, total):
    shares = np.array([bins]) / sum(bins) if sum(bins) > 0 else np.full((1, 5), 0.2)
    counts = whole(np.array([bins]), np.array([total]))
    assert counts.sum() == total
    assert (np.abs(counts - shares * total) < 1 + 1e-6).all()


def test_zones_share_a_lane_along_the_heading_and_not_across_it():
    lanes = placed(row_of(3)).lanes
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
    covariance = placed(boxes_m).covariance(Variances(0.1, 0.4, 2.5, 0.25, 0.1))
    assert covariance == pytest.approx(covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > 0.09


def test_a_bin_learns_from_the_zone_before_it_along_the_heading():
    """Many walk along x through both of two zones; the second one's count is lost in noise."""
    noisy = np.full((2, 5), 3)
    noisy[0, 1] = 60
    behind, _ = follow(noisy, 3.5, "laplace", 300, None, placed(row_of(2)))
    beside, _ = follow(noisy, 3.5, "laplace", 300, None, placed(row_of(2)[:, [1, 0, 3, 2]]))
    assert behind.bins[1, 1] > beside.bins[1, 1]
