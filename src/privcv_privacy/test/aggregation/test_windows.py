# SPDX-License-Identifier: Apache-2.0
"""Windows close by event time, and every zone always reports."""

from dataclasses import replace

import numpy as np
import pytest
from noise_doubles import PooledNoise, Recorder
from tick_sequences import PLAIN, QUIET, START, TICKS, aggregator, content, play, run, tick

from privcv_core.event_time.calendar import Calendar
from privcv_core.protocol.timestamps import parse_rfc3339
from privcv_core.settings.hours import Hours
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.settings import PrivacySettings


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


@pytest.mark.parametrize(
    ("zone", "minute"), [("UTC", 0), ("Asia/Kolkata", 30), ("Asia/Kathmandu", 15)]
)
def test_adaptive_windows_end_with_the_hours_of_the_clock_on_the_wall(zone, minute):
    """Quiet, then a crowd, then quiet: each hour of the place is made of whole windows."""
    options = PrivacySettings(unit="event", k=1, shares=QUIET, periods=[])
    people = [0] * 1030 + [20] * 700 + [0] * 1800
    ticks = [
        tick(80 + i, [(1000 * i + j, j % 2, 1) for j in range(n)]) for i, n in enumerate(people)
    ]
    device = aggregator(options, calendar=Calendar(zone), noise=PooledNoise)
    said = [content(release)["zones"][0] for release in play(device, ticks)]
    starts = [parse_rfc3339(one["window_start"]).minute for one in said]
    ends = [(start + one["window_s"] // 60) % 60 for start, one in zip(starts, said, strict=True)]
    lengths = [one["window_s"] for one in said]
    assert ends[:-1] == starts[1:]
    assert {60, 3600} < set(lengths)
    for start, length in zip(starts, lengths, strict=True):
        assert (start - minute) % 60 + length // 60 <= 60  # none crosses an hour of the place
    assert 6 <= starts[0] < 7  # the minute of the first tick


def test_windows_are_adaptive_unless_their_length_is_set():
    assert PrivacySettings().adaptive
    assert not PrivacySettings(window_s=300).adaptive
    assert PrivacySettings(window_s=300, adaptive=True).adaptive


def test_a_window_ends_where_the_site_closes():
    options = PLAIN.model_copy(update={"window_s": 3600, "dwell_period_s": 86400, "periods": []})
    calendar = Calendar("Europe/Berlin", [Hours(start="09:30", end="10:15")])  # +1 h
    ticks = [tick(i, []) for i in range(12 * 720)]
    device = aggregator(options, calendar=calendar)
    said = [content(release)["zones"][0] for release in play(device, ticks)]
    shown = [(one["window_start"][11:16], one["window_s"] // 60) for one in said]
    assert shown[7:12] == [
        ("07:00", 60), ("08:00", 30), ("08:30", 30), ("09:00", 15), ("09:15", 45),
    ]  # fmt: skip


def test_an_empty_lobby_at_night_shows_no_people():
    """Under the default promise noise alone must not look like visitors."""
    device = aggregator(PrivacySettings(window_s=300), 4, noise=PooledNoise)
    said = [content(one)["zones"] for one in play(device, (tick(i, []) for i in range(60 * 60)))]
    shown = [report["status"] == "published" for zones in said[5:] for report in zones[1:]]
    assert len(shown) == 54 * 4
    assert np.mean(shown) < 0.2
