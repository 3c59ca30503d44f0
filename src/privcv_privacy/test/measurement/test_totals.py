# SPDX-License-Identifier: Apache-2.0
"""Totals of the real chain against truths that are known by hand or counted another way."""

from collections import defaultdict

import numpy as np
import pytest

from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.totals import Difference, Totals, Windows, evaluate_totals
from privcv_privacy.measurement.tracked_frames import frames_of, trajectories_of
from privcv_privacy.measurement.trajectories import Trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout, grid_zones, square_zones
from privcv_privacy.settings import PrivacySettings

ANONYMIZATION = AnonymizationSettings()


def trajectories(rows: list[tuple[float, int, float, float]]) -> Trajectories:
    """Rows of time, id, place, in order of time."""
    t_s, ids, x_m, y_m = map(np.array, zip(*sorted(rows), strict=True))
    return Trajectories(t_s.astype(float), ids.astype(np.int64), x_m, y_m)


def wanderers(people: int, length_s: float, seed: int) -> Trajectories:
    """People who come at any time, wander for up to two minutes, sampled at 2.5 Hz."""
    random = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        x, y = random.uniform(-6, 6, 2)
        heading = random.uniform(0, 2 * np.pi)
        start = round(random.uniform(0, length_s - 20) / 0.4) * 0.4
        for step in range(int(random.integers(5, 300))):
            if (t_s := start + step * 0.4) >= length_s:
                break
            rows.append((t_s, person, x, y))
            heading += random.normal(0, 0.3)
            x, y = x + 0.5 * np.cos(heading), y + 0.5 * np.sin(heading)
    rows.append((0.0, people, 500.0, 500.0))  # the recording begins here
    rows.append((length_s - 0.4, people, 500.0, 500.0))  # and ends here
    return trajectories(rows)


def evaluate(tracks: Trajectories, layout: ZoneLayout, window_s: int, **privacy: object) -> Totals:
    """Of perfect tracks, k off."""
    settings = PrivacySettings.model_validate(
        {"k": 1, "window_s": window_s, "dwell_period_s": 600 * window_s, **privacy}
    )
    windows = Windows.within(window_s, float(np.ptp(tracks.t_s)) + 0.4)
    return evaluate_totals(frames_of(tracks), tracks, layout, windows, settings, ANONYMIZATION)


@pytest.mark.parametrize("size_m", [1.0, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("unit", ["visit", "person_window", "event"])
def test_everyone_who_enters_counts_and_nobody_else(size_m: float, unit: str) -> None:
    tracks = wanderers(120, 600.0, 3)
    layout = square_zones(size_m, tracks.x_m, tracks.y_m)
    found = evaluate(tracks, layout, 60, unit=unit)
    left, bottom = np.min(
        [np.reshape(z.polygon_m, (-1, 2)).min(0) for z in layout.zones.values()], 0
    )
    who = defaultdict(set)  # counted by plain arithmetic on the lattice of zones
    count = 1 if size_m >= 8 else 3
    for t_s, person, x, y in zip(tracks.t_s, tracks.id, tracks.x_m, tracks.y_m, strict=True):
        column, row = int((x - left) // size_m), int((y - bottom) // size_m)
        if 0 <= column < count and 0 <= row < count and t_s < 600:
            who[int(t_s // 60), row * count + column].add(int(person))
    true = np.zeros_like(found.true)
    for (window, zone), people in who.items():
        true[window, zone] = len(people)
    assert np.array_equal(found.true, true)
    assert np.array_equal(found.counted, true)
    assert (found.ratio, found.accuracy) == (1.0, 1.0)


def test_the_bound_loses_what_one_person_does_beyond_it() -> None:
    """One person through five zones, M = 3: two are lost; a second stays in one: nothing is."""
    steps = [(0.4 * index, 1, 0.25 + 0.5 * index, 0.25) for index in range(20)]
    stays = [(0.4 * index, 2, 0.25, 0.25) for index in range(50)]
    tracks = trajectories([*steps, *stays, (59.6, 3, 99.0, 99.0)])
    zones = {
        f"zone_{left}": {"polygon_m": [left, 0, left + 2, 0, left + 2, 2, left, 2]}
        for left in (0, 2, 4, 6, 8)
    }
    layout = ZoneLayout("five", {k: ZoneSettings.model_validate(v) for k, v in zones.items()})
    found = evaluate(tracks, layout, 60, max_cells=3)
    assert found.true.tolist() == [[2, 1, 1, 1, 1]]
    assert found.counted.sum() == 6
    assert found.bounded.sum() == 4
    assert Difference.between(found.counted, found.bounded) == Difference(lost=2, invented=0)


def test_the_last_window_counts_only_where_it_is_whole() -> None:
    tracks = wanderers(40, 150.0, 5)
    found = evaluate(tracks, square_zones(4.0, tracks.x_m, tracks.y_m), 60)
    assert found.true.shape[0] == found.counted.shape[0] == 2
    assert Windows.within(60, 179.999999999) == Windows(60, 3)  # 0.1 s a frame does not add up
    with pytest.raises(PrivacyError, match="lasts 59"):
        Windows.within(60, 59.0)


def test_a_quiet_time_is_no_time_without_a_camera() -> None:
    """Nobody for minutes: the window is published all the same, with nobody."""
    tracks = trajectories([(0.0, 1, 0.2, 0.2), (295.0, 2, 0.2, 0.2), (299.9, 2, 0.2, 0.2)])
    found = evaluate(tracks, grid_zones_of_one(), 60)
    assert found.counted.tolist() == [[1], [0], [0], [0], [1]]


def grid_zones_of_one() -> ZoneLayout:
    return square_zones(8.0, np.zeros(1), np.zeros(1))


def test_noise_is_that_of_epsilon_and_its_intervals_hold() -> None:
    tracks = wanderers(400, 600.0, 7)
    layout = grid_zones(2, 1, tracks.x_m[tracks.x_m < 50], tracks.y_m[tracks.y_m < 50])
    settings = PrivacySettings(k=1, window_s=60, dwell_period_s=36_000)
    windows = Windows.within(60, 600.0)
    frames = frames_of(tracks)
    found = evaluate_totals(
        frames, tracks, layout, windows, settings, ANONYMIZATION, (10.0, 0.5), seeds=8
    )
    much, little = found.noisy
    assert (much.epsilon, little.epsilon, much.draws) == (10.0, 0.5, 8)
    assert much.accuracy > little.accuracy + 0.05
    assert little.interval_coverage > 0.6


def test_the_same_recording_and_seeds_give_the_same_figures() -> None:
    """Also of what the bound drops, which hangs on the order of people within a tick."""
    tracks = wanderers(150, 300.0, 11)
    layout = square_zones(2.0, tracks.x_m, tracks.y_m)
    settings = PrivacySettings(k=1, window_s=60, dwell_period_s=36_000, max_cells=1)
    frames, windows = frames_of(tracks), Windows.within(60, 300.0)

    def figures() -> list[list[int]]:
        found = evaluate_totals(frames, tracks, layout, windows, settings, ANONYMIZATION)
        counts: list[list[int]] = found.bounded.tolist()
        return counts

    first = figures()
    assert all(figures() == first for _ in range(3))


def test_frames_hold_every_sample_and_nothing_else() -> None:
    tracks = wanderers(30, 100.0, 9)
    again = trajectories_of(frames_of(tracks))
    for name in ("id", "x_m", "y_m"):
        assert np.array_equal(getattr(again, name), getattr(tracks, name))
    assert np.allclose(again.t_s, tracks.t_s - tracks.t_s[0])


def test_times_that_differ_in_the_last_digit_are_one_frame() -> None:
    """0.1 + 0.2 is not 0.3: a frame that is not later than the one before would be refused."""
    tracks = trajectories([(0.0, 1, 0, 0), (0.3, 1, 0, 0), (0.1 + 0.2, 2, 0, 0)])
    assert [frame.ids.tolist() for frame in frames_of(tracks)] == [[1], [1, 2]]


def test_velocities_are_those_of_straight_walks() -> None:
    tracks = trajectories(
        [(0.4 * step, person, 1.0 * person + 0.5 * step, 2.0 - 0.2 * step)
         for step in range(10) for person in (1, 2)]
    )  # fmt: skip
    for frame in frames_of(tracks):
        assert np.allclose(frame.vx_mps, 1.25)
        assert np.allclose(frame.vy_mps, -0.5)


def test_windows_of_a_length_that_fills_no_hour_are_counted_as_well() -> None:
    tracks = wanderers(60, 6000.0, 7)
    found = evaluate(tracks, square_zones(4.0, tracks.x_m, tracks.y_m), 840)
    assert found.true.sum() > 0
    assert (found.counted == found.true).all()
