# SPDX-License-Identifier: Apache-2.0
"""The promise of presence, entries and footfall, each alone and all together, attacked.

The attack is that of ``epsilon_attack``. Each planted bug must push its bound over the nominal
value.
"""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from epsilon_attack import certain_epsilon
from noise_doubles import PooledNoise
from tick_sequences import content, tick

from privcv_privacy.aggregation import footfall
from privcv_privacy.aggregation.bounded_sums import BoundedSums
from privcv_privacy.aggregation.footfall import FootfallPublisher
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import Release
from privcv_privacy.noise import continual
from privcv_privacy.noise.continual import Prefix
from privcv_privacy.noise.mechanisms import Noise
from privcv_privacy.settings import STATISTICS, PrivacySettings

EPSILON = 2.0
RUNS = int(os.environ.get("PRIVCV_PRIVACY_RUNS", "400"))  # per world; the long run takes 20000
WINDOW_S, WINDOWS = 10, 3
TICKS = WINDOW_S // TICK_S  # in a window
TARGET, IN = 10**6, 1


def settings(*release: str, **more: Any) -> PrivacySettings:
    return PrivacySettings.model_validate(
        {
            "epsilon": EPSILON, "max_cells": 1, "window_s": WINDOW_S, "dwell_period_s": 60, "k": 1,
            "presence_cap_s": 5, "max_crossings": 1, "release": list(release), **more,
        }
    )  # fmt: skip


def world(present: bool, camera: str, windows: int = WINDOWS) -> Iterator[AnonymousTick]:
    """The target stays for ``windows`` and goes through a door in each; others are there too."""
    for number in range(TICKS * windows + 1):
        here = present and number < TICKS * windows
        others = [(100 + 10 * number + i, i, 1) for i in range(2)]
        crossed = {TARGET: IN if number % TICKS == 1 else 0, 100 + 10 * number: IN}
        target = [(TARGET, 0, 3)] if here else []
        yield tick(number, others + target, camera, crossed=crossed)


def numbers(releases: list[Release]) -> list[float]:
    """Every number that was released about the target's places."""
    told: list[float] = []
    for release in releases:
        said = content(release)
        told += [one["occupancy"] for one in said["zones"] if one["zone"] == "z0"]
        for one in said["dwell"]:
            told += one["visits"] if one["zone"] == "z0" else []
        for one in said.get("statistics", []):
            if one["place"] in ("z0", "door", "floor"):
                told.append(one["value"])
    return told


@pytest.fixture(autouse=True)
def _small_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leaf of footfall for each window, and two of them to a branch."""
    monkeypatch.setattr(footfall, "LEAF_S", WINDOW_S)
    monkeypatch.setattr(continual, "BRANCH", 2)


def attacked(*release: str, runs: int = RUNS, **more: Any) -> float:
    return certain_epsilon(runs, settings(*release), more.pop("ticks_of", world), numbers, **more)


@pytest.mark.parametrize("statistic", ["presence", "entries", "footfall"])
def test_a_statistic_alone_never_exceeds_its_epsilon_and_the_attack_has_power(statistic):
    assert EPSILON / 4 < attacked(statistic, enough=EPSILON / 4) <= EPSILON


def test_all_together_never_exceed_epsilon():
    assert attacked(*STATISTICS, runs=max(RUNS // 4, 150)) <= EPSILON


@pytest.mark.long
def test_the_attack_on_all_together_has_power():
    found = attacked(*STATISTICS, runs=max(RUNS, 3000), enough=EPSILON / 8)
    assert EPSILON / 8 < found <= EPSILON


@pytest.mark.long
@pytest.mark.parametrize("unit", ["person_window", "event"])
def test_a_weaker_unit_never_exceeds_its_epsilon(unit):
    """The unit is what the target does in the first window."""

    def first_window(present: bool, camera: str) -> Iterator[AnonymousTick]:
        for number, one in enumerate(world(True, camera)):
            yield one if present or number >= TICKS else list(world(False, camera))[number]

    given = settings("presence", "entries").model_copy(update={"unit": unit})
    assert certain_epsilon(RUNS, given, first_window, numbers) <= EPSILON


class HalfOfIt(PooledNoise):
    """Noise of half the scale."""

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        super().__init__(2 * epsilon, delta, votes)


@pytest.mark.long
@pytest.mark.parametrize("statistic", ["presence", "entries", "footfall"])
def test_half_the_noise_is_caught(statistic):
    assert attacked(statistic, noise=HalfOfIt, runs=max(RUNS, 1200), enough=EPSILON) > EPSILON


@pytest.mark.parametrize(
    ("statistic", "bound"), [("presence", "_most_moments"), ("entries", "_most_crossings")]
)
def test_a_visit_without_a_bound_is_caught(statistic, bound, monkeypatch):
    made = BoundedSums.__init__

    def unbounded(self, *of):
        made(self, *of)
        setattr(self, bound, 10**6)

    monkeypatch.setattr(BoundedSums, "__init__", unbounded)
    assert attacked(statistic, enough=EPSILON) > EPSILON


def test_a_visit_that_begins_in_every_window_is_caught(monkeypatch):
    once = BoundedSums.close_begun

    def again(self):
        for visit in self.visits.values():
            visit.begun = False
        return once(self)

    add = BoundedSums.add

    def keeping(self, tick, visits, *of, **more):
        self.visits = visits
        add(self, tick, visits, *of, **more)

    monkeypatch.setattr(BoundedSums, "add", keeping)
    monkeypatch.setattr(BoundedSums, "close_begun", again)
    assert attacked("footfall", ticks_of=partial(world, windows=6), enough=EPSILON) > EPSILON


@pytest.mark.long
def test_a_running_total_with_new_noise_each_time_is_caught(monkeypatch):
    """As if each total were all that is ever told."""

    class Anew(Prefix):
        counted = 0

        def add(self, leaf: int, noise: Noise) -> "Anew":
            after = Anew(self.branches, self.complete + 1)
            counted = self.counted + leaf
            noisy = PooledNoise(EPSILON, 0.0, 1).release(np.array([counted], dtype=np.int64))
            object.__setattr__(after, "counted", counted)
            object.__setattr__(after, "branches", int(noisy[0]))
            return after

    def report(self, leaf, begun, day_start_s, before):
        if before is None:
            before = footfall.Today(day_start_s, leaf.start_s, 0.0, Anew())
        return told(self, leaf, begun, day_start_s, before)

    told = FootfallPublisher.report
    monkeypatch.setattr(FootfallPublisher, "report", report)
    assert attacked("footfall", runs=max(RUNS, 1200), enough=EPSILON) > EPSILON
