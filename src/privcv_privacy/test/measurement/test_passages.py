# SPDX-License-Identifier: Apache-2.0
"""Entries, exits and presence of the real chain against ways whose truth is known by hand."""

import numpy as np
import pytest

from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.measurement.passages import Passed, evaluate_passages
from privcv_privacy.measurement.totals import Windows
from privcv_privacy.measurement.tracked_frames import frames_of
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout
from privcv_privacy.settings import PrivacySettings

STEP_S, LENGTH_S, WINDOW_S = 0.2, 600, 120
ROOM = {"room": ZoneSettings(polygon_m=[0, 0, 8, 0, 8, 8, 0, 8])}
DOOR = {"door": LineSettings(ends_m=[4, 0, 4, 8])}  # its left is the side of smaller x
PRIVACY = PrivacySettings(k=1, window_s=WINDOW_S, dwell_period_s=WINDOW_S)

Leg = tuple[float, float, float, float, float, float]  # from s, to s; from x, y; to x, y, m


def walked(people: list[list[Leg]]) -> Trajectories:
    """Everybody on straight legs, five samples a second."""
    rows = [
        (t_s, person, x0 + share * (x1 - x0), y0 + share * (y1 - y0))
        for person, legs in enumerate(people)
        for begin, end, x0, y0, x1, y1 in legs
        for t_s in np.arange(round(begin / STEP_S), round(end / STEP_S)) * STEP_S
        for share in [(t_s - begin) / (end - begin)]
    ]
    # The recording begins and ends with somebody far away.
    rows += [(0.0, 999, 90.0, 90.0), (LENGTH_S - STEP_S, 999, 90.0, 90.0)]
    t_s, ids, x_m, y_m = map(np.array, zip(*sorted(rows), strict=True))
    return Trajectories(t_s.astype(float), ids.astype(np.int64), x_m, y_m)


def passages(people: list[list[Leg]], tracked: list[list[Leg]] | None = None) -> dict[str, Passed]:
    truth = walked(people)
    frames = frames_of(truth if tracked is None else walked(tracked))
    found = evaluate_passages(
        frames,
        truth,
        ZoneLayout("here", ROOM, lines=DOOR),
        Windows.within(WINDOW_S, LENGTH_S),
        PRIVACY,
        AnonymizationSettings(),
    )
    return {one.statistic: one for one in found}


def across(start_s: float, x_m: float, to_m: float, y_m: float) -> list[Leg]:
    return [(start_s, start_s + 6, x_m, y_m, to_m, y_m)]


def test_each_way_over_a_line_is_counted_as_it_was_walked():
    towards_left = [across(10 + 20 * n, 8, 0.5, 2) for n in range(20)]
    towards_right = [across(13 + 35 * n, 1, 7, 6) for n in range(13)]
    found = passages(towards_left + towards_right)
    assert (found["entries"].true, found["entries"].counted) == (20, 20)
    assert (found["exits"].true, found["exits"].counted) == (13, 13)


def test_who_turns_on_the_line_or_walks_around_it_has_not_crossed():
    turns: list[Leg] = [(20, 24, 7, 2, 3.9, 2), (24, 28, 3.9, 2, 7, 2)]
    around: list[Leg] = [(50, 58, 6, 7, 6, 9.5), (58, 64, 6, 9.5, 2, 9.5), (64, 72, 2, 9.5, 2, 6)]
    found = passages([turns, around])
    assert {found[way].true for way in ("entries", "exits")} == {0}
    assert {found[way].counted for way in ("entries", "exits")} == {0}


def test_what_the_tracks_do_not_have_is_missed():
    """The truth is not taken from what is counted."""
    people = [across(10 + 20 * n, 8, 0.5, 2) for n in range(20)]
    found = passages(people, people[:15])
    assert (found["entries"].true, found["entries"].counted) == (20, 15)
    assert found["presence"].counted == pytest.approx(0.75 * found["presence"].true, rel=0.1)


def test_presence_is_the_mean_number_of_people():
    """Four who stay for 300 s each, of 600: two people on average."""
    stays: list[list[Leg]] = [[(60 * n, 60 * n + 300, 2, 2 + n, 6, 2 + n)] for n in range(4)]
    found = passages(stays)
    assert found["presence"].true == pytest.approx(2.0, rel=0.005)
    assert found["presence"].counted == pytest.approx(2.0, rel=0.02)
