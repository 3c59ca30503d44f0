# SPDX-License-Identifier: Apache-2.0
"""What is forecast is what is then measured, and formulas are those of the noise that is drawn."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from privcv_core.settings.model import data_folder
from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.errors import PrivacyError
from privcv_privacy.measurement.planning import forecast
from privcv_privacy.measurement.planning.simulation import count_visits
from privcv_privacy.measurement.planning.traffic import (
    Traffic,
    VisitShape,
    ZoneStay,
    assumed_traffic,
    recorded_traffic,
)
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.measurement.simulated_scenes import simulated
from privcv_privacy.measurement.totals import CAMERA, ORIGIN_S, Totals, Windows, evaluate_totals
from privcv_privacy.measurement.tracked_frames import anonymous_ticks, frames_of
from privcv_privacy.measurement.trajectories import Trajectories, load_trajectories
from privcv_privacy.measurement.zone_layouts import ZoneLayout, grid_zones
from privcv_privacy.settings import PrivacySettings

ETH = data_folder() / "data" / "eth" / "obsmat.txt"
ANONYMIZATION = AnonymizationSettings()


def settings_of(window_s: int, **changes: object) -> PrivacySettings:
    content = {"window_s": window_s, "k": 1, "dwell_period_s": window_s * 24, **changes}
    return PrivacySettings.model_validate(content)


def both(
    tracks: Trajectories, layout: ZoneLayout, settings: PrivacySettings, epsilons: Sequence[float]
) -> tuple[Totals, Traffic, Windows]:
    """What the real chain makes of tracks, and the traffic in its ticks."""
    tracks = replace(tracks, t_s=tracks.t_s - tracks.t_s[0])
    length_s = float(tracks.t_s[-1])
    windows, frames = Windows.within(settings.window_s, length_s), frames_of(tracks)
    found = evaluate_totals(
        frames, tracks, layout, windows, settings, ANONYMIZATION, epsilons, seeds=10
    )
    ticks = anonymous_ticks(frames, ANONYMIZATION, settings, CAMERA, ORIGIN_S)
    traffic = recorded_traffic(ticks, zone_map(CAMERA, layout.zones), length_s, "tracks")
    return found, traffic, windows


def two_zones() -> ZoneMap:
    x, y = np.array([0.0, 4.0]), np.array([0.0, 2.0])
    return zone_map(CAMERA, grid_zones(2, 1, x, y).zones)


@pytest.mark.parametrize(
    ("scene", "grid", "window_s", "bound", "epsilon"),
    [
        ("street", (3, 1), 60, 3, 1.0),
        ("campus", (2, 2), 60, 2, 2.0),
    ],
)
def test_the_forecast_is_within_a_fifth_of_what_is_measured(
    scene: str, grid: tuple[int, int], window_s: int, bound: int, epsilon: float
) -> None:
    """The oracle is the chain itself on the very tracks: anonymizer, aggregator, noise, filter."""
    tracks = simulated(scene)
    layout = grid_zones(*grid, tracks.x_m, tracks.y_m)
    settings = settings_of(window_s, max_cells=bound, epsilon=epsilon)
    found, traffic, windows = both(tracks, layout, settings, (epsilon,))
    measured = 1 - found.noisy[0].accuracy
    outlook, _ = forecast.visitors(traffic, settings, windows.count)
    assert outlook.error == pytest.approx(measured, rel=0.2)
    assert outlook.mean == pytest.approx(found.true.mean(), rel=0.1)


@pytest.mark.skipif(not ETH.exists(), reason="eth trajectories are absent: set PRIVCV_DATA")
def test_the_forecast_of_eth_is_within_a_fifth_of_what_is_measured() -> None:
    tracks = load_trajectories(ETH, "eth")
    layout = grid_zones(3, 2, tracks.x_m, tracks.y_m)
    settings = settings_of(60)
    found, traffic, windows = both(tracks, layout, settings, (1.0,))
    outlook, _ = forecast.visitors(traffic, settings, windows.count)
    assert outlook.error == pytest.approx(1 - found.noisy[0].accuracy, rel=0.2)


def test_what_is_kept_of_a_recording_counts_as_the_recording_does() -> None:
    """In one window over all of it no moment matters: the sums must agree, with and without M."""
    tracks = simulated("campus")
    early = tracks.t_s - tracks.t_s[0] <= 600.0
    tracks = Trajectories(*(column[early] for column in vars(tracks).values()))
    layout = grid_zones(3, 2, tracks.x_m, tracks.y_m)
    settings = settings_of(600, max_cells=2)
    found, traffic, _ = both(tracks, layout, settings, ())
    cells = [len({stay.zone for stay in shape.stays}) for shape in traffic.shapes]
    # The tick that begins with the last sample is in the traffic, and in no whole window.
    assert sum(cells) == pytest.approx(int(found.counted.sum()), rel=0.01)
    assert sum(min(one, 2) for one in cells) == pytest.approx(int(found.bounded.sum()), rel=0.01)


def test_visits_are_counted_in_each_zone_and_window_once_and_within_the_bound() -> None:
    """Three shapes by hand, windows of four ticks: where each must count."""
    settings = settings_of(20, max_cells=2, presence_cap_s=15)
    stays = (ZoneStay(0, 0, 1, 1), ZoneStay(1, 1, 5, 0), ZoneStay(0, 5, 5, 2))
    shape = VisitShape(stays, (0, 1, 1, 1, 1, 0))
    traffic = Traffic(two_zones(), (shape,), 3600.0, "by hand")
    counted = count_visits(traffic, settings, 30, np.random.default_rng(1))
    visits = counted.beyond[:, 0].sum()
    assert visits > 400  # an hour's rate over ten minutes
    # By where in a window it begins (0 to 3): its ticks 0 to 5 are in two windows or, from 3 on,
    # in three. Cells of (0; 1; 0) by hand: 4, 4, 4 and 5.
    assert 4 * visits <= counted.true.sum() <= 5 * visits
    assert counted.true.sum() == pytest.approx(4.25 * visits, rel=0.03)
    assert counted.bounded.sum() == 2 * visits
    assert counted.beyond[:, 1].sum() == 0  # nobody is in as many as six cells
    assert counted.moments.sum() == 5 * visits  # between six ticks
    assert counted.capped.sum() == 3 * visits
    assert (counted.bounded <= counted.true).all()


def test_formulas_are_those_of_the_noise_that_is_drawn() -> None:
    settings = settings_of(300, release=["visitors", "presence", "entries", "footfall", "dwell"])
    traffic = assumed_traffic(two_zones(), 240, 120, 1.5)
    random = np.random.default_rng(5)

    def drawn(epsilon: float, votes: int) -> tuple[float, float]:
        noise = SeededNoise(random, epsilon, 0.0, votes).release(np.zeros(200_000, np.int64))
        return float(noise.std()), float(np.abs(noise).mean())

    sd, off = drawn(settings.entries_epsilon, settings.max_crossings)
    line = forecast.entries(settings, 10.0)
    assert [line.sd, line.error * 10] == pytest.approx([sd, off], rel=0.02)
    sd, off = drawn(settings.dwell_epsilon, settings.max_cells)
    stay = forecast.dwell(settings, 10.0)
    assert [stay.sd, stay.error * 10] == pytest.approx([sd, off], rel=0.02)
    moments = settings.presence_cap_s // 5
    sd, _ = drawn(settings.presence_epsilon, moments)
    there = forecast.presence(traffic, settings, 100)
    assert there.sd == pytest.approx(sd / 60, rel=0.02)  # 60 ticks in a window
    # Means follow from the traffic alone: 240 visits an hour of two minutes are 8 at a time.
    assert 2 * there.mean == pytest.approx(240 * traffic.mean_s / 3600, rel=0.1)
    # 12 hours are 48 quarters: four branches of ten, and eight leaves; a visit is in two draws.
    sd, _ = drawn(settings.footfall_epsilon, 2)
    today = forecast.footfall(settings, 100.0, 12.0)
    assert [today.mean, today.sd] == pytest.approx([1200.0, math.sqrt(12) * sd], rel=0.02)
    event = settings_of(300, release=["entries"], unit="event")
    assert forecast.entries(event, 1.0).sd == pytest.approx(
        2 * math.sqrt(2) * event.max_crossings / event.entries_epsilon
    )
    seen, _ = forecast.visitors(traffic, settings, 24)
    sd, _ = drawn(settings.counts_epsilon, settings.max_cells)
    assert seen.sd == pytest.approx(math.sqrt(5) * sd, rel=0.02)


def test_a_cap_that_leaves_time_out_is_an_error_that_noise_does_not_hide() -> None:
    settings = settings_of(300, release=["presence"], epsilon=10, presence_cap_s=30)
    shape = VisitShape((ZoneStay(0, 0, 19, 0),), (0,) * 20)
    traffic = Traffic(two_zones(), (shape,), 3600.0, "by hand")
    there = forecast.presence(traffic, settings, 50)
    assert there.lost == pytest.approx(1 - 6 / 19, abs=0.01)  # 30 of 95 s count
    assert there.error == pytest.approx(there.lost, abs=0.02)


def test_a_recording_in_which_nobody_is_in_a_zone_is_refused() -> None:
    tracks = simulated("street")
    layout = grid_zones(2, 1, tracks.x_m + 500, tracks.y_m)
    settings = settings_of(60)
    ticks = anonymous_ticks(frames_of(tracks), ANONYMIZATION, settings, CAMERA, ORIGIN_S)
    with pytest.raises(PrivacyError, match="nobody is in any zone"):
        recorded_traffic(ticks, zone_map(CAMERA, layout.zones), 1800.0, "tracks")
