# SPDX-License-Identifier: Apache-2.0
"""Noise mechanisms with a proof: OpenDP's exact integer samplers, Laplace and Gaussian.

Every class says its unit, its sensitivity and where its privacy is proved. None of them takes a
seed: the randomness is the operating system's, inside OpenDP.
"""

import math
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from privcv_privacy.errors import PrivacyError
from privcv_privacy.settings import MechanismName

Counts = npt.NDArray[np.int64]

LARGEST = 2**30  # OpenDP's integers are 32 bits wide and saturate; counts beyond this are refused


class Noise(Protocol):
    """Integer noise of a known scale on a vector of counts."""

    @property
    def scale(self) -> float:
        """Laplace: e^(-1/scale) is the ratio of neighbouring probabilities; Gaussian: sigma."""

    @property
    def name(self) -> MechanismName:
        """``laplace`` or ``gaussian``."""

    def release(self, counts: Counts) -> Counts:
        """``counts`` (n,) with independent noise on each.

        Raises ``PrivacyError`` for a count beyond ``LARGEST``.
        """


class NoiseMaker(Protocol):
    """Makes the noise under which one unit pays (``epsilon``, ``delta``) for ``votes`` votes.

    Sensitivity: a vote moves one count by 1, so ``votes`` in the L1 norm.
    """

    def __call__(self, epsilon: float, delta: float, votes: int) -> Noise: ...


def exact_noise(epsilon: float, delta: float, votes: int) -> Noise:
    """The noise of the product: OpenDP's samplers; Gaussian where ``delta`` is above 0."""
    return Gaussian(epsilon, delta, votes) if delta > 0 else Laplace(epsilon, votes)


class Laplace:
    """Integer Laplace noise on counts.

    Unit: whoever casts at most ``votes`` votes in all, over all releases with this noise.
    Sensitivity: L1, ``votes``. Privacy: pure ``epsilon`` for all its votes together, adaptively
    chosen ones included.

    Source: Ghosh, Roughgarden, Sundararajan, Universally Utility-Maximizing Privacy Mechanisms,
    STOC 2009; sampled exactly after Canonne, Kamath, Steinke, The Discrete Gaussian for
    Differential Privacy, NeurIPS 2020, algorithm 2 (OpenDP ``make_laplace`` over integers).
    """

    name: MechanismName = "laplace"

    def __init__(self, epsilon: float, votes: int = 1) -> None:
        _positive("epsilon", epsilon)
        _votes(votes)
        self.epsilon = epsilon
        self.scale = _no_smaller(
            votes / epsilon, lambda scale: _laplace(1, scale).map(votes), epsilon
        )

    def release(self, counts: Counts) -> Counts:
        """``counts`` (n,) with noise of ``scale`` on each."""
        return _draw(_laplace(len(counts), self.scale), counts)


class Gaussian:
    """Integer Gaussian noise on counts, accounted in zero-concentrated differential privacy.

    Unit: whoever casts at most ``votes`` votes in all, at most one per histogram.
    Sensitivity: L2, the root of ``votes``. Privacy: (``epsilon``, ``delta``) for all its votes.

    Source: Canonne, Kamath, Steinke, NeurIPS 2020, theorem 4; conversion of zCDP to (epsilon,
    delta) as OpenDP's ``make_zCDP_to_approxDP``; Bun and Steinke, TCC 2016, for composition.
    """

    name: MechanismName = "gaussian"

    def __init__(self, epsilon: float, delta: float, votes: int = 1) -> None:
        _positive("epsilon", epsilon)
        _positive("delta", delta)
        _votes(votes)
        self.epsilon, self.delta = epsilon, delta
        self.scale = _gaussian_scale(epsilon, delta, votes)

    def release(self, counts: Counts) -> Counts:
        """``counts`` (n,) with noise of ``scale`` on each."""
        return _draw(_gaussian(len(counts), self.scale), counts)


@lru_cache(maxsize=64)
def gaussian_epsilon(scale: float, delta: float, votes: int = 1) -> float:
    """Epsilon that ``votes`` votes cost at ``delta`` under Gaussian noise of ``scale`` (sigma).

    At most one vote per histogram. Source: as ``Gaussian``. The first votes are dearer than the
    last: epsilon grows about with the root of their number.
    """
    dp = _opendp()
    private = dp.c.make_zCDP_to_approxDP(_gaussian.__wrapped__(1, scale))
    distance = math.nextafter(math.sqrt(votes), math.inf)
    return float(dp.c.make_fix_delta(private, delta=delta).map(distance)[0])


def _draw(measurement: Any, counts: Counts) -> Counts:
    if counts.size and np.abs(counts).max() > LARGEST:
        raise PrivacyError(f"a count is beyond {LARGEST}: these are not counts of people")
    # An array crosses into OpenDP in one piece, a list number by number.
    return np.array(measurement(counts.astype(np.int32)), dtype=np.int64)


@lru_cache(maxsize=256)
def _laplace(size: int, scale: float) -> Any:
    dp = _opendp()
    # A vector shorter than `size` would be taken in silence: the size is always that of the data.
    domain = dp.vector_domain(dp.atom_domain(T=int), size=size)
    return dp.m.make_laplace(domain, dp.l1_distance(T=int), scale=scale)


@lru_cache(maxsize=256)
def _gaussian(size: int, scale: float) -> Any:
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T=int), size=size)
    return dp.m.make_gaussian(domain, dp.l2_distance(T=float), scale=scale)


@lru_cache(maxsize=64)
def _gaussian_scale(epsilon: float, delta: float, votes: int) -> float:
    """Smallest sigma, to 1e-4, for which OpenDP certifies (epsilon, delta)."""
    low, high = 0.0, 1.0
    while gaussian_epsilon(high, delta, votes) > epsilon:
        low, high = high, high * 2
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        if gaussian_epsilon(middle, delta, votes) > epsilon:
            low = middle
        else:
            high = middle
    return high


def _no_smaller(scale: float, certified: Any, epsilon: float) -> float:
    """``scale``, raised by the few ulps that make OpenDP certify ``epsilon`` for it."""
    while certified(scale) > epsilon * (1 + 1e-12):
        scale *= 1 + 1e-13
    return scale


@lru_cache(maxsize=1)
def _opendp() -> Any:
    import opendp.prelude as dp  # 0.3 s: only where noise is drawn

    dp.enable_features("contrib")
    return dp


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise PrivacyError(f"{name} must be a positive number, not {value}")


def _votes(votes: int) -> None:
    if votes < 1:
        raise PrivacyError(f"votes must be at least 1, not {votes}")
