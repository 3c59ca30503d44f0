# SPDX-License-Identifier: Apache-2.0
"""Small scenes for tests of the aggregation: who is where at which tick, and what is released."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.noise.mechanisms import Counts, Laplace
from privcv_privacy.settings import PrivacySettings

START = 340_000_000  # a tick of 2023, at the start of an hour and of its minute
START -= START % (86400 // TICK_S)

Person = tuple[int, int, int]  # id, zone, direction


def row_of_zones(camera: str, count: int) -> ZoneMap:
    """``count`` zones of 4 m x 4 m in a row, so that cell (8 z + 3, 3) lies in zone z."""
    zones = {
        f"z{i}": ZoneSettings(polygon_m=[4 * i, 0, 4 * i + 4, 0, 4 * i + 4, 4, 4 * i, 4])
        for i in range(count)
    }
    return zone_map(camera, zones)


def tick(
    number: int,
    people: Sequence[Person],
    camera: str = "lobby",
    seen: int = 100,
) -> AnonymousTick:
    """``people`` under ``camera``, ``number`` ticks after START."""
    return AnonymousTick(
        camera,
        START + number,
        TICK_S,
        seen,
        np.array([person[0] for person in people], dtype=np.uint64),
        np.array([[8 * person[1] + 3, 3] for person in people], dtype=np.int16).reshape(-1, 2),
        np.ones(len(people), dtype=np.uint8),
        np.array([person[2] for person in people], dtype=np.uint8),
    )


class PooledNoise:
    """OpenDP's own draws, taken in bulk, so that thousands of releases take seconds."""

    pools: ClassVar[dict[float, list[int]]] = {}

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        assert delta == 0
        self.exact = Laplace(epsilon, votes)
        self.scale, self.name = self.exact.scale, "laplace"
        self.pool = self.pools.setdefault(self.scale, [])

    def release(self, counts: Counts) -> Counts:
        if len(self.pool) < len(counts):
            self.pool.extend(self.exact.release(np.zeros(2000, dtype=np.int64)).tolist())
        return counts + np.array([self.pool.pop() for _ in counts], dtype=np.int64)


class NoNoise:
    """Shows what noise would have been added to; ``seen`` is every vector of true counts."""

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        self.scale, self.name, self.votes = votes / epsilon, "laplace", votes
        self.seen: list[Counts] = []

    def release(self, counts: Counts) -> Counts:
        self.seen.append(counts.copy())
        return counts.copy()


class Recorder:
    """Makes noise that adds nothing and keeps every vector it was given."""

    def __init__(self) -> None:
        self.made: list[NoNoise] = []

    def __call__(self, epsilon: float, delta: float, votes: int) -> NoNoise:
        self.made.append(NoNoise(epsilon, delta, votes))
        return self.made[-1]

    @property
    def counts(self) -> list[Counts]:
        """Histograms (zones x bins,) of all releases, in order."""
        return self.made[0].seen


def play(aggregator: Aggregator, ticks: Iterable[AnonymousTick]) -> list[Release]:
    """All releases that ``ticks`` lead to."""
    return [release for one in ticks for release in aggregator.on_tick(one)]


def aggregator(settings: PrivacySettings, zones: int = 2, **options: Any) -> Aggregator:
    """An aggregator of one camera, ``lobby``, with a row of zones."""
    options.setdefault("ledger", MemoryLedger())
    return Aggregator(settings, {"lobby": row_of_zones("lobby", zones)}, **options)


def content(release: Release) -> dict[str, Any]:
    """What a release says."""
    decoded: dict[str, Any] = json.loads(release.payload)
    return decoded
