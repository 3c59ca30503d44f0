# SPDX-License-Identifier: Apache-2.0
"""Who reaches the contribution bound is counted in every window, each visit once in its life."""

from dataclasses import replace

import numpy as np
import pytest
from noise_doubles import NoNoise, Recorder
from tick_sequences import START, TICKS, aggregator, content, play, tick

from privcv_privacy.aggregation.contribution import Beyond
from privcv_privacy.aggregation.publisher import EstimatorState, Publisher, dropped_in
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.settings import BudgetShares, PrivacySettings

SHARES = BudgetShares(counts=0.95, dwell=0.0, bias=0.05)
OPTIONS = PrivacySettings(
    window_s=20, k=1, max_cells=1, dwell_period_s=60, shares=SHARES, identity_lifetime_s=600,
    min_coverage=0,
)  # fmt: skip
LIFETIME = 600 // 20  # windows


def told(options, windows, people, zones=2, ledger=None, renewed=False, first=0):
    """The numbers of visits that noise was added to, window by window, and the releases."""
    recorder = Recorder()
    device = aggregator(options, zones, noise=recorder, ledger=ledger or MemoryLedger())
    if renewed:
        device.identities_renewed("lobby", START + first * TICKS)
    ticks = [
        tick(number, people(number) if number < (first + windows) * TICKS else [])
        for number in range(first * TICKS, (first + windows) * TICKS + 1)
    ]
    releases = play(device, ticks)
    return [int(seen[0]) for seen in recorder.made[-1].seen], releases


def wanderer(number):
    """Somebody who goes from zone to zone, and stays."""
    return [(7, number % 2, 1)]


def test_a_new_device_counts_from_its_first_window_on_and_each_visit_once():
    counted, _ = told(OPTIONS, 6, wanderer)
    assert counted == [1, 0, 0, 0, 0, 0]
    counted, _ = told(OPTIONS, 6, lambda number: [(7, 0, 1)])  # one cell a window
    assert counted == [0, 1, 0, 0, 0, 0]


def test_nothing_is_drawn_or_paid_where_nobody_can_have_reached_the_bound():
    """In one zone nobody can be in more than three cells before the fourth window."""
    ledger = MemoryLedger()
    options = OPTIONS.model_copy(update={"max_cells": 3})
    counted, _ = told(options, 3, lambda number: [(7, 0, 1)], zones=1, ledger=ledger)
    assert counted == []
    assert "lobby|bias" not in ledger.cohorts
    counted, _ = told(options, 6, lambda number: [(7, 0, 1)], zones=1)
    assert counted == [1, 0, 0]


def test_a_restart_within_a_lifetime_counts_nobody_again(tmp_path):
    """The identities live on under the camera; what was released of them is only in the ledger."""
    counted = []
    for first, windows in ((0, 3), (3, 2), (5, LIFETIME + 4)):
        with Ledger(tmp_path / "ledger.db") as ledger:
            seen, releases = told(OPTIONS, windows, wanderer, ledger=ledger, first=first)
            reasons = {content(one)["zones"][1]["reason"] for one in releases}
            counted.append((sum(seen), "budget" in reasons))
    # The last run is affordable again when nobody from before the restart can be there.
    assert counted[:2] == [(1, False), (0, True)]
    assert counted[2][0] == 0


def test_after_a_restart_with_new_identities_the_first_window_is_counted():
    ledger = MemoryLedger()
    told(OPTIONS, 3, wanderer, ledger=ledger)
    counted, releases = told(
        OPTIONS, 3, lambda number: [(8, number % 2, 1)], ledger=ledger, renewed=True, first=3
    )
    assert counted == [1, 0, 0]
    assert {content(one)["zones"][1]["reason"] for one in releases} == {"none"}


@pytest.mark.parametrize("zones", [1, 2])
def test_whatever_counts_can_pay_for_the_dropped_can_too(zones):
    """Who reached the bound never holds back a release: a visit is out of votes before."""
    ledger = MemoryLedger()
    options = OPTIONS.model_copy(update={"max_cells": 3})
    alone = OPTIONS.model_copy(
        update={"max_cells": 3, "shares": BudgetShares(counts=0.95, dwell=0.0, bias=0.0)}
    )
    other = MemoryLedger()
    for first in range(0, 8, 2):
        _, both = told(options, 2, wanderer, zones, ledger, first=first)
        _, counts = told(alone, 2, wanderer, zones, other, first=first)
        assert [one.affordable for one in both] == [one.affordable for one in counts]


@pytest.mark.parametrize(("zones", "expected"), [(1, []), (2, [1, 1, 1])])
def test_a_person_in_a_window_is_counted_once_in_each(zones, expected):
    options = OPTIONS.model_copy(update={"unit": "person_window"})
    counted, _ = told(options, 3, lambda number: [(7, number % zones, 1)], zones=zones)
    assert counted == expected


def test_an_event_is_never_dropped():
    options = OPTIONS.model_copy(update={"unit": "event"})
    assert dropped_in(options, 9, 100, Beyond(5, 2)) is None


def test_where_zones_are_many_each_visit_is_once_among_those_that_went_far():
    """Of one cell and four zones: eight cells in two windows, the fourth of them is far beyond."""
    recorder = Recorder()
    device = aggregator(OPTIONS, 4, noise=recorder)
    play(device, [tick(number, [(7, number % 4, 1)]) for number in range(3 * TICKS + 1)])
    noise = recorder.made[-1]
    assert [seen.tolist() for seen in noise.seen] == [[2, 1], [0, 0], [0, 0]]
    assert noise.scale == 3 / OPTIONS.bias_epsilon
    # One who goes no further than two cells beyond the bound, over three windows, never went far.
    recorder = Recorder()
    device = aggregator(OPTIONS, 4, noise=recorder)
    play(device, [tick(number, [(7, 0, 1)]) for number in range(3 * TICKS + 1)])
    assert [seen.tolist() for seen in recorder.made[-1].seen] == [[0, 0], [2, 0], [0, 0]]


@pytest.mark.parametrize(("unit", "zones"), [("visit", 2), ("person_window", 9)])
def test_elsewhere_only_who_reached_the_bound_is_told(unit, zones):
    recorder = Recorder()
    options = OPTIONS.model_copy(update={"unit": unit})
    device = aggregator(options, zones, noise=recorder)
    ticks = [tick(number, [(7, number % zones, 1)]) for number in range(2 * TICKS + 1)]
    play(device, ticks)
    assert {len(seen) for seen in recorder.made[-1].seen} == {1}
    assert recorder.made[-1].scale == 1 / options.bias_epsilon


@pytest.mark.parametrize(("far", "lost"), [(0, 80), (22, 290), (40, 500)])
def test_how_many_went_far_decides_what_a_hall_of_many_zones_lost(far, lost):
    """80 visits reached the bound: each lost 1 / (1 - q) cells, and q^4 of them went far."""
    side = 4.0 * np.arange(9)
    boxes_m = np.stack([side, 0 * side, side + 4, 0 * side + 3], axis=1)
    options = PrivacySettings(epsilon=4, k=1, shares=SHARES)
    publisher = Publisher(options, [f"z{i}" for i in range(9)], boxes_m, NoNoise)
    counts = np.full((9, 5), 22, dtype=np.int64)
    state = EstimatorState()
    for window in range(24):
        dropped = dropped_in(options, 9, window, Beyond(80, far if window > 2 else 0))
        span = Span("lobby", 300 * window, 300, 1.0)
        reports, state = publisher.zone_reports(span, counts, dropped, state)
    total = sum(report.occupancy for report in reports[1:])
    assert lost == pytest.approx(80 / (1 - (far / 80) ** (1 / 4)), rel=0.02)
    assert total == pytest.approx(counts.sum() + lost, rel=0.08)


def test_totals_are_corrected_from_the_first_windows_on():
    """A hall of 400 cells that count and 60 visits beyond the bound in each window."""
    left = 4.0 * np.arange(4)
    boxes_m = np.stack([left, 0 * left, left + 4, 0 * left + 3], axis=1)
    options = PrivacySettings(epsilon=2, k=1, shares=SHARES)
    publisher = Publisher(options, [f"z{i}" for i in range(4)], boxes_m, NoNoise)
    counts = np.full((4, 5), 20, dtype=np.int64)
    state, totals = EstimatorState(), []
    for window in range(6):
        dropped = dropped_in(options, 4, window, Beyond(60 if window else 5, 0))
        span = Span("lobby", 300 * window, 300, 1.0)
        before = state
        reports, state = publisher.zone_reports(span, counts, dropped, before)
        totals.append(sum(report.occupancy for report in reports[1:]))
    assert 400 <= totals[0] < 1.06 * 400
    # r (1 - q)^0.9 = 60 / 400 with q^3 = r / (1 + r): r = 0.36.
    assert totals[-1] == pytest.approx(1.36 * 400, rel=0.04)
    assert all(1.15 * 400 < total < 1.45 * 400 for total in totals[1:])
    # What is learnt makes intervals narrower.
    forgot, _ = publisher.zone_reports(span, counts, dropped, replace(before, dropped=None))
    assert widths(reports) < 0.95 * widths(forgot)


def widths(reports):
    return sum(report.occupancy_high - report.occupancy_low for report in reports[1:])
