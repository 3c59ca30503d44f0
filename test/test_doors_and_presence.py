# SPDX-License-Identifier: Apache-2.0
"""Doors and person-time of rendered scenes, from tracks as exact as they were rendered.

The oracle is the geometry of the ways that people take. What detector and tracker lose of them is
measured in test/benchmarks/rendered_doors.py.
"""

from collections import Counter

import numpy as np
import pytest

from privcv_bringup.scene.walkers import Room, Walker, populate
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.line_settings import LineSettings
from privcv_privacy.measurement.no_noise import NoNoise
from privcv_privacy.measurement.tracked_frames import TrackedFrame, anonymous_ticks
from privcv_privacy.settings import PrivacySettings

FPS, LENGTH_S, START_S = 10, 300, 1_600_041_600
WINDOW_S = 60
JITTER_M = 0.04  # of feet, from frame to frame
LINES = {
    "east": LineSettings(ends_m=[3.5, 4.0, 3.5, 14.0]),  # its left: west, into the room
    "west": LineSettings(ends_m=[-3.5, 14.0, -3.5, 4.0]),
}
ROOM = ZoneSettings(polygon_m=[-3, 7, 3, 7, 3, 11, -3, 11])
SETTINGS = PrivacySettings.model_validate(
    {"release": ["presence", "entries"], "k": 1, "window_s": WINDOW_S, "dwell_period_s": 300,
     "presence_cap_s": 300, "max_crossings": 64}
)  # fmt: skip


def frames(walkers: list[Walker], random: np.random.Generator) -> list[TrackedFrame]:
    """Everybody with feet that jitter, ten frames a second."""
    made = []
    for index in range(LENGTH_S * FPS):
        found = [(one.id, one.at(index / FPS)) for one in walkers]
        rows = np.array([place for _, place in found if place is not None]).reshape(-1, 4)
        ids = np.array([id for id, place in found if place is not None], dtype=np.int64)
        x, y = rows[:, :2].T + random.normal(0, JITTER_M, (2, len(rows)))
        made.append(TrackedFrame(index / FPS, ids, x, y, rows[:, 2], rows[:, 3], 0 * x))
    return made


def counted(made: list[TrackedFrame]) -> tuple[dict[tuple[str, str], int], list[float]]:
    """Entries and exits by line; mean number of people in the room, window by window."""
    ticks = anonymous_ticks(made, AnonymizationSettings(), SETTINGS, "camera", START_S, LINES)
    zones = zone_map("camera", {"room": ROOM}, lines=LINES)
    device = Aggregator(SETTINGS, {"camera": zones}, MemoryLedger(), noise=NoNoise)
    releases = [release for tick in ticks for release in device.on_tick(tick)]
    releases += device.finish("camera")
    crossings: dict[tuple[str, str], int] = {}
    people: list[float] = []
    for one in (one for release in releases for one in release.read().statistics):
        if one.statistic == "presence":
            people += [one.value / 1000] if one.place == "room" else []
            continue
        crossings[one.place, one.statistic] = (
            crossings.get((one.place, one.statistic), 0) + one.value
        )
    return crossings, people


def by_hand(walkers: list[Walker], x_m: float) -> tuple[int, int]:
    """Ways over the line at ``x_m``, towards smaller x and larger."""
    west = east = 0
    for one in walkers:
        for _, _, x0, _, x1, _ in one.legs:
            if (x0 - x_m) * (x1 - x_m) < 0:
                west, east = west + (x1 < x0), east + (x1 > x0)
    return west, east


def test_doors_and_person_seconds_are_those_that_were_rendered():
    room = Room(doors=("west", "east"), stopping=0.4)
    told: Counter[tuple[str, str]] = Counter()
    truth: Counter[tuple[str, str]] = Counter()
    seen, there = [], []
    for seed in range(3):
        walkers = populate(LENGTH_S - 5, 23, seed, room)
        crossings, people = counted(frames(walkers, np.random.default_rng(seed)))
        told.update(crossings)
        (west_in, west_out), (east_in, east_out) = (
            by_hand(walkers, -3.5)[::-1],
            by_hand(walkers, 3.5),
        )
        truth.update({("west", "entries"): west_in, ("west", "exits"): west_out})
        truth.update({("east", "entries"): east_in, ("east", "exits"): east_out})
        # Not the first window and the last, in which the scene fills and empties.
        times = np.arange(WINDOW_S, LENGTH_S - WINDOW_S, 1 / FPS).tolist()
        places = [one.at(time) for one in walkers for time in times]
        inside = sum(-3 <= p[0] < 3 and 7 <= p[1] < 11 for p in places if p is not None)
        there.append(inside / len(times))
        seen.append(np.mean(people[1:-1]))
    assert sum(truth.values()) > 500
    for key, ways in truth.items():
        assert told[key] == pytest.approx(ways, rel=0.03), key
    assert np.mean(seen) == pytest.approx(np.mean(there), rel=0.02)


def test_who_turns_on_the_line_has_not_crossed_it():
    """Up to the line and a hand's breadth over it, again and again, with feet that jitter."""
    ways = [(-5.0, -3.45), (5.0, 3.45), (0.0, -3.55), (0.0, 3.55)]
    walkers = []
    for number, (from_m, to_m) in enumerate(ways):
        legs = []
        for turn in range(12):
            y, start_s = 8.0 + number, 20.0 * turn
            legs += [
                (start_s, start_s + 8, from_m, y, to_m, y),
                (start_s + 8, start_s + 12, to_m, y, to_m, y),
                (start_s + 12, start_s + 20, to_m, y, from_m, y),
            ]
        walkers.append(Walker(number + 1, tuple(legs), 1.7, 1))
    crossings, _ = counted(frames(walkers, np.random.default_rng(2)))
    assert set(crossings.values()) == {0}
