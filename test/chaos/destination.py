# SPDX-License-Identifier: Apache-2.0
"""Where devices deliver to: a collector on some database, or a broker with a subscriber."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedule import Event, Schedule


@dataclass
class Route:
    """The way of one device to its destination: settings of its uplink, and what harms it."""

    settings: dict[str, Any]
    faults: Counter[str] = field(default_factory=Counter)

    def storm(self, schedule: Schedule) -> None:
        """Let faults happen on the way."""

    def calm(self) -> None:
        """Let nothing happen any more."""

    async def close(self) -> None:
        """Let go of it."""


class Destination(ABC):
    """One for all schedules that deliver to it; ``async with`` runs it."""

    @abstractmethod
    async def __aenter__(self) -> "Destination":
        """Start it, and keep it running whatever kills it."""

    @abstractmethod
    async def __aexit__(self, *_: object) -> None:
        """End it."""

    @abstractmethod
    async def route(self, schedule: Schedule, token_file: Path) -> Route:
        """The way of a device to it, calm."""

    @abstractmethod
    async def happen(self, event: Event) -> None:
        """Do what ``event`` says to the destination; what is none of it does nothing."""

    @abstractmethod
    async def values(self, device: str) -> Iterable[tuple[int, int]]:
        """Release number and value of all that arrived of a device, each as often as it counts."""


def wrong_of(values: Iterable[tuple[int, int]], schedule: Schedule) -> list[str]:
    """Compare with what was made: each exactly once, no other."""
    counts = Counter(value for _, value in values)
    expected = [measurement(schedule.number, n + 1) for n in range(len(schedule.made_at_s))]
    wrong = [
        f"release {n + 1} is there {counts[value]} times"
        for n, value in enumerate(expected)
        if counts[value] != 1
    ]
    return wrong + [f"nobody made {value}" for value in counts if value not in expected]


def measurement(number: int, sequence: int) -> int:
    """A value that no other release of the run has."""
    return number * 100 + sequence
