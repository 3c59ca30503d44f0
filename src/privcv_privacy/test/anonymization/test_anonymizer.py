# SPDX-License-Identifier: Apache-2.0
"""Anonymous ticks tell cells, ticks and shuffled short-lived ids, and nothing else."""

import logging
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.errors import PrivacyError
from privcv_privacy.line_settings import LineSettings

S = 1_000_000_000
START_S = 1_000_000  # a multiple of the tick


def make(secret="a", **overrides):
    return Anonymizer(AnonymizationSettings(**overrides), "lobby", Secret(secret))


def feed(anonymizer, stamps_s, people=()):
    """Frames at ``stamps_s``; people are (id, x, y[, vx, vy, width]) that stand still."""
    ticks = []
    rows = [tuple(person) + (0.0, 0.0, 0.5)[len(person) - 3 :] for person in people]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    for stamp_s in stamps_s:
        ticks += anonymizer.update(round((START_S + stamp_s) * S), *columns)
    return ticks


def test_positions_leave_as_cells_and_time_as_ticks():
    ticks = feed(make(), np.arange(0, 6, 0.5), [(7, 1.26, -0.01)])
    assert [tick.tick for tick in ticks] == [START_S // 5]
    assert ticks[0].cell_xy.tolist() == [[2, -1]]
    assert (ticks[0].camera, ticks[0].tick_s, ticks[0].observed_percent) == ("lobby", 5, 100)
    assert (ticks[0].ids.dtype, ticks[0].cell_xy.dtype) == (np.uint64, np.int16)


def along(cells, anonymizer=None, number=1):
    """The tick of somebody who is in these cells, one after the other, in a tick."""
    anonymizer = anonymizer or make()
    for step, (cell_x, cell_y) in enumerate(cells):
        place = (cell_x + 0.5) / 2, (cell_y + 0.5) / 2
        feed(anonymizer, [4.0 * step / len(cells)], [(number, *place)])
    return anonymizer.flush()[0]


def test_all_cells_of_the_tick_leave_sorted_and_the_last_is_named():
    tick = along([(3, 1), (2, 9), (-4, 2), (2, -7), (3, 1), (2, 9)])
    assert tick.cell_xy.tolist() == [[-4, 2], [2, -7], [2, 9], [3, 1]]
    assert (tick.cells.tolist(), tick.last.tolist()) == ([4], [2])
    assert tick.cell_xy[tick.last_cell].tolist() == [[2, 9]]


def test_the_order_of_the_way_does_not_leave():
    """Whoever comes back to where the tick began, one way round or the other, tells the same."""
    there = [(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1), (0, 0)]
    assert rows(along(there)) == rows(along(there[::-1]))


def test_beyond_32_cells_the_last_is_kept_and_what_is_missing_counted():
    anonymizer = make()
    tick = along([(n, 0) for n in range(40)], anonymizer)
    assert tick.cell_xy[:, 0].tolist() == [*range(31), 39]
    assert tick.last.tolist() == [31]
    assert anonymizer.counts.cells_over == 8
    assert anonymizer.counts.cells_crowded_out == 0


def crowd(people, cells, anonymizer=None):
    """The tick of ``people`` who are in the same ``cells`` numbers of cells each."""
    anonymizer = anonymizer or make()
    for step in range(max(cells)):
        there = [
            (number, 0.25 + step * 0.5, number * 0.5)
            for number in range(people)
            if step < cells[number % len(cells)]
        ]
        feed(anonymizer, [4.0 * step / max(cells)], there)
    return anonymizer.flush()[0]


def test_a_crowd_has_16_cells_each_for_sure_and_what_is_missing_is_counted():
    anonymizer = make()
    tick = crowd(256, [32, 3, 20], anonymizer)
    assert len(tick.cell_xy) == 4096
    wanted = sum([32, 3, 20][number % 3] for number in range(256))
    assert anonymizer.counts.cells_crowded_out == wanted - 4096
    assert sum(tick.cells == 3) == 85
    assert min(tick.cells[tick.cells > 3]) >= 16
    assert (tick.cell_xy[tick.last_cell][:, 0] == np.where(tick.cells == 3, 2, 19)).sum() >= 170


def test_up_to_128_people_nobody_loses_a_cell_by_the_others():
    anonymizer = make()
    assert crowd(128, [32], anonymizer).cells.tolist() == [32] * 128
    assert anonymizer.counts.cells_crowded_out == 0


@pytest.mark.parametrize("more", [1, 8, 40])
def test_one_person_more_costs_the_others_no_more_cells_than_that_person_has(more):
    cells = [20, 32, 31, 5]
    without, with_one = crowd(150, cells), crowd(151, [*(cells * 38)[:150], more])
    here = dict(zip(without.ids.tolist(), without.cells.tolist(), strict=True))
    now = dict(zip(with_one.ids.tolist(), with_one.cells.tolist(), strict=True))
    (new,) = now.keys() - here.keys()
    lost = {id: here[id] - now[id] for id in here}
    assert min(lost.values()) >= 0
    assert sum(lost.values()) <= now[new] <= 32
    assert all(now[id] >= min(16, here[id]) for id in here)


def test_everybody_is_published_once_a_tick_also_who_left_before_its_end():
    anonymizer = make()
    feed(anonymizer, [0.0, 0.5], [(1, 0, 0), (2, 3, 3)])
    feed(anonymizer, [1.0, 1.5], [(2, 3, 3)])
    (tick,) = anonymizer.flush()
    assert len(tick.ids) == 2


def test_an_empty_tick_is_published_too():
    ticks = feed(make(), np.arange(0, 16, 0.5))
    assert [(len(tick.ids), tick.observed_percent) for tick in ticks] == [(0, 100)] * 3


def test_an_id_stays_for_its_person_and_differs_between_people_and_secrets():
    ticks = feed(make(), np.arange(0, 16, 0.5), [(1, 0, 0), (2, 3, 3)])
    assert len({frozenset(tick.ids.tolist()) for tick in ticks}) == 1
    assert len(set(ticks[0].ids.tolist())) == 2
    other = feed(make("b"), np.arange(0, 16, 0.5), [(1, 0, 0), (2, 3, 3)])
    assert not set(ticks[0].ids.tolist()) & set(other[0].ids.tolist())


def test_a_number_used_again_after_its_person_was_forgotten_is_somebody_else():
    anonymizer = make()
    feed(anonymizer, np.arange(0, 5, 0.5), [(1, 0, 0)])
    first = feed(anonymizer, np.arange(5, 40, 0.5))[0]
    (again,) = feed(anonymizer, [40.0], [(1, 0, 0)]) and anonymizer.flush()
    assert first.ids[0] != again.ids[0]


def test_the_order_is_not_that_of_the_tracker():
    people = [(number, float(number), 0.0) for number in range(40)]
    orders = {
        tuple(tick.cell_xy[:, 0].tolist()) for tick in feed(make(), np.arange(0, 26, 0.5), people)
    }
    assert len(orders) == 5
    assert tuple(range(0, 80, 2)) not in orders


def test_a_replay_with_a_test_secret_is_the_same_to_the_byte():
    def replay():
        people = [(number, number * 0.7, 1.0) for number in range(9)]
        ticks = feed(make("replay"), np.arange(0, 30, 0.3), people)
        return [(t.tick, t.ids.tobytes(), t.cell_xy.tobytes(), t.size.tobytes()) for t in ticks]

    assert replay() == replay()


def test_two_secrets_of_the_system_never_agree():
    runs = [
        feed(Anonymizer(AnonymizationSettings(), "lobby"), [0, 5], [(1, 0, 0)]) for _ in range(2)
    ]
    assert runs[0][0].ids[0] != runs[1][0].ids[0]


def test_time_not_looked_at_is_not_observed():
    anonymizer = make()
    ticks = feed(anonymizer, [*np.arange(0, 2.01, 0.5), *np.arange(13, 15.6, 0.5)])
    assert [(tick.tick - START_S // 5, tick.observed_percent) for tick in ticks] == [
        (0, 40),
        (1, 0),
        (2, 40),
    ]


@given(st.lists(st.floats(0.01, 0.9), min_size=1, max_size=120))
@settings(max_examples=50, deadline=None)
def test_frames_within_the_tolerance_observe_every_whole_tick(steps):
    ticks = feed(make(), [0.0, *np.cumsum(steps)])
    assert all(tick.observed_percent == 100 for tick in ticks)


def test_empty_ticks_after_a_long_time_are_bounded_and_counted():
    anonymizer = make(catch_up_ticks=3)
    feed(anonymizer, [0.0])
    ticks = feed(anonymizer, [500.0])
    assert [tick.tick - START_S // 5 for tick in ticks] == [0, 97, 98, 99]
    assert anonymizer.counts.skipped_ticks == 96


def test_time_can_pass_without_frames():
    anonymizer = make()
    feed(anonymizer, [0.0], [(1, 0, 0)])
    ticks = feed(anonymizer, [12.0])
    assert [(len(t.ids), t.observed_percent) for t in ticks] == [(1, 0), (0, 0)]
    assert feed(anonymizer, [13.0]) == []


def test_time_going_backwards_is_counted_and_changes_nothing():
    straight, crooked = make(), make()
    expected = feed(straight, np.arange(0, 12, 0.5), [(1, 0, 0)])
    got = []
    for stamp in np.arange(0, 12, 0.5):
        got += feed(crooked, [stamp], [(1, 0, 0)])
        got += feed(crooked, [stamp, stamp - 0.2, stamp - 300], [(66, 9, 9)])
    assert [t.cell_xy.tobytes() for t in got] == [t.cell_xy.tobytes() for t in expected]
    assert [t.observed_percent for t in got] == [t.observed_percent for t in expected]
    assert crooked.counts.backwards == 24 * 3


def test_one_frame_from_the_future_changes_nothing():
    anonymizer = make()
    feed(anonymizer, [0.0, 0.5])
    assert feed(anonymizer, [1e6], [(66, 9, 9)]) == []
    assert len(feed(anonymizer, np.arange(1, 6, 0.5))) == 1
    assert anonymizer.counts.future == 1


def test_a_clock_that_was_set_is_confirmed_after_a_run_of_frames():
    anonymizer = make()
    feed(anonymizer, [0.0])
    feed(anonymizer, 1e6 + np.arange(0, 20, 0.5))
    assert anonymizer.counts.clock_steps == 1
    assert anonymizer.flush()[-1].tick == (START_S + 1e6 + 19.5) // 5


@pytest.mark.parametrize("place", [(math.nan, 0.0), (0.0, math.inf), (1e9, 0.0), (0.0, -20000.0)])
def test_a_place_that_no_cell_holds_is_dropped_and_counted(place):
    anonymizer = make()
    feed(anonymizer, [0.0], [(1, *place), (2, 0.0, 0.0)])
    (tick,) = anonymizer.flush()
    assert len(tick.ids) == 1
    assert anonymizer.counts.invalid == 1


def test_a_crowd_is_cut_to_the_bound_of_the_message():
    anonymizer = make()
    feed(anonymizer, [0.0], [(number, 0.0, 0.0) for number in range(300)])
    (tick,) = anonymizer.flush()
    assert len(tick.ids) == 256
    assert anonymizer.counts.crowded_out == 44


def test_no_speed_leaves():
    runs = []
    for vx in (0.8, 2.5):
        anonymizer = make()
        feed(anonymizer, [0.0], [(1, 0.2, 0.2, vx, 0.0)])
        runs.append(anonymizer.flush()[0])
    assert runs[0].direction == runs[1].direction == 1
    assert set(vars(runs[0])) == {
        "camera", "tick", "tick_s", "observed_percent", "ids", "cells", "last", "cell_xy", "size",
        "direction", "crossed", "epoch_s", "generation",
    }  # fmt: skip


def test_the_test_secret_needs_both_the_setting_and_the_variable(monkeypatch):
    unsafe = AnonymizationSettings(identities={"unsafe_test_secret": True})
    monkeypatch.delenv("PRIVCV_UNSAFE_TEST_SECRET", raising=False)
    with pytest.raises(PrivacyError, match="PRIVCV_UNSAFE_TEST_SECRET"):
        Anonymizer(unsafe, "lobby")
    monkeypatch.setenv("PRIVCV_UNSAFE_TEST_SECRET", "known")
    assert Anonymizer(unsafe, "lobby").unsafe
    assert not Anonymizer(AnonymizationSettings(), "lobby").unsafe


# Rotations within minutes.
SHORT = {"period_s": 600.0, "grace_s": 100.0, "silence_s": 30.0, "withhold_s": 120.0, "away_m": 5.0}
PLACES = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(5, 900), st.floats(0, 20), st.floats(-1, 1)),
    min_size=1,
    max_size=6,
)


def rows(tick):
    """What a tick tells of each person."""
    ends = np.cumsum(tick.cells, dtype=int).tolist()
    return [
        (id, tick.cell_xy[end - count : end].tolist(), last, direction, crossed)
        for id, count, end, last, direction, crossed in zip(
            tick.ids.tolist(), tick.cells.tolist(), ends, tick.last.tolist(),
            tick.direction.tolist(), tick.crossed.tolist(), strict=True,
        )
    ]  # fmt: skip


@given(PLACES, st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_one_person_never_changes_what_is_published_about_another(people, left_out):
    """Without that one visit would change many contributions, and epsilon would protect nobody."""

    def published(absent):
        anonymizer = Anonymizer(
            AnonymizationSettings(identities=SHORT), "lobby", Secret("non-interference"),
            lines={"door": LineSettings(ends_m=[8, -2, 8, 2])},
        )  # fmt: skip
        ticks = []
        for t_s in range(0, 1800, 1):
            there = [
                (n, x + v * (t_s - first) % 15, 0.0, v, 0.0, 0.5)
                for n, (first, stay, x, v) in enumerate(people)
                if n != absent and first <= t_s < first + stay
            ]
            columns = list(zip(*there, strict=True)) if there else [()] * 6
            ticks += anonymizer.update(t_s * S, *columns)
        return ticks

    everybody, without = published(None), published(left_out % len(people))
    gone = {id for tick in everybody for id in tick.ids.tolist()} - {
        id for tick in without for id in tick.ids.tolist()
    }
    for a, b in zip(everybody, without, strict=True):
        assert a.observed_percent == b.observed_percent
        assert [row for row in rows(a) if row[0] not in gone] == rows(b)


def test_nothing_of_identities_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    anonymizer = Anonymizer(AnonymizationSettings(), "lobby")
    anonymizer.update(0, [1], [0.0], [0.0], [0.0], [0.0], [0.5])
    line = anonymizer.rotate_now("request of a\ndata subject " + "x" * 99)
    anonymizer.close()
    assert caplog.text == ""
    assert "\n" not in line
    assert line.startswith("identities of camera 'lobby' replaced and forgotten: request of a data")


def test_a_camera_can_tell_no_sizes():
    for told, sizes in ((True, {3}), (False, {0})):
        anonymizer = make(size_classes=told)
        feed(anonymizer, [0.0], [(7, 1.0, 1.0, 0.0, 0.0, 1.5)])
        (tick,) = anonymizer.flush()
        assert set(tick.size.tolist()) == sizes
