# SPDX-License-Identifier: Apache-2.0
"""The promise of hours and of floors, attacked: sums of windows, numbers drawn once for an hour,
and people whom two cameras of a floor see.

The attack is that of ``epsilon_attack``. Each planted bug must push its bound over the nominal
value.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from epsilon_attack import certain_epsilon
from noise_doubles import PooledNoise
from tick_sequences import content, play, row_of_zones, tick

from privcv_core.event_time.calendar import Calendar, Period
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.cell_ownership import FloorCamera, Ownership
from privcv_privacy.aggregation.floor_settings import floor_of
from privcv_privacy.aggregation.statistic_publisher import StatisticPublisher
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import ZoneMap
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.settings import PrivacySettings

EPSILON = 2.0
RUNS = int(os.environ.get("PRIVCV_PRIVACY_RUNS", "300"))  # per world; the long run takes 20000
WINDOW_S, WINDOWS = 10, 3
HOUR_S = WINDOW_S * WINDOWS
TICKS = HOUR_S // TICK_S
TARGET, IN = 10**6, 1


def settings(*release: str, **more: Any) -> PrivacySettings:
    return PrivacySettings.model_validate(
        {
            "epsilon": EPSILON, "max_cells": 1, "window_s": WINDOW_S, "dwell_period_s": 60, "k": 1,
            "presence_cap_s": 5, "max_crossings": 1, "release": list(release), **more,
        }
    )  # fmt: skip


def world(present: bool, camera: str) -> Iterator[AnonymousTick]:
    """The target stays for an hour and goes through a door in each window; others are there too."""
    for number in range(TICKS + 1):
        others = [(100 + 10 * number + i, i, 1) for i in range(2)]
        crossed = {TARGET: IN if number % 2 else 0, 100 + 10 * number: IN}
        target = [(TARGET, 0, 3)] if present and number < TICKS else []
        yield tick(number, others + target, camera, crossed=crossed)


def numbers(releases: list[Release]) -> list[float]:
    """Every number that was released of the target's places, of windows and of hours."""
    told: list[float] = []
    for release in releases:
        said = content(release)
        told += [one["occupancy"] for one in said["zones"] if one["zone"] == "z0"]
        for one in said.get("statistics", []):
            if one["place"] in ("z0", "door"):
                told.append(one["value"])
    return told


@pytest.fixture
def short_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour is three windows of a test, for what is summed and for what is drawn."""

    def period(self: Calendar, unit: str, at_s: int) -> Period:
        length_s = HOUR_S if unit == "hour" else 86400
        return Period(unit, at_s // length_s * length_s, (at_s // length_s + 1) * length_s)  # type: ignore[arg-type]

    monkeypatch.setattr(Calendar, "period", period)


def by_the_clock(*of: Any, **more: Any) -> Aggregator:
    return Aggregator(*of, **more, calendar=Calendar())


def attacked(given: PrivacySettings, runs: int = RUNS, **more: Any) -> float:
    return certain_epsilon(
        runs, given, more.pop("ticks_of", world), numbers,
        device_of=more.pop("device_of", by_the_clock), **more,
    )  # fmt: skip


PERIODS = {"periods": ["hour"]}


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.usefixtures("short_hours")
def test_hours_with_their_windows_never_exceed_epsilon_and_the_attack_has_power(share):
    given = settings("entries", hour_share=share, **PERIODS)
    assert EPSILON / 8 < attacked(given, enough=EPSILON / 8) <= EPSILON


@pytest.mark.usefixtures("short_hours")
def test_hours_of_all_statistics_never_exceed_epsilon():
    given = settings("visitors", "presence", "entries", hour_share=0.5, **PERIODS)
    assert attacked(given, runs=max(RUNS // 2, 150)) <= EPSILON


@pytest.mark.usefixtures("short_hours")
def test_an_hour_of_what_is_true_is_caught(monkeypatch):
    """Planted: what was counted is told, as if a sum over an hour hid anybody."""

    made = StatisticPublisher.__init__

    class Nothing(PooledNoise):
        """Of the scale that it says, and adds none."""

        def release(self, counts):
            return counts

    def without_noise(self, *of):
        made(self, *of)
        self.hour_noise = dict.fromkeys(self.hour_noise, Nothing(EPSILON, 0.0, 1))

    monkeypatch.setattr(StatisticPublisher, "__init__", without_noise)
    assert attacked(settings("entries", hour_share=0.5, **PERIODS), enough=EPSILON) > EPSILON


@pytest.mark.long
@pytest.mark.usefixtures("short_hours")
def test_an_hour_with_half_its_noise_is_caught():
    given = settings("entries", hour_share=1.0, **PERIODS)
    found = attacked(given, runs=max(RUNS, 2000), enough=EPSILON, noise=HalfOfIt)
    assert found > EPSILON


class HalfOfIt(PooledNoise):
    """Noise of half the scale."""

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        super().__init__(2 * epsilon, delta, votes)


@pytest.mark.usefixtures("short_hours")
def test_an_hour_that_costs_more_than_is_promised_is_not_told(monkeypatch):
    """Planted: an hour takes twice what it has. The ledger refuses it, so that nothing is found."""
    monkeypatch.setattr(PrivacySettings, "of_hours", lambda self, epsilon: 2 * epsilon)
    given = settings("entries", hour_share=1.0, **PERIODS)
    device = by_the_clock(given, {"c0": row_of_zones("c0", 2, ["door"])}, MemoryLedger())
    told = [one for release in play(device, world(True, "c0")) for one in release.read().statistics]
    assert {(one.period, one.reason) for one in told} == {("hour", "budget")}


# Two cameras see the target, who stands where one of them counts.


def of_two_cameras(present: bool, floor: str) -> Iterator[AnonymousTick]:
    """Each camera has an identity of its own for the target; the zone is of the first."""
    for number in range(2 * WINDOW_S // TICK_S + 1):
        for index, side in enumerate("ab"):
            others = [(100 + 10 * number + i + 5 * index, i, 1) for i in range(2)]
            there = present and number < 2 * WINDOW_S // TICK_S
            target = [(TARGET + index, 0, 3)] if there else []
            yield tick(number, others + target, f"{floor}{side}")


def as_floors(
    given: PrivacySettings, cameras: Mapping[str, ZoneMap], *of: Any, **more: Any
) -> Aggregator:
    zones = {
        f"z{i}": ZoneSettings(polygon_m=[4 * i, 0, 4 * i + 4, 0, 4 * i + 4, 4, 4 * i, 4])
        for i in range(2)
    }
    floors = {
        name: floor_of(
            name, zones,
            {f"{name}a": FloorCamera(at_m=[2, 2]), f"{name}b": FloorCamera(at_m=[6, 2])},
            {f"{name}a": (), f"{name}b": ()},
        )
        for name in cameras
    }  # fmt: skip
    return Aggregator(given, {}, *of, **more, floors=floors)


FLOOR = {"ticks_of": of_two_cameras, "device_of": as_floors}


def test_an_overlap_is_paid_once_and_the_attack_has_power():
    found = attacked(settings("visitors"), enough=EPSILON / 4, **FLOOR)
    assert EPSILON / 4 < found <= EPSILON


def test_an_overlap_that_both_cameras_count_is_caught(monkeypatch):
    monkeypatch.setattr(Ownership, "of", lambda self, one: replace(one))
    found = attacked(settings("visitors"), runs=max(RUNS, 600), enough=EPSILON, **FLOOR)
    assert found > EPSILON
