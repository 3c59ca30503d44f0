# SPDX-License-Identifier: Apache-2.0
"""The noise that each of the two collectors adds, all of it: one of them being honest is enough.

Unit: a visit, in at most ``votes`` cells of the task's totals. Sensitivity: L1, ``votes``. Privacy:
pure ``epsilon`` for all its votes together, whatever the other collector and all other sites do,
since they can take nothing of the noise of an honest collector away. Source: Ghosh, Roughgarden,
Sundararajan, STOC 2009; sampled exactly by OpenDP (Canonne, Kamath, Steinke, NeurIPS 2020).
"""

import math
from functools import cached_property, lru_cache
from typing import Any

from privcv_across.errors import ParameterError

LARGEST_SCALE = 10_000.0
"""Beyond it OpenDP's 32 bits would be reached once in e**200000 draws, and no total is of use."""


class CollectorNoise:
    """Integer Laplace noise for totals of which a visit pays ``epsilon``; the exact scale is no
    smaller than ``votes / epsilon``."""

    def __init__(self, epsilon: float, votes: int) -> None:
        if not (math.isfinite(epsilon) and epsilon > 0 and votes >= 1):
            raise ParameterError(f"noise: epsilon {epsilon} and {votes} votes give none")
        scale = votes / epsilon
        if scale > LARGEST_SCALE:
            raise ParameterError(f"noise: of scale {scale:g}; at most {LARGEST_SCALE:g} is drawn")
        while _laplace(1, scale).map(votes) > epsilon * (1 + 1e-12):
            scale *= 1 + 1e-13
        self.scale = scale

    def draw(self, length: int) -> list[int]:
        """``length`` independent numbers, from the operating system's randomness."""
        return [int(number) for number in _laplace(length, self.scale)([0] * length)]

    def half_width(self, confidence: float) -> int:
        """The smallest t such that the noise of *both* collectors together is within ±t with this
        probability.

        With a = e**(-1/scale), the sum of two is k with probability ((1-a)/(1+a))**2 a**|k|
        (|k| + (1+a**2)/(1-a**2)): the convolution of two geometric distributions.
        """
        if not 0 < confidence < 1:
            raise ParameterError(f"noise: no interval of confidence {confidence}")
        at, inside = 0, self._both(0)
        while inside < confidence:
            at += 1
            inside += 2 * self._both(at)
        return at

    def _both(self, number: int) -> float:
        a = self._ratio
        weight = ((1 - a) / (1 + a)) ** 2
        return weight * a**number * (number + (1 + a * a) / (1 - a * a))

    @cached_property
    def _ratio(self) -> float:
        return math.exp(-1 / self.scale)


@lru_cache(maxsize=64)
def _laplace(size: int, scale: float) -> Any:
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T=int), size=size)
    return dp.m.make_laplace(domain, dp.l1_distance(T=int), scale=scale)


@lru_cache(maxsize=1)
def _opendp() -> Any:
    import opendp.prelude as dp  # 0.3 s: only where noise is drawn

    dp.enable_features("contrib")
    return dp
