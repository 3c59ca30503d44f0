# SPDX-License-Identifier: Apache-2.0
"""Seeded noise of the distribution of ``noise.mechanisms``, so that a figure can be repeated.

The only place where a seed of noise exists: the product's noise takes none.
"""

import math

import numpy as np

from privcv_privacy.noise.mechanisms import Counts, Gaussian
from privcv_privacy.settings import MechanismName


class SeededNoise:
    """Integer Laplace or Gaussian noise from the generator ``random``: for measurements only.

    ``epsilon``, ``delta``, ``votes``: as of ``mechanisms.NoiseMaker``. It protects nobody: whoever
    knows the seed can take it away.
    """

    def __init__(
        self, random: np.random.Generator, epsilon: float, delta: float, votes: int
    ) -> None:
        self._random = random
        self.name: MechanismName = "gaussian" if delta > 0 else "laplace"
        self.scale = Gaussian(epsilon, delta, votes).scale if delta > 0 else votes / epsilon
        if delta > 0:
            reach = math.ceil(12 * self.scale)
            self._values = np.arange(-reach, reach + 1)
            weights = np.exp(-((self._values / self.scale) ** 2) / 2)
            self._weights = weights / weights.sum()

    def release(self, counts: Counts) -> Counts:
        """``counts`` (n,) with independent noise on each."""
        if self.name == "gaussian":
            drawn = self._random.choice(self._values, len(counts), p=self._weights)
            return np.asarray(counts + drawn, dtype=np.int64)
        # The difference of two geometric variables is integer Laplace noise.
        p = -math.expm1(-1 / self.scale)
        noise = self._random.geometric(p, (2, len(counts)))
        return np.asarray(counts + noise[0] - noise[1], dtype=np.int64)
