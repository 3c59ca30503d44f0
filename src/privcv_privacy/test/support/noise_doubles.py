# SPDX-License-Identifier: Apache-2.0
"""Noise for tests: drawn in bulk, or none at all and the true counts kept."""

from typing import ClassVar

import numpy as np

from privcv_privacy.noise.mechanisms import Counts, Laplace
from privcv_privacy.settings import MechanismName


class PooledNoise:
    """OpenDP's own draws, taken in bulk, so that thousands of releases take seconds."""

    name: MechanismName = "laplace"
    pools: ClassVar[dict[float, list[int]]] = {}

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        assert delta == 0
        self.exact = Laplace(epsilon, votes)
        self.scale = self.exact.scale
        self.pool = self.pools.setdefault(self.scale, [])

    def release(self, counts: Counts) -> Counts:
        if len(self.pool) < len(counts):
            self.pool.extend(self.exact.release(np.zeros(2000, dtype=np.int64)).tolist())
        return counts + np.array([self.pool.pop() for _ in counts], dtype=np.int64)


class NoNoise:
    """Shows what noise would have been added to; ``seen`` is every vector of true counts."""

    name: MechanismName = "laplace"

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        self.scale, self.votes = votes / epsilon, votes
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
