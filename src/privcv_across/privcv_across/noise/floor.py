# SPDX-License-Identifier: Apache-2.0
"""The floor: a little noise under a device's counts, before it shares them.

Whoever has both shares of a report has what was shared. With the floor that is not the counts but
the counts and noise, of which a visit pays ``floor_epsilon``: a seat belt for the day on which both
collectors collude, and no promise to build on.

A share holds no negative number, and noise makes some. So each count is raised by ``offset``
first, what is still negative becomes 0, and who adds up n reports takes n offsets off again. The
offset is so large that this happens to a count of nobody at most twice in a million.
"""

import math
from collections.abc import Sequence

from privcv_across.noise.integer_laplace import IntegerLaplace

CLAMPED = 2e-6
"""The most often that an empty cell may still be negative: what bends a total of 1,000 by 0.002."""


class Floor(IntegerLaplace):
    """Of a task: its ``floor_epsilon`` and the votes that it allows a visit."""

    def __init__(self, epsilon: float, votes: int) -> None:
        super().__init__(epsilon, votes)
        a, offset = self.ratio, 0
        while a ** (offset + 1) / (1 + a) > CLAMPED:  # the chance of less than -offset
            offset += 1
        self.offset = offset
        """By how much each cell of each report is raised."""

    def blur(self, counts: Sequence[int]) -> list[int]:
        """``counts`` (cells,) with noise and offset, none below 0. Draw it once for a report."""
        drawn = self.draw(len(counts))
        return [max(0, n + k + self.offset) for n, k in zip(counts, drawn, strict=True)]


def half_width(confidence: float, *parts: tuple[int, IntegerLaplace]) -> int:
    """The smallest t such that the sum of so many of each noise is within ±t with this probability.

    A sum of independent numbers has the product of their transforms; the chance of -t to t is that
    against Dirichlet's kernel (Feller, An Introduction to Probability Theory, vol. 2, XV.4), added
    up at so many angles that what is beyond half of them is rarer than 1e-12.
    """
    spread = sum(count * 2 * one.ratio / (1 - one.ratio) ** 2 for count, one in parts)
    longest = max(one.scale for _, one in parts)
    most = int(8 * math.sqrt(spread) + 40 * longest) + 8
    angles = [math.pi * (2 * at + 1) / (2 * most + 1) for at in range(2 * most + 1)]
    weights = [math.prod(one.transform(angle) ** n for n, one in parts) for angle in angles]

    def inside(t: int) -> float:
        total = 0.0
        for angle, weight in zip(angles, weights, strict=True):
            half = math.sin(angle / 2)
            total += weight * (math.sin((t + 0.5) * angle) / half)
        return total / len(angles)

    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if inside(middle) >= confidence else (middle, high)
    return high
