# SPDX-License-Identifier: Apache-2.0
"""Who crosses a line is told once, with the way, and jitter on the line tells nothing."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.line_crossings import BAND_M, LineCrossings
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.line_settings import LINE_STEP_S, LineSettings

S = 1_000_000_000
LEFT, RIGHT = 1, 2
DOOR = [0.0, 0.0, 2.0, 0.0]  # along x: y > 0 is to its left


def lines(**ends):
    return {name: LineSettings(ends_m=list(where)) for name, where in ends.items()}


def told(path, where=None, number=1, to=None):
    """All crossings along a path of (x, y), ten samples a second."""
    to = to or LineCrossings(where or lines(door=DOOR), 10.0)
    bits = [to.see(number, i * S // 10, float(x), float(y)) for i, (x, y) in enumerate(path)]
    return [one for one in bits if one]


def walk(begin, end, steps=30):
    return np.linspace(begin, end, steps)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (walk((1, -2), (1, 2)), [LEFT]),
        (walk((1, 2), (1, -2)), [RIGHT]),
        (walk((1, -2), (1, 2), 2), [LEFT]),  # seen before and after only
        ([*walk((1, -2), (1, 2)), *walk((1, 2), (1, -2))], [LEFT, RIGHT]),
        (walk((1, -2), (1, 0.2)), []),  # stops in the band
        ([*walk((1, -2), (1, 0.2)), *walk((1, 0.2), (1, -2))], []),  # and turns back
        (walk((3, -2), (3, 2)), []),  # past the end
        ([*walk((3, -2), (3, 1)), *walk((3, 1), (1, 1))], []),  # around it, to the other side
        ([*walk((3, -2), (3, 1)), *walk((3, 1), (1, 1)), *walk((1, 1), (1, -2))], [RIGHT]),
        (walk((-3, 0.1), (5, 0.1)), []),  # along it
        (walk((1, 0.1), (1, 3)), []),  # appeared on it, and went back to where it was first seen
        (walk((1, -0.1), (1, 3)), [LEFT]),  # appeared in the door, and came in
        (walk((1, 0.1), (1, -3)), [RIGHT]),
        ([*walk((1, -0.1), (1, 0.2)), *walk((1, 0.2), (1, -1))], []),  # and turned back
        ([*walk((1, -0.1), (1, 1)), *walk((1, 1), (1, -1))], [LEFT, RIGHT]),
        (walk((3, -0.1), (3, 2)), []),  # appeared beside the door
    ],
)
def test_one_crossing_is_told_once_with_its_way(path, expected):
    assert told(path) == expected


POINT = st.tuples(st.floats(-4, 6), st.floats(-4, 4))


@given(POINT, POINT, st.tuples(POINT, POINT).filter(lambda e: np.hypot(*np.subtract(*e)) > 0.5))
def test_straight_walks_cross_where_geometry_says_so(begin, end, ends):
    """The oracle is shapely, for walks that begin and end outside the band."""
    (x1, y1), (x2, y2) = ends
    along = np.array([x2 - x1, y2 - y1]) / np.hypot(x2 - x1, y2 - y1)
    sides = [
        float(along[0] * (y - y1) - along[1] * (x - x1)) for x, y in (begin, end)
    ]  # positive to the left
    if min(abs(side) for side in sides) < BAND_M + 0.01:
        return
    crosses = LineString(ends).crosses(LineString([begin, end]))
    if not crosses and LineString(ends).distance(LineString([begin, end])) < 1e-6:
        return
    expected = [LEFT if sides[1] > 0 else RIGHT] if crosses else []
    assert told(walk(begin, end, 57), lines(door=[x1, y1, x2, y2])) == expected


@given(st.lists(st.floats(-3, 3), max_size=60))
def test_ways_over_a_line_alternate(heights):
    """Nobody is twice in a row on a side that they were not on."""
    found = told([(1.0, y) for y in heights])
    assert all(one != other for one, other in itertools.pairwise(found))


@pytest.mark.parametrize("seed", range(20))
def test_jitter_on_a_line_tells_nothing(seed):
    """Somebody stands on a threshold in tracks that sway by 5 cm, for ten minutes."""
    random = np.random.default_rng(seed)
    standing = np.array([1.0, 0.0]) + random.normal(0, 0.05, (6000, 2))
    assert told(standing) == []
    path = [*walk((1, -2), (1, -0.1)), *standing, *walk((1, 0.1), (1, 2))]
    assert told(path) == [LEFT]


def test_a_bit_for_each_line_and_way_in_the_order_of_their_names():
    where = lines(exit=[0, 5, 2, 5], door=DOOR, middle=[0, 2, 2, 2])
    assert told(walk((1, -2), (1, 7)), where) == [1, 1 << 4, 1 << 2]  # door, middle, exit by y
    assert told(walk((1, 7), (1, -2)), where) == [2 << 2, 2 << 4, 2]
    many = lines(**{f"l{i:02}": [0, i, 2, i] for i in range(16)})
    assert sum(told(walk((1, -2), (1, 17), 400), many)) == sum(1 << (2 * i) for i in range(16))


def test_people_do_not_cross_for_each_other_and_are_forgotten():
    to = LineCrossings(lines(door=DOOR), 10.0)
    assert to.see(1, 0, 1.0, -1.0) == 0
    assert to.see(2, 0, 1.0, 1.0) == 0
    to.forget(11 * S)
    assert to.see(1, 11 * S, 1.0, 1.0) == 0  # somebody else by now
    assert to.see(1, 12 * S, 1.0, -1.0) == RIGHT
    to.clear()
    assert to.see(1, 13 * S, 1.0, 1.0) == 0


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ([0, 0, 0.1, 0], "shorter than 0.5 m"),
        ([0, 0, 5000, 0], "over 1000 m away"),
        ([0, 0, float("nan"), 0], "line"),
        ([0, 0, 1], "4"),
        ("wide", "line"),
    ],
)
def test_bad_lines_are_refused_by_name(ends, says):
    with pytest.raises(SettingsError, match=says):
        parse_settings(LineSettings, {"ends_m": ends}, where="line of site.yaml")


@pytest.mark.parametrize("written", [DOOR, [[0, 0], [2, 0]], {"ends_m": DOOR}])
def test_a_line_is_read_in_each_spelling(written):
    assert LineSettings.model_validate(written).ends_m == DOOR


# Behind the anonymizer: which crossing is told in which tick.
START_S = 960_000  # a multiple of the windows below
WINDOW_S = LINE_STEP_S


def crossings(path, unit="visit", begin_s=0.0, absent=()):
    """Tick -> what it tells of a person who is at path(t_s), twice a second."""
    weak = unit != "visit"
    anonymizer = Anonymizer(
        AnonymizationSettings(), "lobby", Secret("a"), epoch_s=120 * weak, lines=lines(door=DOOR)
    )
    ticks = []
    for t_s in np.arange(begin_s, begin_s + 200, 0.5):
        there = not any(low <= t_s < high for low, high in absent)
        row = [[1], [1.0], [path(t_s)], [0.0], [0.0], [0.5]] if there else [[]] * 6
        ticks += anonymizer.update(round((START_S + t_s) * S), *row)
    return {
        tick.tick - START_S // 5: tick.crossed.tolist()[0]
        for tick in [*ticks, *anonymizer.flush()]
        if tick.crossed.any()
    }


def passing_at(moment_s):
    """Goes over the line at 1 m/s at a moment, to its left."""
    return lambda t_s: float(np.clip(t_s - moment_s, -3, 3))


@pytest.mark.parametrize("unit", ["visit", "person_window"])
def test_a_crossing_over_the_end_of_a_tick_is_told_in_the_next(unit):
    assert crossings(passing_at(5.0), unit) == {1: LEFT}
    assert crossings(passing_at(7.5), unit) == {1: LEFT}


def test_a_crossing_over_the_end_of_a_window_is_told_only_where_the_stay_pays_for_it():
    over = passing_at(WINDOW_S)
    assert crossings(over, "visit") == {WINDOW_S // 5: LEFT}
    assert crossings(over, "person_window") == {}


SPEEDS = st.lists(st.sampled_from([-1.2, -0.4, 0.0, 0.4, 1.2]), min_size=20, max_size=20)


@settings(deadline=None)
@given(SPEEDS, st.integers(0, 2))
def test_what_somebody_did_in_one_window_decides_no_crossing_in_another(speeds, window):
    """Under the weaker units: the tracks of one window are taken away, its person's own."""

    def path(t_s):
        return sum(v * float(np.clip(t_s - 10 * i, 0, 10)) for i, v in enumerate(speeds)) % 6 - 3

    away = (window * WINDOW_S, (window + 1) * WINDOW_S)
    there = crossings(path, "person_window")
    absent = crossings(path, "person_window", absent=[away])
    of_window = range(away[0] // 5, away[1] // 5)
    assert {t: b for t, b in there.items() if t not in of_window} == absent
