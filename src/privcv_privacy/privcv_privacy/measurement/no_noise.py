# SPDX-License-Identifier: Apache-2.0
"""No noise at all: what the real aggregation would publish if it protected nobody.

For measurements only, like ``seeded_noise``: they tell apart what is lost before the noise.
"""

from privcv_privacy.noise.mechanisms import Counts
from privcv_privacy.settings import MechanismName

ALMOST_NOTHING = 1e-6
"""Scale of noise that leaves the estimator nothing to estimate: it returns its input to 1e-4."""


class NoNoise:
    """Adds nothing; ``epsilon``, ``delta``, ``votes``: as of ``mechanisms.NoiseMaker``."""

    name: MechanismName = "laplace"

    def __init__(self, epsilon: float, delta: float, votes: int) -> None:
        self.scale = ALMOST_NOTHING

    def release(self, counts: Counts) -> Counts:
        """``counts`` (n,), as they are."""
        return counts.copy()
