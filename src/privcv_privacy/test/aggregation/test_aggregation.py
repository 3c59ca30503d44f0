# SPDX-License-Identifier: Apache-2.0
"""Windows close by event time, every zone always reports, and nobody is counted twice."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from privacy_scenes import (
    START,
    PooledNoise,
    Recorder,
    aggregator,
    content,
    play,
    row_of_zones,
    tick,
)

from privcv_core.protocol.release import read_release
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.errors import LedgerError
from privcv_privacy.settings import BudgetShares, PrivacySettings

QUIET = BudgetShares(counts=0.85, dwell=0.0, bias=0.0)
PLAIN = PrivacySettings(window_s=20, k=1, shares=QUIET, dwell_period_s=60)
TICKS = 4  # of 5 s in a window


def run(ticks, options=PLAIN, zones=2, **more):
    recorder = Recorder()
    device = aggregator(options, zones, noise=recorder, **more)
    return play(device, ticks), recorder, device


def test_every_zone_reports_every_window_at_the_same_time_and_shape():
    empty = [tick(i, []) for i in range(13)]
    crowd = [tick(i, [(100 + j, j % 2, 1 + j % 8) for j in range(200)]) for i in range(13)]
    shapes = []
    for ticks in (empty, crowd):
        releases, _, _ = run(ticks)
        assert [release.sequence for release in releases] == [1, 2, 3]
        shapes.append(
            [
                [
                    (report["zone"], report["window_start"], sorted(report))
                    for report in said["zones"]
                ]
                for said in map(content, releases)
            ]
        )
    assert shapes[0] == shapes[1]
    assert [zone for zone, _, _ in shapes[0][0]] == ["floor", "z0", "z1"]


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


def test_an_identity_told_twice_in_one_tick_votes_once():
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


def test_standing_on_a_line_is_one_visit():
    """Feet jitter between cells 7 and 8, the border of z0 and z1: hysteresis keeps them in z0."""
    ticks = []
    for i in range(TICKS + 1):
        one = tick(i, [(7, 0, 0)])
        one.cell_xy[0, 0] = 7 + i % 2
        ticks.append(one)
    _, recorder, _ = run(ticks)
    assert recorder.counts[0].reshape(2, 5).sum(axis=1).tolist() == [1, 0]


def test_ticks_that_come_wrong_change_nothing_and_are_counted():
    good = [tick(i, [(i, 0, 1)]) for i in range(2 * TICKS + 1)]
    expected = [release.payload for release in run(good)[0]]
    clock = {"now": 0.0}
    device = aggregator(PLAIN, noise=Recorder(), clock_s=lambda: clock["now"])
    releases = []
    for i, one in enumerate(good):
        clock["now"] = (START + i + 1) * 5.0
        releases += device.on_tick(one)
        releases += device.on_tick(tick(i, [(99, 1, 1)]))  # again, with other content
        releases += device.on_tick(tick(i - 1, [(98, 1, 1)]))
        releases += device.on_tick(tick(i + 1000, [(97, 1, 1)]))
        releases += device.on_tick(tick(i - 50, [(96, 1, 1)]))
        releases += device.on_tick(tick(i, [(95, 1, 1)], camera="elsewhere"))
    assert [release.payload for release in releases] == expected
    counts = device.counts
    assert counts.duplicate == counts.future == counts.unknown_camera == len(good)
    assert counts.late + counts.out_of_order == 2 * len(good)
    assert counts.accepted == len(good)


def test_unobserved_time_lowers_coverage_and_is_never_a_zero():
    ticks = [
        tick(0, []),
        tick(TICKS, []),
        tick(TICKS + 1, []),
        *(tick(2 * TICKS + i, []) for i in range(5)),
    ]
    said = [content(release)["zones"][1] for release in run(ticks)[0]]
    assert [(one["coverage"], one["status"], one["reason"]) for one in said] == [
        (0.25, "suppressed", "unobserved"),
        (0.5, "published", "none"),
        (1.0, "published", "none"),
    ]
    assert said[0]["epsilon"] == 0
    assert said[0]["occupancy"] == 0


def test_silent_cameras_report_when_event_time_passes():
    device = aggregator(PLAIN)
    device.on_tick(tick(0, []))
    releases = device.advance("lobby", START + 3 * TICKS)
    assert [content(one)["zones"][0]["reason"] for one in releases] == ["unobserved"] * 3


def test_below_k_carries_no_value():
    options = PLAIN.model_copy(update={"k": 5, "margin": 1.0, "epsilon": 10.0})
    people = [(j, 0, 1) for j in range(30)] + [(100 + j, 1, 1) for j in range(3)]
    release = run([tick(i, people) for i in range(TICKS + 1)], options)[0][0]
    floor, shown, hidden = content(release)["zones"]
    assert shown["status"] == "published"
    assert (hidden["status"], hidden["reason"], hidden["occupancy"]) == ("suppressed", "below_k", 0)
    assert floor["occupancy"] == shown["occupancy"]
    assert hidden["epsilon"] > 0  # the decision was paid for


def test_zones_sum_to_the_floor_and_flow_to_occupancy():
    rng = np.random.default_rng(5)
    ticks = [
        tick(i, [(int(j), int(j) % 4, int(rng.integers(9))) for j in rng.integers(0, 10**9, 40)])
        for i in range(20 * TICKS + 1)
    ]
    for release in play(aggregator(PLAIN, 4, noise=PooledNoise), ticks):
        floor, *zones = content(release)["zones"]
        assert floor["occupancy"] == sum(zone["occupancy"] for zone in zones)
        for report in (floor, *zones):
            assert sum(report["flow"]) == report["occupancy"]
            assert report["occupancy_low"] <= report["occupancy"] <= report["occupancy_high"]


def test_a_retry_returns_the_bytes_of_the_first_time():
    ledger = MemoryLedger()
    ticks = [tick(i, [(1, 0, 1)]) for i in range(TICKS + 1)]
    event = PLAIN.model_copy(update={"unit": "event"})
    first = play(aggregator(event, ledger=ledger), ticks)
    again = [play(aggregator(event, ledger=ledger), ticks)[0].payload for _ in range(50)]
    assert set(again) == {first[0].payload}


def test_a_draw_that_was_not_committed_is_never_looked_at_again():
    """The ledger fails after rendering: the retry must not know what was drawn before."""

    class Failing(MemoryLedger):
        fail = True

        def release(self, key, charges, render, costs=None):
            if self.fail:
                render(1, True)
                self.fail = False
                raise LedgerError("the disk is full")
            return super().release(key, charges, render)

    device = aggregator(PLAIN, ledger=Failing(), noise=Recorder())
    for i in range(TICKS):
        device.on_tick(tick(i, [(1, 0, 1)]))
    before = device._cameras["lobby"].queue.state
    with pytest.raises(LedgerError):
        device.on_tick(tick(TICKS, [(2, 0, 1)]))
    assert device._cameras["lobby"].queue.state is before
    assert device.pending == 1
    releases = device.on_tick(tick(TICKS + 1, []))
    assert [release.sequence for release in releases] == [1]
    play(device, [tick(TICKS + i, []) for i in range(2, 5)])
    counts = device._cameras["lobby"].queue.publisher.counts_noise.seen
    assert counts[-1].sum() == 1  # whoever came in the tick of the failure still counts


def test_a_restart_suppresses_until_old_identities_are_gone_or_renewed():
    ledger = MemoryLedger()
    lifetime = PLAIN.model_copy(update={"identity_lifetime_s": 60})
    play(aggregator(lifetime, ledger=ledger), [tick(i, []) for i in range(TICKS + 1)])
    after = [tick(i, []) for i in range(TICKS, 8 * TICKS)]
    said = [content(one)["zones"][1] for one in play(aggregator(lifetime, ledger=ledger), after)]
    assert [one["reason"] for one in said] == ["budget"] * 3 + ["none"] * 3
    device = aggregator(lifetime, ledger=ledger)
    device.on_tick(tick(8 * TICKS, []))
    device.identities_renewed("lobby", START + 8 * TICKS)
    said = [content(one)["zones"][1] for one in play(device, [tick(i, []) for i in range(33, 41)])]
    assert said[-1]["reason"] == "none"


def test_windows_that_overlap_earlier_ones_are_not_affordable():
    ledger = MemoryLedger()
    event = PLAIN.model_copy(update={"unit": "event"})
    play(aggregator(event, ledger=ledger), [tick(i, []) for i in range(TICKS + 1)])
    longer = event.model_copy(update={"window_s": 60})
    releases = play(aggregator(longer, ledger=ledger), [tick(i, []) for i in range(6 * TICKS + 1)])
    assert [content(one)["zones"][1]["reason"] for one in releases] == ["budget", "none"]


@pytest.mark.parametrize("tick_s", [0, 1, 4, 10, 20, 60])
def test_a_tick_of_another_length_is_counted_and_changes_nothing(tick_s):
    """Its number is of another moment, and its people were there for another time."""
    good = [tick(i, [(i, 0, 1)]) for i in range(3 * TICKS + 1)]
    expected = [release.payload for release in run(good)[0]]
    device = aggregator(PLAIN, noise=Recorder())
    releases = []
    for one in good:
        begins = one.tick * TICK_S // max(tick_s, 1)
        releases += device.on_tick(replace(one, tick=begins, tick_s=tick_s, ids=one.ids + 100))
        releases += device.on_tick(one)
    assert [release.payload for release in releases] == expected
    assert (device.counts.of_another_length, device.counts.accepted) == (len(good), len(good))


def test_dwell_is_released_once_per_period_for_bounded_visits():
    options = PrivacySettings(window_s=20, dwell_period_s=60, k=1, max_cells=1)
    people = [[(1, 0, 0), *([(2, 1, 0)] if i < 5 else [])] for i in range(13)]
    releases, recorder, _ = run([tick(i, who) for i, who in enumerate(people)], options)
    dwell = [content(one)["dwell"] for one in releases if content(one)["dwell"]]
    assert len(dwell) == 1
    assert [report["zone"] for report in dwell[0]] == ["floor", "z0", "z1"]
    assert recorder.made[1].seen[0].tolist() == [0, 1, 0, 1, 0, 0]  # 60 s in z0, 25 s in z1


def test_adaptive_windows_report_less_often_when_it_is_quiet():
    options = PrivacySettings(unit="event", adaptive=True, k=1, shares=QUIET)
    quiet = [tick(i, [(i // 100, 0, 1)]) for i in range(2 * 720 + 1)]
    crowd = [tick(i, [(1000 * i + j, j % 2, 1) for j in range(20)]) for i in range(2 * 720 + 1)]
    lengths = [
        [content(one)["zones"][0]["window_s"] for one in play(aggregator(options), ticks)]
        for ticks in (quiet, crowd)
    ]
    assert lengths[0] == [3600, 3600]
    assert lengths[1][0] == 3600
    assert set(lengths[1][1:]) == {60}


def test_presence_of_one_never_changes_the_votes_of_others():
    rng = np.random.default_rng(3)
    people = [
        [(int(j), int(rng.integers(3)), int(rng.integers(9))) for j in range(8)] for _ in range(41)
    ]
    without = [[one for one in now if one[0] != 5] for now in people]
    alone = [[one for one in now if one[0] == 5] for now in people]
    votes = [
        np.array(run([tick(i, who) for i, who in enumerate(scene)], zones=3)[1].counts)
        for scene in (people, without, alone)
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


def test_payloads_are_canonical_json():
    release = run([tick(i, []) for i in range(TICKS + 1)])[0][0]
    assert release.payload == rfc8785.dumps(json.loads(release.payload))
    assert read_release(release.payload) == release.content == release.read()


def test_an_empty_lobby_at_night_shows_no_people():
    """Under the default promise noise alone must not look like visitors."""
    device = aggregator(PrivacySettings(), 4, noise=PooledNoise)
    said = [content(one)["zones"] for one in play(device, (tick(i, []) for i in range(60 * 60)))]
    shown = [report["status"] == "published" for zones in said[5:] for report in zones[1:]]
    assert len(shown) == 54 * 4
    assert np.mean(shown) < 0.2
