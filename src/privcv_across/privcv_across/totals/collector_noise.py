# SPDX-License-Identifier: Apache-2.0
"""The noise that each of the two collectors adds, all of it: one of them being honest is enough.

Unit: a visit, in at most ``votes`` cells of the task's totals. Sensitivity: L1, ``votes``. Privacy:
pure ``epsilon`` for all its votes together, whatever the other collector and all other sites do,
since they can take nothing of the noise of an honest collector away.
"""

from privcv_across.errors import ParameterError
from privcv_across.noise.floor import Floor, half_width
from privcv_across.noise.integer_laplace import IntegerLaplace


class CollectorNoise(IntegerLaplace):
    """Integer Laplace noise for totals of which a visit pays ``epsilon``."""

    def half_width(self, confidence: float, floor: Floor | None = None, sites: int = 0) -> int:
        """The smallest t such that the noise of *both* collectors together, and of the ``floor``
        under each of so many ``sites``, is within ±t with this probability.

        With a = e**(-1/scale), the sum of two is k with probability ((1-a)/(1+a))**2 a**|k|
        (|k| + (1+a**2)/(1-a**2)): the convolution of two geometric distributions.
        """
        if not 0 < confidence < 1:
            raise ParameterError(f"noise: no interval of confidence {confidence}")
        if floor is not None and sites:
            return half_width(confidence, (2, self), (sites, floor))
        at, inside = 0, self._both(0)
        while inside < confidence:
            at += 1
            inside += 2 * self._both(at)
        return at

    def _both(self, number: int) -> float:
        a = self.ratio
        weight = ((1 - a) / (1 + a)) ** 2
        return weight * a**number * (number + (1 + a * a) / (1 - a * a))
