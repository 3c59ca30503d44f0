# SPDX-License-Identifier: Apache-2.0
"""What one unit gets out is never more than what was booked for it: the corners."""

import errno
import math

import numpy as np
import pytest
from anonymous_ticks import tick_in_cells
from noise_doubles import Recorder
from tick_sequences import START, aggregator, content, tick

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.budget.ledger_chain import Anchor
from privcv_privacy.errors import LedgerError
from privcv_privacy.noise.mechanisms import Gaussian, gaussian_epsilon
from privcv_privacy.noise.two_depths import REACH_VOTES
from privcv_privacy.settings import BudgetShares, PrivacySettings

ONLY_COUNTS = BudgetShares(counts=1, dwell=0, bias=0)
WINDOW = 60  # ticks of 5 s in the default window


def test_one_event_more_or_less_is_one_vote_even_at_the_borders_of_zones():
    """Hysteresis would let where somebody was before decide where they count next."""
    zones = {
        "left": [0, 0, 4, 0, 4, 4, 0, 4],
        "right": [4, 0, 8, 0, 8, 4, 4, 4],
        "above": [0, 4, 8, 4, 8, 8, 0, 8],
    }
    floor = zone_map("lobby", {name: ZoneSettings(polygon_m=at) for name, at in zones.items()})
    above, right, left_beside_above = (3, 9), (14, 3), (3, 7)

    def histogram(cells):
        recorder = Recorder()
        device = Aggregator(
            PrivacySettings(unit="event", min_coverage=0, window_s=300),
            {"lobby": floor}, MemoryLedger(),
            noise=recorder,
        )  # fmt: skip
        for number, cell in enumerate([*cells, *[None] * WINDOW]):
            there = [] if cell is None else [cell]
            device.on_tick(
                tick_in_cells(
                    "lobby", START + number, [(9, [cell], 0) for cell in there], epoch_s=86400
                )
            )
        return recorder.made[0].seen[0]

    with_event = histogram([above, right, left_beside_above, left_beside_above])
    without = histogram([above, None, left_beside_above, left_beside_above])
    assert np.abs(with_event - without).sum() == 1


def test_a_release_that_was_committed_before_the_ledger_failed_is_booked(tmp_path, monkeypatch):
    """The anchor is written after the commit: the disk may be full then."""
    written = Anchor.write
    full: list[bool] = []

    def write(anchor, link):
        if full:
            full.clear()
            raise OSError(errno.ENOSPC, "No space left on device")
        written(anchor, link)

    monkeypatch.setattr(Anchor, "write", write)
    options = PrivacySettings(window_s=300, min_coverage=0, max_cells=3, shares=ONLY_COUNTS)
    votes = 0
    for run in range(2):
        with Ledger(tmp_path / "ledger.db") as ledger:
            recorder = Recorder()
            device = aggregator(options, zones=1, ledger=ledger, noise=recorder)
            for window in range(5 * run, 5 * run + 5):
                full[:] = [True] if run == 0 else []
                try:
                    device.on_tick(tick(window * WINDOW, [(7, 0, 0)]))
                except LedgerError:
                    device.on_tick(tick(window * WINDOW + 1, [(7, 0, 0)]))
            affordable = ledger.spent("lobby|counts", 0)[0]
            votes += sum(int(counts.sum()) for counts in recorder.made[0].seen)
    assert affordable == pytest.approx(options.epsilon)
    assert votes == 3


@pytest.mark.parametrize("max_cells", [3, 16, 64])
def test_gaussian_noise_is_booked_at_what_its_first_cells_cost(max_cells):
    options = PrivacySettings(
        window_s=300, min_coverage=0, mechanism="gaussian", max_cells=max_cells, shares=ONLY_COUNTS
    )
    ledger = MemoryLedger()
    device = aggregator(options, zones=1, ledger=ledger)
    releases = [r for window in range(2) for r in device.on_tick(tick(window * WINDOW, []))]
    (charge,) = ledger.cohorts["lobby|counts"].values()
    reported = content(releases[0])["zones"][1]["epsilon"]
    sigma = Gaussian(options.epsilon, options.delta, max_cells).scale
    # Bun and Steinke 2016, proposition 1.3: rho-zCDP is (rho + 2 sqrt(rho ln(1/delta)), delta)-DP,
    # a bound that OpenDP's conversion improves by less than a third.
    rho = 1 / (2 * sigma**2)
    bound = rho + 2 * math.sqrt(rho * math.log(1 / options.delta))
    assert 0.66 * bound < reported <= bound
    assert reported > 1.5 * options.epsilon / max_cells
    assert charge.epsilon >= gaussian_epsilon(sigma, options.delta, 1)
    assert charge.epsilon == pytest.approx(options.epsilon)


@pytest.mark.parametrize(
    ("unit", "lifetime_s", "ends", "later"), [("person_window", 4205, 12, 1), ("visit", 600, 14, 3)]
)
def test_a_dropped_cell_is_counted_for_the_bias_once(unit, lifetime_s, ends, later):
    """A replay that starts later is another run, whose memory knows nothing of the first."""
    options = PrivacySettings(
        window_s=300, min_coverage=0, unit=unit, max_cells=1, dwell_period_s=86400,
        identity_lifetime_s=lifetime_s,
    )  # fmt: skip
    ledger, counted = MemoryLedger(), 0
    for first, last in ((0, ends), (later, 30)):
        recorder = Recorder()
        device = aggregator(options, zones=3, ledger=ledger, noise=recorder)
        for window in range(first, last + 1):
            for zone in range(3):
                people = [(10**6, zone, 0)] if window == 8 else []
                device.on_tick(tick(window * WINDOW + zone, people, epoch_s=options.epoch_s))
        depths = REACH_VOTES if unit == "visit" else 1
        for noise in recorder.made:
            counted += sum(int(given[0]) for given in noise.seen if len(given) < 3) // depths
    assert counted == 1


def test_a_dwell_that_was_not_released_in_time_is_not_released_later():
    """After a leap beyond what is caught up with, the period before it is given up whole."""
    options = PrivacySettings(min_coverage=0, max_cells=1, window_s=30, dwell_period_s=86400)
    day = 86400 // 5
    recorder = Recorder()
    device = aggregator(options, zones=1, noise=recorder)
    somebody = [(7, 0, 0)]
    leaps: list[tuple[int, list[tuple[int, int, int]]]] = [
        (3 * day + 10 + 5000 * step, []) for step in range(4)
    ]
    for number, people in [(12, somebody), (13, somebody), *leaps, (4 * day + 2, [])]:
        device.on_tick(tick(number, people))
    dwells = [given for noise in recorder.made for given in noise.seen if len(given) == 3]
    assert sum(int(given.sum()) for given in dwells) == 0
