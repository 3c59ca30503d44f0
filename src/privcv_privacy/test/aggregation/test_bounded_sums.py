# SPDX-License-Identifier: Apache-2.0
"""Presence, entries, exits and footfall: what is summed, within which bound, and what is told."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from noise_doubles import Recorder
from tick_sequences import TICKS, aggregator, content, play, tick

from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.settings import PrivacySettings

WINDOW_S = TICKS * TICK_S
DAY = 86400 // TICK_S
QUARTER = 900 // TICK_S


def only(*release: str, **more: Any) -> PrivacySettings:
    given_ = {"release": list(release), "window_s": WINDOW_S, "k": 1, "dwell_period_s": 60}
    return PrivacySettings(**{**given_, **more})


def statistics(
    ticks: Iterable[AnonymousTick], options: PrivacySettings, **more: Any
) -> tuple[list[dict[str, Any]], Recorder]:
    """All reports of statistics without noise, and what noise would have been added to."""
    recorder = Recorder()
    device = aggregator(options, lines=["back", "door"], noise=recorder, **more)
    releases = play(device, ticks)
    return [one for release in releases for one in content(release)["statistics"]], recorder


def summed(ticks: Iterable[AnonymousTick], options: PrivacySettings) -> list[list[int]]:
    _, recorder = statistics(ticks, options)
    assert len(recorder.made) == 1  # nothing that is not released has noise, or is paid for
    return [counts.tolist() for counts in recorder.made[0].seen]


def test_presence_counts_who_is_there_from_tick_to_tick():
    # Three moments between the four ticks of a window: 7 is there at all, 8 comes after the first,
    # 9 is gone before the second; 6 changes zones after the first.
    people = [[7, 9, 6], [7, 8, 6], [7, 8, 6], [7, 8, 6]]
    zone_of_6 = [0, 1, 1, 1]
    ticks = [
        tick(i, [(id, zone_of_6[i] if id == 6 else 0, 1) for id in ids])
        for i, ids in enumerate(people)
    ]
    ticks.append(tick(TICKS, []))
    assert summed(ticks, only("presence")) == [[3 + 2 + 1, 2]]
    reports, _ = statistics(ticks, only("presence"))
    assert [(one["place"], one["value"]) for one in reports] == [
        ("floor", round(8 / 3 * 1000)), ("z0", 2000), ("z1", round(2 / 3 * 1000)),
    ]  # fmt: skip
    assert [one["area_m2"] for one in reports] == [32.0, 16.0, 16.0]
    assert {one["statistic"] for one in reports} == {"presence"}


def test_presence_does_not_go_from_one_window_to_the_next():
    """Else what somebody did in one window would decide what is told of another."""
    ticks = [tick(i, [(7, 0, 1)]) for i in range(2 * TICKS + 1)]
    assert summed(ticks, only("presence")) == [[3, 0], [3, 0]]


@pytest.mark.parametrize("unlooked", ["missing", "dark"])
def test_presence_is_the_mean_over_the_time_that_was_observed(unlooked):
    ticks = [tick(i, [(7, 0, 1), (8, 0, 1)]) for i in range(TICKS + 1)]
    if unlooked == "missing":
        del ticks[2]
    else:
        ticks[2] = tick(2, [], seen=0)
    (_, z0, _), _ = statistics(ticks, only("presence"))[0][:3], None
    assert z0["value"] == 2000
    assert z0["coverage"] == 0.75


def test_presence_of_an_unobserved_window_is_not_told():
    ticks = [tick(0, [(7, 0, 1)]), tick(2, [(7, 0, 1)]), tick(TICKS, [])]
    reports, recorder = statistics(ticks, only("presence"))
    assert {one["reason"] for one in reports} == {"unobserved"}
    assert recorder.made[0].seen == []


def test_presence_is_bounded_over_the_life_of_a_visit():
    ticks = [tick(i, [(7, i % 2, 1), (8, 0, 1)]) for i in range(4 * TICKS + 1)]
    counts = summed(ticks, only("presence", presence_cap_s=25))
    assert [sum(one) for one in counts] == [6, 4, 0, 0]  # five moments of each


@pytest.mark.parametrize("unit", ["person_window", "event"])
def test_presence_of_a_window_is_bounded_in_each(unit):
    ticks = [tick(i, [(7, i % 2, 1)]) for i in range(2 * TICKS + 1)]
    counts = summed(ticks, only("presence", presence_cap_s=10, unit=unit))
    assert counts == [[1, 1], [1, 1]]


def test_a_queue_is_called_so():
    device = aggregator(only("presence"), lines=[], noise=Recorder())
    zones = device._cameras["lobby"].queue.statistics.zones
    object.__setattr__(zones, "queues", (False, True))
    said = [content(one) for one in play(device, [tick(i, []) for i in range(TICKS + 1)])]
    names = [(one["statistic"], one["place"]) for one in said[0]["statistics"]]
    assert names == [("presence", "floor"), ("presence", "z0"), ("queue", "z1")]


TO_LEFT, TO_RIGHT = 1, 2  # of the first line by name; << 2 of the second


def crossing(number: int, bits: dict[int, int]) -> AnonymousTick:
    return tick(number, [(id, 0, 1) for id in bits], crossed=bits)


def test_crossings_are_told_of_each_line_and_way():
    ticks = [crossing(0, {7: TO_LEFT, 8: TO_RIGHT << 2}), crossing(1, {9: TO_LEFT | TO_LEFT << 2})]
    ticks.append(tick(TICKS, []))
    reports, recorder = statistics(ticks, only("entries"))
    assert [counts.tolist() for counts in recorder.made[0].seen] == [[2, 0, 1, 1]]
    assert [(one["place"], one["statistic"], one["value"]) for one in reports] == [
        ("back", "entries", 2), ("back", "exits", 0), ("door", "entries", 1), ("door", "exits", 1),
    ]  # fmt: skip
    assert {one["area_m2"] for one in reports} == {0.0}


def test_crossings_are_bounded_over_the_life_of_a_visit():
    ticks = [crossing(i, {7: TO_LEFT if i % 2 else TO_RIGHT}) for i in range(3 * TICKS + 1)]
    assert [sum(one) for one in summed(ticks, only("entries", max_crossings=5))] == [4, 1, 0]
    # Windows so short are refused there: a camera begins ways over lines anew at each minute.
    of_windows = only("entries", max_crossings=3).model_copy(update={"unit": "person_window"})
    assert [sum(one) for one in summed(ticks, of_windows)] == [3, 3, 3]


def test_k_acts_on_the_noisy_crossings():
    ticks = [crossing(i, {10 * i + n: TO_LEFT for n in range(2)}) for i in range(TICKS)]
    reports, _ = statistics([*ticks, tick(TICKS, [])], only("entries", k=5, margin=1))
    assert [one["status"] for one in reports] == ["published", *["suppressed"] * 3]
    assert [one["reason"] for one in reports][1:] == ["below_k"] * 3


def test_footfall_is_who_began_today_so_far():
    """Told at the end of each quarter of an hour; who is seen again is one visit still."""
    ticks = []
    for number in range(4 * QUARTER + 1):
        came = [(1000 + number // QUARTER, 0, 1)] if number % QUARTER < 2 else []
        ticks.append(tick(number, came))
    reports, recorder = statistics(ticks, only("footfall"))
    assert [one["value"] for one in reports] == [1, 2, 3, 4]
    assert [one["length_s"] for one in reports] == [900, 1800, 2700, 3600]
    assert {(one["statistic"], one["place"], one["period"]) for one in reports} == {
        ("footfall", "floor", "day")
    }
    assert len({one["start"] for one in reports}) == 1
    assert [counts.tolist() for counts in recorder.made[0].seen] == [[1]] * 4


def test_footfall_begins_anew_with_the_day():
    start = DAY - QUARTER
    ticks = [tick(start + i, [(i // QUARTER, 0, 1)]) for i in range(2 * QUARTER + 1)]
    reports, _ = statistics(ticks, only("footfall"))
    assert [one["value"] for one in reports] == [1, 1]
    assert [one["start"][11:] for one in reports] == ["23:45:00Z", "00:00:00Z"]


def test_footfall_counts_nobody_outside_all_zones():
    ticks = [tick(i, [(7, 5, 1)] if i else [(8, 0, 1)]) for i in range(QUARTER + 1)]
    reports, _ = statistics(ticks, only("footfall"))
    assert [one["value"] for one in reports] == [1]


def test_each_statistic_has_a_release_of_its_own_and_the_same_fields_for_nobody_and_many():
    everything = only("visitors", "presence", "entries", "footfall")
    makers: list[Callable[[int], AnonymousTick]] = [
        lambda i: tick(i, []),
        lambda i: tick(i, [(100 * i + n, n % 2, 1) for n in range(99)]),
    ]
    shapes = []
    for make in makers:
        device = aggregator(everything, lines=["door"], noise=Recorder())
        releases = play(device, [make(i) for i in range(QUARTER + 1)])
        said = [content(one) for one in releases]
        shapes.append([(len(one["zones"]), len(one.get("statistics", []))) for one in said])
    assert shapes[0] == shapes[1]
    window = [(3, 0), (0, 3), (0, 2)]
    assert shapes[0] == window * (QUARTER // TICKS) + [(0, 1)]


def test_what_is_not_released_is_neither_drawn_nor_remembered():
    ticks = [tick(i, [(7, 0, 1)], crossed={7: 1}) for i in range(TICKS + 1)]
    device = aggregator(only("visitors"), lines=["door"], noise=Recorder())
    assert [set(content(one)) for one in play(device, ticks)] == [{"sequence", "zones", "dwell"}]
    (visit,) = device._cameras["lobby"]._contributions.visits.values()
    assert (visit.moments, visit.crossings, visit.begun) == (0, 0, False)


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=2, max_size=40))
@settings(max_examples=50, deadline=None)
def test_presence_is_person_time(stay):
    """The oracle is a count by hand of the moments that have somebody on both sides."""
    ticks = [tick(i, [(7, zone, 1)] if zone >= 0 else []) for i, zone in enumerate(stay)]
    end = -(-len(stay) // TICKS) * TICKS
    ticks += [tick(i, []) for i in range(len(stay), end + 1)]
    counts = np.sum(summed(ticks, only("presence", presence_cap_s=600)), axis=0)
    by_hand = [
        sum(
            stay[i] == zone and stay[i + 1] >= 0
            for i in range(len(stay) - 1)
            if (i + 1) % TICKS  # both of one window
        )
        for zone in (0, 1)
    ]
    assert counts.tolist() == by_hand
