# SPDX-License-Identifier: Apache-2.0
"""Nobody is counted twice: what one unit can contribute is bounded."""

from dataclasses import replace

import numpy as np
import pytest
from anonymous_ticks import tick_in_cells
from hypothesis import given, settings
from hypothesis import strategies as st
from noise_doubles import Recorder
from tick_sequences import PLAIN, START, TICKS, content, row_of_zones, run, tick

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.settings import PrivacySettings


def test_a_visit_counts_in_its_first_cells_only_and_once_in_each():
    ticks = [tick(i, [(7, i % 2, 1)]) for i in range(5 * TICKS + 1)]
    _, recorder, _ = run(ticks)
    assert [int(counts.sum()) for counts in recorder.counts] == [2, 1, 0, 0, 0]


def test_other_units_bound_what_they_name():
    ticks = [tick(i, [(7, i % 3, 1)]) for i in range(3 * TICKS + 1)]
    window = PLAIN.model_copy(update={"unit": "person_window", "max_cells": 2})
    _, recorder, _ = run(ticks, window, zones=3)
    assert [int(counts.sum()) for counts in recorder.counts] == [2, 2, 2]
    _, recorder, _ = run(ticks, PLAIN.model_copy(update={"unit": "event"}), zones=3)
    assert [int(counts.sum()) for counts in recorder.counts] == [3, 3, 3]


def test_an_identity_given_twice_in_one_tick_votes_once():
    _, recorder, _ = run([tick(i, [(7, 0, 1), (7, 1, 3)]) for i in range(TICKS + 1)])
    assert recorder.counts[0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("directions", "bin_"),
    [
        ([0, 0, 0, 1], 0),  # stood longer than it moved
        ([1, 1, 3, 0], 1),  # mostly east
        ([3, 2, 4, 3], 2),  # diagonals cancel, north remains
        ([5, 6, 4, 5], 3),
        ([7, 7, 1, 5], 4),
    ],
)
def test_a_stay_votes_for_its_main_heading(directions, bin_):
    ticks = [tick(i, [(7, 0, direction)]) for i, direction in enumerate(directions)]
    _, recorder, _ = run([*ticks, tick(TICKS, [])])
    assert np.flatnonzero(recorder.counts[0]).tolist() == [bin_]


def people_in_zones(ticks, options=PLAIN, zones=2, **more):
    """People counted in each zone of the first window, which begins with ``ticks``."""
    empty = [tick(number, []) for number in range(len(ticks), TICKS + 1)]
    _, recorder, _ = run([*ticks, *empty], options, zones, **more)
    return recorder.counts[0].reshape(zones, 5).sum(axis=1).tolist()


EVENT = PLAIN.model_copy(update={"unit": "event"})


def test_a_person_counts_once_in_every_zone_entered_however_many_cells_that_were():
    path = [(0, 3), (1, 3), (7, 3), (8, 3), (9, 3), (8, 4)]  # z0 holds cells 0 to 7, z1 8 to 15
    ticks = [tick_in_cells("lobby", START + i, [(7, path, 1)]) for i in range(TICKS)]
    assert people_in_zones(ticks) == [1, 1]
    assert people_in_zones(ticks, EVENT) == [1, 1]


def test_who_passes_beside_a_zone_is_not_pulled_in():
    """Not by what was counted before either: the first tick is in z0, the others beside it."""
    ticks = [tick_in_cells("lobby", START, [(7, [(3, 3), (8, 3)], 1)])]
    ticks += [
        tick_in_cells("lobby", START + i, [(7, [(8, 8), (-1, 3), (16, 3)], 1)])
        for i in range(1, 2 * TICKS + 1)
    ]
    _, recorder, _ = run(ticks)
    assert [counts.reshape(2, 5).sum(axis=1).tolist() for counts in recorder.counts] == [
        [1, 1],
        [0, 0],
    ]


def test_the_direction_of_a_tick_counts_in_every_zone_of_it():
    _, recorder, _ = run([tick(0, [(7, (0, 1), 3)]), *(tick(i, []) for i in range(1, TICKS + 1))])
    assert recorder.counts[0].reshape(2, 5).tolist() == [[0, 0, 1, 0, 0], [0, 0, 1, 0, 0]]


def test_a_tick_is_a_stay_in_its_last_zone_only():
    options = PrivacySettings(window_s=20, dwell_period_s=60, k=1, max_cells=2)
    ticks = [tick(i, [(7, (1, 0), 1)] if i < 8 else []) for i in range(13)]
    _, recorder, _ = run(ticks, options)
    assert recorder.made[1].seen[0].tolist() == [0, 1, 0, 0, 0, 0]  # 40 s in z0, none in z1


@pytest.mark.parametrize("last", range(4))
def test_the_last_zone_of_a_tick_uses_the_bound_first(last):
    one = PLAIN.model_copy(update={"max_cells": 1})
    path = [*[zone for zone in range(4) if zone != last], last]
    assert people_in_zones([tick(0, [(7, path, 1)])], one, zones=4) == [
        int(zone == last) for zone in range(4)
    ]


def test_which_zones_of_one_tick_count_is_decided_by_the_identity_alone():
    """Beyond the last, no zone is preferred, and who else is there changes nothing."""
    two = PLAIN.model_copy(update={"max_cells": 2})
    chosen = []
    for id in range(200):
        alone = people_in_zones([tick(0, [(id, (0, 1, 2, 3), 1)])], two, zones=4)
        assert alone[3] == 1
        assert sum(alone) == 2
        crowd = [(1000 + i, (3, 2, 1, 0), 1) for i in range(9)]
        together = people_in_zones([tick(0, [*crowd, (id, (0, 1, 2, 3), 1)])], two, zones=4)
        others = people_in_zones([tick(0, crowd)], two, zones=4)
        assert (np.array(together) - others).tolist() == alone
        chosen.append(alone.index(1))
    assert min(chosen.count(zone) for zone in range(3)) > 0


def test_dwell_is_released_once_per_period_for_bounded_visits():
    options = PrivacySettings(window_s=20, dwell_period_s=60, k=1, max_cells=1)
    people = [[(1, 0, 0), *([(2, 1, 0)] if i < 5 else [])] for i in range(13)]
    releases, recorder, _ = run([tick(i, who) for i, who in enumerate(people)], options)
    dwell = [content(one)["dwell"] for one in releases if content(one)["dwell"]]
    assert len(dwell) == 1
    assert [report["zone"] for report in dwell[0]] == ["floor", "z0", "z1"]
    assert recorder.made[1].seen[0].tolist() == [0, 1, 0, 1, 0, 0]  # 60 s in z0, 25 s in z1


def test_presence_of_one_never_changes_the_votes_of_others():
    rng = np.random.default_rng(3)
    people = [
        [(int(j), int(rng.integers(3)), int(rng.integers(9))) for j in range(8)] for _ in range(41)
    ]
    without = [[one for one in now if one[0] != 5] for now in people]
    alone = [[one for one in now if one[0] == 5] for now in people]
    votes = [
        np.array(run([tick(i, who) for i, who in enumerate(people_there)], zones=3)[1].counts)
        for people_there in (people, without, alone)
    ]
    assert (votes[0] == votes[1] + votes[2]).all()
    assert votes[2].sum() <= PLAIN.max_cells


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.integers(1, 40), st.integers(0, 2)),
        st.tuples(st.just("crash"), st.just(0), st.just(0)),
        st.tuples(st.just("replay"), st.integers(1, 30), st.integers(0, 2)),
        st.tuples(st.just("day"), st.just(0), st.just(0)),
        st.tuples(st.just("resize"), st.sampled_from([20, 60, 10]), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(STEPS, st.integers(1, 4))
def test_no_sequence_of_events_makes_one_visit_pay_twice(steps, max_cells):
    """One identity does anything anywhere; whatever crashes, replays or turns the day, it casts at
    most M votes in what was released. The oracle counts votes, not charges."""
    ledger = MemoryLedger()
    options = PrivacySettings(
        window_s=20, k=1, max_cells=max_cells, dwell_period_s=60, identity_lifetime_s=400
    )
    recorders = []

    def start(chosen):
        recorders.append(Recorder())
        return Aggregator(chosen, {"lobby": row_of_zones("lobby", 3)}, ledger, noise=recorders[-1])

    device, now, born = start(options), 0, 0
    for kind, amount, zone in steps:
        if kind == "tick":
            now += amount
        elif kind == "day":
            now += 86400 // 5
        elif kind == "crash":
            device = start(options)
        elif kind == "resize":
            options = options.model_copy(update={"window_s": amount})
            device = start(options)
        # An identity lives for 400 s at most; then it is somebody else.
        if now - born > 70:
            born = now
        moment = max(now - amount, born) if kind == "replay" else now
        device.on_tick(tick(moment, [(born + 1, zone, 1)]))
    device.advance("lobby", START + now + 100)
    cast: dict[str, float] = {"counts": 0.0, "dwell": 0.0}
    lives = (
        1
        + sum(kind == "day" for kind, _, _ in steps)
        + sum(a for k, a, _ in steps if k == "tick") // 70
    )
    for recorder in recorders:
        cast["counts"] += sum(float(counts.sum()) for counts in recorder.made[0].seen)
        cast["dwell"] += sum(float(counts.sum()) for counts in recorder.made[1].seen)
    assert cast["counts"] <= max_cells * lives
    assert cast["dwell"] <= max_cells * lives


WEAK = PLAIN.model_copy(update={"unit": "person_window", "max_cells": 1})


@pytest.mark.parametrize(
    ("promise", "epoch_s"),
    [(PLAIN, 60), (PLAIN, 86400), (WEAK, 0), (WEAK, 120), (WEAK, 30)],
)
def test_identities_of_another_unit_are_refused_and_said(promise, epoch_s, caplog):
    """Those of visits under a weaker unit would let another window decide; the other way round,
    one stay would be many visits."""
    recorder = Recorder()
    zones = {"lobby": row_of_zones("lobby", 2)}
    device = Aggregator(promise, zones, MemoryLedger(), noise=recorder)
    for number in range(3 * TICKS + 1):
        assert device.on_tick(tick(number, [(7, 0, 1)], epoch_s=epoch_s)) == []
    assert device.counts.of_another_unit == 3 * TICKS + 1
    assert device.counts.accepted == 0
    assert f"set epoch_s of its anonymization to {promise.epoch_s}" in device.refused[0]
    assert len(caplog.records) == 1  # and not once a tick
    device.on_tick(tick(4 * TICKS, [(7, 0, 1)], epoch_s=promise.epoch_s))
    assert device.refused == []
    assert device.counts.accepted == 1


def test_replaced_identities_count_once_in_the_window_that_is_open():
    """One person has two ids in it: what the first one did is discarded."""
    ticks = [
        replace(tick(i, [(1 + (i >= 2), int(i >= 2), 1)]), generation=int(i >= 2))
        for i in range(TICKS + 1)
    ]
    _, recorder, _ = run(ticks, WEAK)
    assert [counts.reshape(2, 5).sum(axis=1).tolist() for counts in recorder.counts] == [[0, 1]]
