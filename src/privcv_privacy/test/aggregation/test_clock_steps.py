# SPDX-License-Identifier: Apache-2.0
"""A clock that is set under the aggregation: windows go on in its time, and refusals are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from tick_sequences import PLAIN, START, TICKS, aggregator, content, tick

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.anonymous_tick import TICK_S

HOUR, YEAR = 720, 365 * 17_280  # ticks
STEPS = [-12, 12, -5 * HOUR, 5 * HOUR, YEAR, -YEAR]
# Everything is affordable here: when it is, is the ledger's test.
UNBOUND = PLAIN.model_copy(update={"unit": "event", "window_s": TICKS * TICK_S})


@dataclass
class Room:
    """A live camera and the device, whose clocks are set together; ticks come 1 s late."""

    steps: int = 0  # by which the clock was set, ticks
    passed: int = 0  # since the begin, ticks
    device: Aggregator = field(init=False)
    windows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.device = aggregator(
            UNBOUND,
            clock_s=lambda: float((START + self.passed + self.steps) * TICK_S + 1),
            monotonic_s=lambda: 1000.0 + self.passed * TICK_S,
        )

    def run(self, ticks: int, off: int = 0) -> None:
        for _ in range(ticks):
            self.passed += 1
            people: Sequence[tuple[int, int, int]] = [(7, 0, 0), (8, 1, 0)]
            number = self.passed + self.steps - 1 + off
            self.take(self.device.on_tick(tick(number, people, epoch_s=UNBOUND.epoch_s)))

    def silence(self, ticks: int) -> None:
        for _ in range(ticks):
            self.passed += 1
            self.take(self.device.on_silence("lobby"))

    def take(self, releases: list[Any]) -> None:
        self.windows += [content(release)["zones"][1] for release in releases if release.fresh]

    def starts(self) -> list[int]:
        """Of the windows, in ticks since START."""
        found = [datetime.fromisoformat(w["window_start"].replace("Z", "+00:00"))
                 for w in self.windows]  # fmt: skip
        return [int(start.timestamp()) // TICK_S - START for start in found]


@pytest.mark.parametrize("step", STEPS)
def test_windows_go_on_in_the_clocks_time_within_two(step: int) -> None:
    room = Room()
    room.run(10 * TICKS)
    before = len(room.windows)
    room.steps += step
    room.run(3 + 2 * TICKS)
    new = room.starts()[before:]
    here = [start for start in new if abs(start - 10 * TICKS - step) <= 3 * TICKS]
    assert len(here) >= 2
    assert all(window["coverage"] == 1 for window in room.windows[before + 2 :])
    assert room.device.counts.clock_steps == 1
    assert room.device.refused == []


@pytest.mark.parametrize("step", STEPS)
def test_the_window_that_was_open_is_released_as_it_was(step: int) -> None:
    room = Room()
    room.run(10 * TICKS + 2)
    before = len(room.windows)
    room.steps += step
    room.run(3)
    last = room.windows[before:][-1]
    assert room.starts()[-1] == 10 * TICKS
    assert last["coverage"] == 0.5


@pytest.mark.parametrize("step", STEPS)
def test_a_silent_camera_reports_in_the_clocks_time(step: int) -> None:
    room = Room()
    room.run(10 * TICKS)
    room.silence(10)
    room.steps += step
    before = len(room.windows)
    room.silence(4 * TICKS)
    assert {window["reason"] for window in room.windows[before:]} == {"unobserved"}
    assert abs(room.starts()[-1] - (room.passed + step)) <= 2 * TICKS
    room.run(2 * TICKS)
    assert room.device.refused == []


@pytest.mark.parametrize("off", [-5 * HOUR, 5 * HOUR, YEAR])
def test_what_is_refused_is_told_since_when_and_why_until_it_is_over(off: int) -> None:
    """The camera's clock disagrees with the device's: its ticks never count."""
    room = Room()
    room.run(TICKS)
    room.run(100, off)
    (warning,) = room.device.refused
    assert "lobby: ticks refused since" in warning
    assert "(100 so far)" in warning
    assert room.device.counts.accepted == TICKS
    room.run(1)
    assert room.device.refused == []
    assert room.device.counts.clock_steps == 0


def test_in_a_replay_nothing_is_judged_but_order() -> None:
    device = aggregator(UNBOUND)
    for number in (0, 1, YEAR, YEAR + 1, 2, 3, 4, 5):
        device.on_tick(tick(number, [], epoch_s=UNBOUND.epoch_s))
    assert (device.counts.accepted, device.counts.late) == (4, 4)
    assert device.counts.clock_steps == 0
