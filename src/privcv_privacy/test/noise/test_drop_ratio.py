# SPDX-License-Identifier: Apache-2.0
"""The ratio of what is dropped, against numerical integration of its definition by SciPy."""

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid
from scipy.stats import dlaplace

from privcv_privacy.noise import drop_ratio
from privcv_privacy.noise.drop_ratio import LINGER, LONG_RUN, MEMORY_S, STAYS, WITHIN, DropRatio

M, SCALE, LENGTH_S = 3, 20.0, 300


def prior(x, mixture):
    return sum(weight / mean * np.exp(-x / mean) for mean, weight in mixture)


def visits(ratio):
    """Visits that reach the bound per cell that counts, for the cells beyond it."""
    return ratio * (1 - (ratio / (1 + ratio)) ** (1 / M)) ** STAYS


def likelihood(windows, within, over):
    """Of all windows (noisy visits, cells that count), the older ones with less weight."""
    log = 0.0
    for age, (noisy, kept) in enumerate(reversed(windows)):
        expected = kept * (within / WITHIN + visits(over))
        # Integer Laplace noise around a whole number; between two of them, in a straight line.
        low = np.floor(expected)
        at_low, above = (dlaplace.logpmf(noisy - mean, 1 / SCALE) for mean in (low, low + 1))
        exact = at_low + (expected - low) * (above - at_low)
        log += np.exp(-LENGTH_S / MEMORY_S) ** age * exact
    return np.exp(log)


def learnt(zones, windows, *, earlier=LONG_RUN, length_s=LENGTH_S, standing=0.0):
    model, evidence = DropRatio(zones, M, SCALE), None
    for noisy, kept in windows:
        ratio, evidence = model.learn(
            evidence, noisy, kept, standing * kept, length_s, earlier=earlier
        )
    return ratio


def brute(windows, mixture, at, most):
    """Quantiles ``at`` of the posterior of the one part of the ratio that there is."""

    grid = np.concatenate([[0.0], np.geomspace(1e-6, 4.0 if most is None else most, 200_000)])
    parts = (0.0, grid) if most is None else (grid, 0.0)
    weight = prior(grid, mixture) * likelihood(windows, *parts)
    share = cumulative_trapezoid(weight, grid, initial=0)
    return np.interp(at, share / share[-1], grid)


WINDOWS = [
    [(5, 240.0)],
    [(-60, 240.0)],
    [(5, 240.0), (40, 260.0), (22, 250.0)],
    [(80, 1000.0), (75, 1100.0), (60, 900.0), (101, 1000.0)],
    [(150, 1000.0)] * 3,
    [(3, 0.4), (-20, 0.0)],
]


def at(ratio, levels):
    share = np.cumsum(ratio.weights) - ratio.weights / 2
    return np.interp(levels, share, ratio.values)


@pytest.mark.parametrize("windows", WINDOWS)
def test_the_part_from_window_to_window_is_the_posterior(windows):
    """With no more zones than may count, nothing is dropped within a window."""
    ratio = learnt(3, windows)
    levels = np.array([0.15, 0.35, 0.5, 0.65, 0.85, 0.95])
    exact = brute(windows, drop_ratio.WIDE_OVER, levels, None)
    assert at(ratio, levels) == pytest.approx(exact, rel=0.08, abs=2e-3)
    (median,) = brute(windows, drop_ratio.MIXTURE_OVER, [0.5], None)
    assert ratio.median == pytest.approx(median, rel=0.08, abs=2e-3)


@pytest.mark.parametrize(("standing", "believed"), [(0.03, 0.0), (0.125, 0.5), (0.4, 1.0)])
def test_where_many_stand_people_may_stay_for_hours(standing, believed):
    """The posterior of a mixture, of which the share of those who stood is the weight."""
    windows = [(12, 46.0), (30, 50.0), (-20, 44.0)]
    ratio = learnt(3, windows, standing=standing)
    weight = believed * drop_ratio.LONG_MOST

    def mixed(mixture, weight):
        of_long = [(mean, weight * share) for mean, share in drop_ratio.LONG_OVER]
        return [(mean, (1 - weight) * share) for mean, share in mixture] + of_long

    levels = np.array([0.15, 0.5, 0.85])  # the grid ends before the long tail does
    exact = brute(windows, mixed(drop_ratio.WIDE_OVER, weight), levels, None)
    assert at(ratio, levels) == pytest.approx(exact, rel=0.1, abs=2e-3)
    usual = mixed(drop_ratio.MIXTURE_OVER, drop_ratio.LONG_VALUES * weight)
    assert ratio.median == pytest.approx(*brute(windows, usual, [0.5], None), rel=0.1, abs=2e-3)


@pytest.mark.parametrize("windows", WINDOWS)
def test_the_part_within_a_window_is_the_posterior(windows):
    """In the first window of a run nobody returns."""
    zones = 9
    most = (zones - M) / M
    ratio = learnt(zones, windows, earlier=0)
    mixture = [(most * mean, weight) for mean, weight in drop_ratio.MIXTURE_WITHIN]
    levels = np.array([0.15, 0.35, 0.5, 0.65, 0.85, 0.95])
    exact = brute(windows, mixture, levels, most)
    assert at(ratio, levels) == pytest.approx(exact, rel=0.12, abs=4e-3)


def lost(within, over, linger, so_far=lambda go_on: 1.0):
    """Cells dropped per cell that counts, where a share of those who reach the bound within a
    window lingers as the others do; ``so_far``: share of what a stay loses that it has lost."""
    reach = within / WITHIN + visits(over)
    table = np.geomspace(1e-7, 1e3, 100_000)
    stays = np.interp(reach, visits(table), table)
    stays = np.maximum(stays * so_far((stays / (1 + stays)) ** (1 / M)), np.minimum(reach, stays))
    few = WITHIN * reach
    long_ways = np.minimum(M * within / WITHIN, 1.0)
    share = 1 - within / few * (1 - linger * (1 - long_ways**2))
    return few + share * (stays - few)


@pytest.mark.parametrize("earlier", [1, 2, LONG_RUN])
def test_both_parts_together_are_the_posterior(earlier):
    zones, windows = 6, [(60, 500.0), (75, 520.0)]
    most = (zones - M) / M
    random = np.random.default_rng(3)
    size = 400_000

    def drawn(mixture):
        means, weights = np.array(mixture).T
        return random.exponential(random.choice(means, size, p=weights))

    within = np.minimum(most * drawn(drop_ratio.MIXTURE_WITHIN), most)
    over = np.minimum(drawn(drop_ratio.WIDE_OVER), 4.0)
    shares, _, weights = np.array(LINGER).T
    linger = random.choice(shares, size, p=weights)
    cells = earlier * (1 + zones) / 2  # entered since the run began, in all of it but its first
    so_far = (lambda go_on: 1 - go_on**cells) if earlier < LONG_RUN else (lambda go_on: 1.0)
    ratio = lost(within, over, linger, so_far)
    weight = likelihood(windows, within, over)
    order = np.argsort(ratio)
    share = np.cumsum(weight[order]) / weight.sum()
    levels = [0.2, 0.5, 0.8, 0.95]
    exact = np.interp(levels, share, ratio[order])
    assert at(learnt(zones, windows, earlier=earlier), levels) == pytest.approx(exact, rel=0.08)


@pytest.mark.parametrize("go_on", [0.5, 0.6, 0.7])
@pytest.mark.parametrize("pass_by", [0.0, 0.3])
def test_the_ratio_of_stays_that_were_drawn_is_believed(go_on, pass_by):
    """Visits go on by chance, or pass through four zones in one window; nine zones, counted."""
    random = np.random.default_rng([1, round(10 * go_on), round(10 * pass_by)])
    held = []
    for _ in range(20):
        model, evidence = DropRatio(9, M, SCALE), None
        for window in range(12):
            cells = random.geometric(1 - go_on, 400)
            cells[: round(400 * pass_by)] = 4
            counts = int(np.minimum(cells, M).sum())
            beyond = cells > M
            if window == 0:  # of the others, who were there for long before do not reach it yet
                beyond[round(400 * pass_by) :: 2] = False
            noisy = int(beyond.sum()) + int(dlaplace.rvs(1 / SCALE, random_state=random))
            ratio, evidence = model.learn(
                evidence, noisy, float(counts), 0.0, LENGTH_S, earlier=window
            )
        true = np.maximum(cells - M, 0).sum() / counts
        low, high = at(ratio, [0.02, 0.98])
        held.append(0.8 * low <= true <= 1.25 * high)
    assert np.mean(held) >= 0.75


def test_in_longer_windows_fewer_stays_go_on():
    """Unless something was released, an hour's windows lose a twelfth of what five minutes' do."""
    short, long = (learnt(3, [(0, 0.0)], length_s=length) for length in (300, 3600))
    assert long.values == pytest.approx(short.values / 12, rel=1e-4)


def test_where_nobody_was_nothing_is_learnt():
    before = learnt(4, [(90, 1000.0)] * 4)
    after = learnt(4, [(90, 1000.0)] * 4 + [(13, 0.0)])
    assert after.median == pytest.approx(before.median, rel=0.05)


def test_no_noise_however_wild_breaks_the_ratio():
    for zones in (1, 4, 63):
        for scale in (0.1, 2000.0):
            model, evidence = DropRatio(zones, M, scale), None
            for noisy, kept in ((0, 0.0), (10**9, 5.0), (-(10**9), 1e6), (3, 1e9), (0, 0.0)) * 50:
                ratio, evidence = model.learn(evidence, noisy, kept, kept / 5, 60, earlier=3)
                assert np.isfinite(ratio.values).all()
                assert (np.diff(ratio.values) >= 0).all()
                assert ratio.values[0] >= 0
                assert np.isfinite(evidence.log_likelihood).all()
