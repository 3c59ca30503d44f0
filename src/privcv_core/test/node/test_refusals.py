# SPDX-License-Identifier: Apache-2.0
"""A guard says what it refuses, since when, how often and why, and once each on the console."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from privcv_core.node.refusals import Refusals

START = datetime(2026, 11, 20, 21, 0, tzinfo=timezone.utc)


@dataclass
class Guard:
    passed_s: float = 0.0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refusals = Refusals(
            "frames refused",
            self.lines.append,
            monotonic=lambda: self.passed_s,
            now=lambda: START + timedelta(seconds=self.passed_s),
        )


def test_it_warns_for_as_long_as_it_refuses() -> None:
    guard = Guard()
    assert guard.refusals.warning is None
    for index in range(3):
        guard.passed_s += 10
        guard.refusals.refuse(f"reason {index}")
    assert guard.refusals.warning == (
        "frames refused since 2026-11-20 21:00:10 UTC (3 so far): reason 2"
    )
    guard.refusals.accept()
    assert guard.refusals.warning is None


def test_one_line_at_the_first_and_one_at_the_recovery() -> None:
    guard = Guard()
    for _ in range(1000):
        guard.passed_s += 0.1
        guard.refusals.refuse("time went back")
    for _ in range(10):
        guard.refusals.accept()
    assert guard.lines == [
        "frames refused: time went back",
        "frames refused: over after 100 s (1000 times)",
    ]


def test_a_guard_that_opens_and_closes_all_the_time_does_not_fill_the_console() -> None:
    guard = Guard()
    for _ in range(1200):  # two minutes
        guard.passed_s += 0.1
        guard.refusals.refuse("a stray")
        assert guard.refusals.warning is not None
        guard.refusals.accept()
    assert len(guard.lines) == 2 * 2
