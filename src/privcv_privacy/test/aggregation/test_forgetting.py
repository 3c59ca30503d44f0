# SPDX-License-Identifier: Apache-2.0
"""Visits that are over are forgotten as soon as the bound allows, and nobody counts once more."""

from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
from anonymous_ticks import tick_in_cells
from hypothesis import given, settings
from hypothesis import strategies as st
from tick_sequences import PLAIN, START, TICKS, run, tick
from worlds import ZONES, Walk, count, world

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.contribution import Contributions
from privcv_privacy.anonymous_tick import MAX_PEOPLE, TICK_S, AnonymousTick
from privcv_privacy.settings import PrivacySettings

ABSENCE_TICKS = PLAIN.identity_absence_s // TICK_S
ONE = PLAIN.model_copy(update={"max_cells": 1})


def remembered(ticks: Sequence[AnonymousTick], options: PrivacySettings = ONE) -> set[int]:
    """Identities that the aggregation holds anything of after ``ticks``."""
    device: Aggregator = run(ticks, options)[2]
    return set(device._cameras["lobby"]._contributions.visits)


def votes(ticks: Sequence[AnonymousTick]) -> int:
    """Votes in all windows of what comes with ``ticks``; each visit has one."""
    last = ticks[-1].tick - START
    ended = [tick(last + TICKS, []), tick(last + 2 * TICKS, [])]
    return sum(int(counts.sum()) for counts in run([*ticks, *ended], ONE)[1].counts)


def test_who_left_is_forgotten_before_the_window_ends() -> None:
    ticks = [tick(0, [(7, 0, 1), (8, 0, 1)])]
    for absent in range(1, ABSENCE_TICKS + 1):
        ticks.append(tick(absent, [(8, 0, 1)]))
        assert remembered(ticks) == {7, 8}
    ticks.append(tick(ABSENCE_TICKS + 1, [(8, 0, 1)]))
    assert remembered(ticks) == {8}
    assert votes(ticks) == 2


def test_who_comes_back_in_time_is_the_same_visit() -> None:
    ticks = [tick(number, [(7, 0, 1)] if number % 3 == 0 else []) for number in range(30)]
    assert remembered(ticks) == {7}
    assert votes(ticks) == 1


def test_all_are_forgotten_with_the_first_tick_after_their_identities_were_replaced() -> None:
    after = tick_in_cells("lobby", START + 1, [], generation=1)
    assert remembered([tick(0, [(7, 0, 1)]), after]) == set()
    assert votes([tick(0, [(7, 0, 1)]), after]) == 1


@pytest.mark.parametrize("jump", [2, 3, 12, 500])
def test_a_clock_that_jumps_makes_no_second_visit(jump: int) -> None:
    """In a replay nobody says that the clock was set, and the person is still there."""
    before = [tick(number, [(7, 0, 1)]) for number in range(3)]
    after = [tick(3 + jump + number, [(7, 0, 1)]) for number in range(3)]
    assert votes([*before, *after]) == 1


def test_lost_ticks_make_no_second_visit() -> None:
    ticks = [tick(number, [(7, 0, 1)] if number % 10 == 0 else []) for number in range(0, 60, 2)]
    assert votes(ticks) == 1


def test_a_crowd_that_has_no_room_for_all_ends_nobodys_visit() -> None:
    crowd = [(100 + number, 1, 1) for number in range(MAX_PEOPLE)]
    ticks = [tick(0, [(7, 0, 1)]), *(tick(number, crowd) for number in range(1, 9))]
    assert 7 in remembered(ticks)
    assert votes([*ticks, tick(9, [(7, 0, 1)])]) == 1 + MAX_PEOPLE


@pytest.mark.parametrize("unit", ["person_window", "event"])
def test_the_weaker_units_remember_until_the_dwell_period_ends(unit: str) -> None:
    options = PLAIN.model_copy(update={"unit": unit})
    period = PLAIN.dwell_period_s // TICK_S
    there = [tick(0, [(7, 0, 1)]), *(tick(number, []) for number in range(1, period))]
    assert remembered(there, options) == {7}
    assert remembered([*there, tick(period, [])], options) == set()


LEGS = st.lists(st.sampled_from([0.0, 0.3, -0.6, 1.3]), min_size=1, max_size=30)
WALKS = st.builds(
    Walk,
    first_s=st.integers(0, 300),
    x_m=st.floats(0, 4.0 * ZONES - 0.1),
    legs_mps=LEGS,
    absent_legs=st.frozensets(st.integers(0, 29), max_size=8),
)


@given(st.lists(WALKS, min_size=1, max_size=3), st.sampled_from([20, 60]), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_forgetting_changes_nothing_that_is_counted(
    walks: list[Walk], window_s: int, max_cells: int
) -> None:
    """Against a device that remembers everybody as long as any identity may live."""
    promise = PrivacySettings(
        max_cells=max_cells, window_s=window_s, dwell_period_s=3 * window_s, k=1,
        min_coverage=0.2, identity_lifetime_s=225,
    )  # fmt: skip
    frames = world(walks)
    forgetful = count(frames, promise)
    with patch.object(Contributions, "miss", lambda self, ids: None):
        mindful = count(frames, promise)
    for one, other in (
        (forgetful.counts, mindful.counts),
        (forgetful.dwell, mindful.dwell),
        (forgetful.bias, mindful.bias),
    ):
        assert len(one) == len(other)
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
