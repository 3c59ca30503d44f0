# SPDX-License-Identifier: Apache-2.0
"""Twenty windows of one visit: an attacker who knows everybody else cannot tell it was there."""

import math
import os
from dataclasses import replace

import numpy as np
from noise_doubles import PooledNoise
from scipy.stats import rankdata
from tick_sequences import content, play, row_of_zones, tick

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.settings import PrivacySettings

WINDOWS = 20
RUNS = int(os.environ.get("PRIVCV_PRIVACY_RUNS", "100"))
WINDOW_S = 5  # one tick


def scores(unit: str, present: bool) -> np.ndarray:
    """Released people heading north in the zone of the target, summed over its windows (runs,)."""
    settings = PrivacySettings(
        unit=unit, epsilon=1, max_cells=3, window_s=WINDOW_S, dwell_period_s=60 * WINDOW_S, k=1
    )
    zones = row_of_zones("c", 1)
    cameras = {f"c{i}": replace(zones, camera=f"c{i}") for i in range(RUNS)}
    device = Aggregator(settings, cameras, MemoryLedger(), noise=PooledNoise)
    sums = []
    for camera in cameras:
        ticks = []
        for window in range(WINDOWS + 1):
            people = [(1000 * window + i, 0, 3) for i in range(30)]
            ticks.append(tick(window, [*people, (7, 0, 3)] if present else people, camera))
        releases = [content(release) for release in play(device, ticks)]
        sums.append(sum(said["zones"][1]["flow"][2] for said in releases if said["zones"]))
    return np.array(sums, dtype=float)


def auc(unit: str) -> float:
    here, away = scores(unit, True), scores(unit, False)
    ranks = rankdata(np.concatenate([here, away]))[:RUNS]  # Mann and Whitney; ties count half
    above = (ranks.mean() - (RUNS + 1) / 2) / RUNS
    return float(max(above, 1 - above))


def test_a_visit_of_twenty_windows_hides_within_the_bound():
    bound = math.e / (1 + math.e)  # 0.731: no attack does better against epsilon = 1
    error = math.sqrt(bound * (1 - bound) / RUNS)
    assert auc("visit") <= bound + 2 * error


def test_noise_per_window_alone_gives_the_visit_away():
    """The same attack on the weaker promise, so that the test above is known to have teeth."""
    assert auc("event") > 0.85
