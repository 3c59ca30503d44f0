# SPDX-License-Identifier: Apache-2.0
"""The ratio of what is dropped from visits at two depths: against draws from its definition, and
against stays whose length is known."""

import numpy as np
import pytest
from scipy.stats import dlaplace

from privcv_privacy.noise import two_depths
from privcv_privacy.noise.drop_ratio import LONG_RUN, MEMORY_S
from privcv_privacy.noise.two_depths import (
    INTERVALS,
    KINDS,
    VALUES,
    TwoDepths,
    far_cells,
    tells_far,
    votes,
)

M, ZONES, SCALE, LENGTH_S = 3, 9, 30.0, 300
DRAWS = 300_000


def at(ratio, levels):
    share = np.cumsum(ratio.weights) - ratio.weights / 2
    return np.interp(levels, share, ratio.values)


def drawn(belief, random):
    """v, q and e of ``DRAWS`` cameras, by the words of the module: no grid."""
    means, weights = np.array(belief.reach).T
    v = random.exponential(random.choice(means, DRAWS, p=weights / weights.sum()))
    v = np.minimum(v, 0.7)
    q = np.linspace(0, 0.999, 2000)
    before = np.interp(v, q**M * (1 - q) / (1 - q**M), q)
    most = two_depths.LARGEST_GO_ON
    as_before = np.minimum(before, most) * random.random(DRAWS) ** (1 / (belief.power + 1))
    any_q = most * random.random(DRAWS)
    q = np.where(random.random(DRAWS) < belief.as_before, as_before, any_q)
    _, e, weights = np.array(KINDS).T
    return v, q, random.choice(e, DRAWS, p=weights)


WINDOWS = [
    [(150, 10, 900.0)],
    [(90, 5, 900.0), (150, -20, 1000.0), (20, 40, 800.0)],
    [(500, 90, 1000.0), (480, 130, 1000.0)],
]


@pytest.mark.parametrize("windows", WINDOWS)
def test_a_long_run_gives_the_posterior(windows):
    random = np.random.default_rng(7)
    model, evidence = TwoDepths(ZONES, M, SCALE), None
    for reached, far, kept in windows:
        ratio, evidence = model.learn(
            evidence, np.array([reached, far]), kept, 0.0, LENGTH_S, earlier=LONG_RUN
        )
    exact = {}
    for belief in (VALUES, INTERVALS):
        v, q, e = drawn(belief, random)
        log = np.zeros(DRAWS)
        for age, (reached, far, kept) in enumerate(reversed(windows)):
            off = np.abs(reached - 2 * kept * v) + np.abs(far - kept * v * q**4)
            log -= np.exp(-LENGTH_S / MEMORY_S) ** age * off / SCALE
        weight, r = np.exp(log - log.max()), v / (1 - q) ** e
        order = np.argsort(r)
        share = np.cumsum(weight[order]) / weight.sum()
        exact[belief] = lambda levels, share=share, r=r[order]: np.interp(levels, share, r)
    levels = np.array([0.15, 0.5, 0.85])
    assert at(ratio, levels) == pytest.approx(exact[INTERVALS](levels), rel=0.1, abs=3e-3)
    assert ratio.median == pytest.approx(exact[VALUES](0.5), rel=0.1, abs=3e-3)


@pytest.mark.parametrize("go_on", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("zones", [6, 9])
def test_the_ratio_of_stays_that_were_drawn_is_believed(go_on, zones):
    """Visits of a geometric number of cells, three or so a window, from the start of a run on."""
    held = []
    for run in range(40):
        random = np.random.default_rng([run, zones, round(10 * go_on)])
        model, evidence, began = TwoDepths(zones, M, SCALE), None, {}
        for window in range(12):
            # (cells before, cells in this window) of everybody who is there.
            began[window] = random.geometric(1 - go_on, 300)
            kept = lost = reached = far = 0
            for start, cells in began.items():
                first = 3 * (window - start)
                before, after = np.minimum(cells, first), np.minimum(cells, first + 3)
                kept += (np.minimum(after, M) - np.minimum(before, M)).sum()
                lost += (np.maximum(after, M) - np.maximum(before, M)).sum()
                reached += ((before <= M) & (after > M)).sum()
                deep = M + far_cells(M)
                far += ((before <= deep) & (after > deep)).sum()
            noise = dlaplace.rvs(1 / SCALE, size=2, random_state=random)
            noisy = votes(int(reached), int(far)) + noise
            ratio, evidence = model.learn(
                evidence, noisy, float(kept), 0.0, LENGTH_S, earlier=window
            )
        low, high = at(ratio, [0.02, 0.98])
        held.append(0.9 * low <= lost / kept <= 1.1 * high)
    assert np.mean(held) >= 0.8


def test_the_first_window_tells_little_of_the_next():
    """Nobody is from before in it, so that fewer reach the bound than will."""
    model = TwoDepths(ZONES, M, SCALE)
    _, evidence = model.learn(None, np.array([0, 0]), 1000.0, 0.0, LENGTH_S, earlier=0)
    assert evidence is None


def test_other_lengths_of_windows_count_in_proportion():
    model = TwoDepths(ZONES, M, SCALE)
    noisy = np.array([400, 60])
    _, learnt = model.learn(None, noisy, 900.0, 0.0, 300, earlier=9)
    nothing = np.array([0, 0])
    same, _ = model.learn(learnt, nothing, 0.0, 0.0, 300, earlier=9)
    longer, _ = model.learn(learnt, nothing, 0.0, 0.0, 3600, earlier=9)
    forgot, _ = model.learn(None, nothing, 0.0, 0.0, 3600, earlier=9)
    widths = [np.diff(at(ratio, [0.1, 0.9]))[0] for ratio in (same, longer)]
    assert widths[0] < widths[1]
    assert abs(longer.median - forgot.median) < abs(same.median - forgot.median)


@pytest.mark.parametrize("standing", [0.3, 0.0])
def test_where_many_stand_intervals_reach_further(standing):
    model = TwoDepths(ZONES, M, SCALE)
    noisy = np.array([20, 0])
    ratio, _ = model.learn(None, noisy, 60.0, 60.0 * standing, LENGTH_S, earlier=9)
    usual, _ = model.learn(None, noisy, 60.0, 0.0, LENGTH_S, earlier=9)
    assert (at(ratio, 0.9) > 1.3 * at(usual, 0.9)) == (standing > 0.2)


def test_which_windows_tell_who_went_far_is_decided_by_settings_alone():
    assert [tells_far(zones, 3) for zones in (1, 4, 5, 63)] == [False, False, True, True]


def test_no_noise_however_wild_breaks_the_ratio():
    for zones, most in ((3, 1), (9, 3), (63, 61)):
        for scale in (0.1, 2000.0):
            model, evidence = TwoDepths(zones, most, scale), None
            for earlier, (reached, far, kept) in enumerate(
                ((0, 0, 0.0), (10**9, 5, 5.0), (-(10**9), 10**9, 1e6), (3, 3, 1e9)) * 30
            ):
                ratio, evidence = model.learn(
                    evidence, np.array([reached, far]), kept, kept / 5, 60, earlier=earlier
                )
                assert np.isfinite(ratio.values).all()
                assert np.isfinite(ratio.median)
                assert (np.diff(ratio.values) >= 0).all()
                assert ratio.values[0] >= 0
