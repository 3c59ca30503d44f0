# SPDX-License-Identifier: Apache-2.0
"""An attacker who asks again and again and averages never recovers a count of visits.

The attacker knows everything but how many people are there: it has seen as many other cameras as it
is tested on, with their true counts, and fits the count to what was published first and to the mean
of all that was published.

The oracle is a bound, not the code: where one visit more or less changes the probability of any
output by at most e^epsilon, a guess names the exact count, on average over a run of counts, with
probability tanh(epsilon / 2) at most (the sum over all counts n of e^(-epsilon |n - m|) P(guess n |
n) is at most the sum of P(guess n | m), which is 1). Planted bugs carry the same attacker past it.
"""

import math
import os
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace

import numpy as np
from noise_doubles import PooledNoise
from tick_sequences import content, row_of_zones, tick

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.contribution import Bound
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.settings import BudgetShares, PrivacySettings

CAMERAS = 2 * min(int(os.environ.get("PRIVCV_PRIVACY_RUNS", "80")), 1000)  # half teach
COUNTS = (20, 60)  # people there: any number in between, as likely as any other
WINDOW_S, WINDOWS, RESTARTS = 5, 20, 12  # a window is one tick
SETTINGS = PrivacySettings(
    epsilon=1.0,
    max_cells=1,
    k=1,
    window_s=WINDOW_S,
    dwell_period_s=60 * WINDOW_S,
    shares=BudgetShares(counts=1.0, dwell=0.0, bias=0.0),
)
BOUND = math.tanh(SETTINGS.epsilon / 2)  # 0.462
LIMIT = BOUND + 3 * math.sqrt(BOUND * (1 - BOUND) / (CAMERAS / 2))

TRUE = np.random.default_rng(8).integers(*COUNTS, CAMERAS)
ZONES = row_of_zones("c", 1)
MAPS = {f"c{i}": replace(ZONES, camera=f"c{i}") for i in range(CAMERAS)}
Said = list[list[list[float]]]  # occupancy and people heading north: per camera and publication


def watch(device: Aggregator, windows: int, said: Said, strangers: bool = False) -> None:
    """Everybody is there in all windows; ``strangers``: as many others come in each."""
    for window in range(windows + 1):
        first = 1000 * window if strangers else 0
        for camera, count in enumerate(TRUE.tolist()):
            people = [(first + person, 0, 3) for person in range(count)]
            for release in device.on_tick(tick(window, people, f"c{camera}")):
                report = content(release)["zones"][1]
                if report["status"] == "published":
                    said[camera].append([report["occupancy"], report["flow"][2]])


def recovered(said: Said) -> float:
    """Share of the counts that the attacker names exactly."""
    views = np.array([[*one[0], *np.mean(one, axis=0), 1.0] for one in said])
    half = CAMERAS // 2
    fit, *_ = np.linalg.lstsq(views[:half], TRUE[:half], rcond=None)
    return float((np.rint(views[half:] @ fit) == TRUE[half:]).mean())


def ask_after_restarts(open_ledger: Callable[[], Ledger | MemoryLedger]) -> Said:
    """The same hour, from a recording, to one process after the other; in windows of every other
    length too, which are other questions about the same people."""
    said: Said = [[] for _ in range(CAMERAS)]
    for _ in range(RESTARTS):
        for length in (1, 2):
            settings = SETTINGS.model_copy(update={"window_s": length * WINDOW_S})
            ledger = open_ledger()
            with closing(ledger) if isinstance(ledger, Ledger) else nullcontext():
                watch(Aggregator(settings, MAPS, ledger, noise=PooledNoise), length, said)
    return said


def stay(strangers: bool = False) -> Said:
    """Many windows of one process."""
    said: Said = [[] for _ in range(CAMERAS)]
    device = Aggregator(SETTINGS, MAPS, MemoryLedger(), noise=PooledNoise)
    watch(device, WINDOWS, said, strangers)
    return said


def test_asking_again_after_restarts_recovers_no_count(tmp_path):
    said = ask_after_restarts(lambda: Ledger(tmp_path / "ledger.db"))
    assert recovered(said) <= LIMIT
    # Every process has answered, and with the same values: there is nothing to average.
    assert {len(one) for one in said} == {RESTARTS}
    assert all(answer == one[0] for one in said for answer in one)


def test_a_ledger_that_forgets_at_a_restart_is_caught():
    assert recovered(ask_after_restarts(MemoryLedger)) > LIMIT


def test_watching_the_same_people_for_many_windows_recovers_no_count():
    assert recovered(stay()) <= LIMIT


def test_visits_that_count_in_every_window_are_caught(monkeypatch):
    monkeypatch.setattr(Bound, "admits", lambda self, life, window: True)
    assert recovered(stay()) > LIMIT


def test_averages_over_different_people_are_a_rate_and_are_told():
    """As docs/privacy.md says: no visit is in more than one of these windows, so their mean is not
    hidden. Hence the counts above were hidden by what a visit pays, not by a weak attacker."""
    assert recovered(stay(strangers=True)) > LIMIT
