# SPDX-License-Identifier: Apache-2.0
"""The promise's sensitivity: two worlds that differ in one unit differ by no more than is paid.

Whatever people do, whenever identities rotate and the aggregation restarts. A stay and a window
are taken out of the tracks, an event out of the ticks: its promise is about what those tell. The
votes are counted before noise, behind the real anonymizer: what a unit pays is the L1 distance of
all histograms together, and of the others nothing may change.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import (
    FRAMES_PER_S,
    LEFT_M,
    LENGTH_S,
    RIGHT_M,
    START_S,
    ZONES,
    Events,
    Walk,
    count,
    events_of,
    moved,
    one_window,
    untouched,
    whole_stay,
    without,
    world,
)

from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.noise.continual import LEVELS
from privcv_privacy.noise.two_depths import VOTES, tells_far
from privcv_privacy.settings import STATISTICS, PrivacySettings

# Speeds on both sides of every threshold there is or was, kept up for a while.
LEGS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.02, 0.25, -0.25, 0.35, -0.35, 0.6, -0.6, 1.3, 2.6]),
        st.integers(1, 20),
    ),
    min_size=1,
    max_size=6,
).map(lambda runs: [speed for speed, legs in runs for _ in range(legs)])
WALKS = st.lists(
    st.builds(
        Walk,
        first_s=st.integers(0, 300).map(lambda s: s // 5 * 5),
        x_m=st.floats(LEFT_M, RIGHT_M),
        legs_mps=LEGS,
        absent_legs=st.frozensets(st.integers(0, 49), max_size=3),
    ),
    min_size=1,
    max_size=2,
)
MOMENTS = st.frozensets(st.integers(0, LENGTH_S - 1), max_size=2)
EVENTS = st.builds(Events, forced_s=MOMENTS, restarts_s=MOMENTS, renewing=st.booleans())
PROMISES = st.builds(
    lambda cells, window_s, windows, cap_s: PrivacySettings(
        max_cells=cells, window_s=window_s, dwell_period_s=window_s * windows, k=1,
        min_coverage=0.2, identity_lifetime_s=225, release=list(STATISTICS),
        presence_cap_s=cap_s, max_crossings=cells, hour_share=0.5,
    ),
    st.integers(1, 3), st.sampled_from([20, 40, 60]), st.sampled_from([3, 6]),
    st.sampled_from([5, 30, 120]),
)  # fmt: skip


def check(unit, walks, events, promise, number, at_s):
    release = [one for one in STATISTICS if unit == "visit" or one != "footfall"]
    hours = {} if unit == "visit" else {"hour_share": 0.0}
    promise = promise.model_copy(update={"unit": unit, "release": release, **hours})
    number %= len(walks)
    frames, at_frame = world(walks), at_s * FRAMES_PER_S
    gone, told = frozenset(), untouched
    if unit == "visit":
        gone = whole_stay(frames, number, at_frame)
    elif unit == "person_window":
        gone = one_window(frames, number, at_frame, promise.window_s)
    elif events_there := events_of(frames, number, promise, events):
        told = events_there[at_s % len(events_there)].taken_out  # of the ticks, not the tracks
    there = count(frames, promise, events)
    absent = count(without(frames, number, gone), promise, events, told)
    # What one unit pays together; a stay of k identities pays k times.
    identities = len(there.ids - absent.ids) if unit == "visit" else 1
    votes = {"visit": promise.max_cells, "person_window": min(promise.max_cells, ZONES), "event": 1}
    counts = moved(there.counts, absent.counts)
    assert np.abs(counts).sum() <= identities * votes[unit]
    assert np.sqrt((counts**2).sum()) <= identities * np.sqrt(votes[unit])  # Gaussian noise
    dwell = np.abs(moved(there.dwell, absent.dwell)).sum()
    assert dwell <= identities * promise.max_cells * (1 if unit == "visit" else 2)
    # In one pool, over all windows of its life: who reached the bound, once.
    # Where zones are several more than cells that may count, two numbers in one vector.
    depths = VOTES if unit == "visit" and tells_far(ZONES, promise.max_cells) else 1
    assert np.abs(moved(there.bias, absent.bias)).sum() <= depths * identities
    # An event's moments and crossings may be those of other zones and lines without it.
    times = identities * (2 if unit == "event" else 1)
    presence, entries = moved(there.presence, absent.presence), moved(there.entries, absent.entries)
    assert np.abs(presence).sum() <= times * promise.presence_cap_s // TICK_S
    assert np.abs(entries).sum() <= times * promise.max_crossings
    assert np.abs(moved(there.footfall, absent.footfall)).sum() <= times * LEVELS
    # Once for an hour, from a part of their own: as much again, and no more.
    for hours, most in zip(
        zip(there.hours, absent.hours, strict=True),
        (promise.presence_cap_s // TICK_S, promise.max_crossings),
        strict=True,
    ):
        assert np.abs(moved(*hours)).sum() <= identities * most
    if unit != "visit":
        for each in (counts, presence, entries):
            assert len(np.flatnonzero(np.abs(each).sum(axis=1))) <= 1  # all in one window


@pytest.mark.parametrize("unit", ["visit", "person_window", "event"])
@given(WALKS, EVENTS, PROMISES, st.integers(0, 2), st.integers(0, LENGTH_S - 1))
@settings(max_examples=60, deadline=None)
def test_one_unit_moves_no_more_votes_than_it_pays_for(unit, walks, events, promise, number, at_s):
    check(unit, walks, events, promise, number, at_s)


@pytest.mark.long
@pytest.mark.parametrize("unit", ["visit", "person_window", "event"])
@given(WALKS, EVENTS, PROMISES, st.integers(0, 2), st.integers(0, LENGTH_S - 1))
@settings(max_examples=2000, deadline=None)
def test_one_unit_moves_no_more_votes_over_thousands_of_schedules(
    unit, walks, events, promise, number, at_s
):
    check(unit, walks, events, promise, number, at_s)


@given(WALKS, EVENTS, st.integers(0, 2), st.integers(0, LENGTH_S - 1))
@settings(max_examples=30, deadline=None)
def test_a_stay_has_one_identity_more_for_each_rotation_it_outstays(walks, events, number, at_s):
    """So that who reads the promise can tell k from the clock: docs/privacy.md, *A stay*."""
    promise = PrivacySettings(window_s=20, dwell_period_s=60, k=1, identity_lifetime_s=225)
    frames = world(walks)
    gone = whole_stay(frames, number % len(walks), at_s * FRAMES_PER_S)
    there, absent = (
        count(w, promise, events) for w in (frames, without(frames, number % len(walks), gone))
    )
    ticks = {START_S // TICK_S + frame // FRAMES_PER_S // TICK_S for frame in gone}
    met = [tick for tick in there.rotations if ticks and min(ticks) <= tick <= max(ticks)]
    assert len(there.ids - absent.ids) <= 1 + len(met)
