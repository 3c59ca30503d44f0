# SPDX-License-Identifier: Apache-2.0
"""Totals are true before the noise: everyone who enters a zone counts in it, and nobody else.

Tracks go through the real anonymizer and aggregator, without noise. The oracle knows neither cells
nor ticks: the distinct people who had a sample inside the zone during the window, in metres.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from noise_doubles import Recorder

from privcv_core.settings.model import data_folder
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.measurement.trajectories import Trajectories, load_trajectories
from privcv_privacy.settings import PrivacySettings

WINDOW_S = 300
START_S = 1_700_006_400 // 86400 * 86400
LOOKS_S = 0.9  # where nobody is there, the camera looks all the same


@dataclass(frozen=True)
class Totals:
    """People counted and true, by window and zone."""

    counted: np.ndarray
    true: np.ndarray

    @property
    def ratio(self):
        return self.counted.sum() / self.true.sum()

    @property
    def accuracy(self):
        return 1 - np.abs(self.counted - self.true).sum() / self.true.sum()


def boxes(tracks, size_m):
    """Up to 3 x 3 squares about the median position, on the lattice."""
    side = 3 if size_m < 8 else 1
    left, bottom = (
        np.round((np.median(place) - side * size_m / 2) / 0.5) * 0.5
        for place in (tracks.x_m, tracks.y_m)
    )
    return [
        (left + i * size_m, bottom + j * size_m, left + (i + 1) * size_m, bottom + (j + 1) * size_m)
        for j in range(side)
        for i in range(side)
    ]


def frames(tracks, t_s):
    """(moment, rows of the people there), as a camera that looks all the time takes them."""
    begins = [*np.flatnonzero(np.diff(t_s, prepend=-1.0)), len(t_s)]
    last_s = 0.0
    for begin, end in itertools.pairwise(begins):
        for empty_s in np.arange(last_s + LOOKS_S, t_s[begin] - 0.05, LOOKS_S):
            yield empty_s, slice(0, 0)
        last_s = t_s[begin]
        yield last_s, slice(begin, end)


def totals(tracks, size_m, unit="event"):
    t_s = tracks.t_s - tracks.t_s[0]
    windows, squares = int(t_s[-1] // WINDOW_S), boxes(tracks, size_m)
    zones = {
        f"z{i}": ZoneSettings(polygon_m=[x0, y0, x1, y0, x1, y1, x0, y1])
        for i, (x0, y0, x1, y1) in enumerate(squares)
    }
    promise = PrivacySettings(unit=unit, window_s=WINDOW_S, k=1, min_coverage=0, max_cells=64)
    recorder = Recorder()
    device = Aggregator(
        promise, {"lobby": zone_map("lobby", zones)}, MemoryLedger(), noise=recorder
    )
    anonymizer = Anonymizer(
        AnonymizationSettings(), "lobby", Secret("known"), epoch_s=promise.epoch_s
    )
    for moment_s, there in frames(tracks, t_s):
        still = [0.0] * (there.stop - there.start)
        for tick in anonymizer.update(
            START_S * 10**9 + round(moment_s * 1e9), tracks.id[there].tolist(),
            tracks.x_m[there].tolist(), tracks.y_m[there].tolist(), still, still, still,
        ):  # fmt: skip
            device.on_tick(tick)
    for tick in anonymizer.flush():
        device.on_tick(tick)
    device.advance("lobby", (START_S + (windows + 1) * WINDOW_S) // TICK_S)
    counted = [one.reshape(len(squares), 5).sum(axis=1) for one in recorder.made[0].seen[:windows]]
    true = [
        [
            len(np.unique(tracks.id[
                (t_s >= number * WINDOW_S) & (t_s < (number + 1) * WINDOW_S)
                & (tracks.x_m >= x0) & (tracks.x_m < x1) & (tracks.y_m >= y0) & (tracks.y_m < y1)
            ]))
            for x0, y0, x1, y1 in squares
        ]
        for number in range(windows)
    ]  # fmt: skip
    return Totals(np.array(counted), np.array(true))


def walkers(seed, every_s, people=120, length_s=1000):
    """People who come and go at all speeds, some along the borders of the zones, some who wait."""
    random = np.random.default_rng(seed)
    parts = []
    for id in range(people):
        t_s = np.arange(random.uniform(0, length_s - 60), length_s, every_s)
        t_s = np.round(t_s / every_s) * every_s
        speed_mps = random.choice([0.0, 0.3, 1.2, 1.8, 3.0])
        way = random.uniform(0, 2 * np.pi) if id % 3 else random.integers(4) * np.pi / 2
        begin = random.uniform(-9, 9, 2) - speed_mps * 8 * np.array([np.cos(way), np.sin(way)])
        t_s = t_s[t_s < t_s[0] + (20 if speed_mps else random.uniform(5, 400))]
        walked = speed_mps * (t_s - t_s[0])
        sway = random.normal(0, 0.03, (len(t_s), 2))
        place = begin + walked[:, None] * np.array([np.cos(way), np.sin(way)]) + sway
        parts.append(np.column_stack([t_s, np.full(len(t_s), id), place]))
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    return Trajectories(rows[:, 0], rows[:, 1].astype(np.int64), rows[:, 2], rows[:, 3])


def is_true(found):
    assert found.true.sum() > 50
    assert 0.98 <= found.ratio <= 1.02
    assert found.accuracy >= 0.97


@pytest.mark.parametrize("unit", ["event", "person_window", "visit"])
@pytest.mark.parametrize("size_m", [2, 4, 8, 12])
def test_walkers_count_in_every_zone_they_enter_and_in_no_other(size_m, unit):
    is_true(totals(walkers(size_m, every_s=0.4), size_m, unit))


@pytest.mark.parametrize("size_m", [2, 12])
def test_frames_that_come_faster_change_nothing(size_m):
    is_true(totals(walkers(size_m, every_s=0.1), size_m))


@pytest.mark.parametrize("size_m", [2, 4, 8, 12])
@pytest.mark.parametrize(
    ("file", "format"),
    [
        ("eth/obsmat.txt", "eth"),
        ("ucy/crowds_zara01.txt", "ucy"),
        ("ucy/crowds_zara02.txt", "ucy"),
        pytest.param("edinburgh/tracks.01Jul.txt", "edinburgh", marks=pytest.mark.long),
    ],
)
def test_people_of_public_recordings_are_counted(file, format, size_m):
    path = data_folder() / "data" / file
    if not path.exists():
        pytest.skip(f"{path} is absent (set PRIVCV_DATA)")
    is_true(totals(load_trajectories(path, format), size_m))
