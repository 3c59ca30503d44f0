# SPDX-License-Identifier: Apache-2.0
"""Integer Laplace noise: a number k with a probability in proportion to e**(-|k| / scale).

Source: Ghosh, Roughgarden, Sundararajan, STOC 2009; sampled exactly by OpenDP (Canonne, Kamath,
Steinke, NeurIPS 2020).
"""

import math
from functools import cached_property, lru_cache
from typing import Any

from privcv_across.errors import ParameterError

LARGEST_SCALE = 10_000.0
"""Beyond it OpenDP's 32 bits would be reached once in e**200000 draws, and no total is of use."""


class IntegerLaplace:
    """Noise for counts of which a visit moves ``votes`` and pays ``epsilon``; the exact scale is no
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

    @cached_property
    def ratio(self) -> float:
        """e**(-1 / scale): how much rarer each number is than the one before it."""
        return math.exp(-1 / self.scale)

    def transform(self, angle: float) -> float:
        """The expectation of cos(angle times the noise): its characteristic function."""
        a = self.ratio
        return (1 - a) ** 2 / (1 - 2 * a * math.cos(angle) + a * a)


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
