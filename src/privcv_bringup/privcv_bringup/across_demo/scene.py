# SPDX-License-Identifier: Apache-2.0
"""Who is where at a made-up site: visits to zones, as ticks of one camera, with the truth."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick

ZONES = ("entrance", "hall", "tills")
MEANS = (12.0, 4.0, 7.0)
"""Visitors of a zone in a window, on average; a small zone among them."""
WINDOW_S = 300
CAMERA = "lobby"
ZONE_M = 4.0
_LASTS_TICKS = 12


@dataclass(frozen=True)
class Scene:
    """Visits of one site over some windows from ``begin_s`` (a multiple of ``WINDOW_S``)."""

    begin_s: int
    counts: np.ndarray
    """(windows, zones) how many visitors there were."""
    seed: int

    @classmethod
    def drawn(cls, begin_s: int, windows: int, seed: int) -> "Scene":
        """With numbers of visitors from a generator of this seed."""
        rng = np.random.default_rng(seed)
        return cls(begin_s, rng.poisson(MEANS, (windows, len(ZONES))), seed)

    def ticks(self, epoch_s: int) -> Iterator[AnonymousTick]:
        """All ticks in order, and one after them that ends the last window."""
        rng = np.random.default_rng(self.seed)
        each = WINDOW_S // TICK_S
        first = self.begin_s // TICK_S
        for window, counts in enumerate(self.counts):
            zones = np.repeat(np.arange(len(ZONES)), counts)
            ids = rng.integers(1, 2**63, len(zones), dtype=np.uint64)
            starts = rng.integers(0, each - _LASTS_TICKS, len(zones))
            for at in range(each):
                there = (starts <= at) & (at < starts + _LASTS_TICKS)
                yield _tick(first + window * each + at, ids[there], zones[there], epoch_s)
        yield _tick(first + len(self.counts) * each, ids[:0], zones[:0], epoch_s)


def polygon(zone: int) -> list[float]:
    """The square of a zone, m."""
    left, right = ZONE_M * zone, ZONE_M * (zone + 1)
    return [left, 0.0, right, 0.0, right, ZONE_M, left, ZONE_M]


def _tick(number: int, ids: np.ndarray, zones: np.ndarray, epoch_s: int) -> AnonymousTick:
    people = len(ids)
    cells = np.stack([zones * 8 + 3, np.full(people, 3)], axis=1).astype(np.int16)
    return AnonymousTick(
        camera=CAMERA,
        tick=number,
        tick_s=TICK_S,
        observed_percent=100,
        ids=ids,
        cells=np.ones(people, dtype=np.uint8),
        last=np.zeros(people, dtype=np.uint8),
        cell_xy=cells,
        size=np.ones(people, dtype=np.uint8),
        direction=np.zeros(people, dtype=np.uint8),
        crossed=np.zeros(people, dtype=np.uint32),
        epoch_s=epoch_s,
    )
