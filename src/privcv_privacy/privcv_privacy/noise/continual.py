# SPDX-License-Identifier: Apache-2.0
"""Continual counting: how many so far, told again and again while it grows, with little noise.

The tree mechanism (Dwork, Naor, Pitassi, Rothblum, Differential Privacy under Continual
Observation, STOC 2010; Chan, Shi, Song, ACM TISSEC 2011) with many branches and two levels, since
there are few leaves: OpenDP has no streaming mechanism, so that the sums are ours and the noise is
OpenDP's.
"""

from dataclasses import dataclass, replace

import numpy as np

from privcv_privacy.noise.mechanisms import Noise

LEVELS = 2
"""Each item is in one leaf and in one branch: its sensitivity, in the L1 norm, for every release
together."""

BRANCH = 10
"""Leaves of a branch: of 96 to 100 leaves, quarters of an hour of a day, prefixes have the least
variance on average with about the root of their number."""


@dataclass(frozen=True)
class Prefix:
    """What was counted so far. Only ``total`` and ``nodes`` may be told.

    A leaf is told when it is complete, and a branch as soon as its last leaf is; a prefix is the
    sum of the branches that are complete and of the leaves after them.
    """

    branches: int = 0  # noisy sum of the complete ones
    complete: int = 0  # how many these are
    leaves: tuple[int, ...] = ()  # noisy, since the last complete branch
    open_branch: int = 0  # true sum of those leaves; never told, noised when it is complete

    def add(self, leaf: int, noise: Noise) -> "Prefix":
        """With one more ``leaf``, the true number of items in it.

        ``noise``: of whoever adds at most ``LEVELS`` votes. Source: as the module.
        """
        counted = self.open_branch + leaf
        if len(self.leaves) + 1 < BRANCH:
            return replace(self, leaves=(*self.leaves, _noisy(leaf, noise)), open_branch=counted)
        return Prefix(self.branches + _noisy(counted, noise), self.complete + 1)

    @property
    def total(self) -> int:
        """Noisy number of all items so far."""
        return self.branches + sum(self.leaves)

    @property
    def nodes(self) -> int:
        """How many independent draws of noise are in ``total``."""
        return self.complete + len(self.leaves)


NOTHING = Prefix()
"""Before the first leaf."""


def _noisy(count: int, noise: Noise) -> int:
    return int(noise.release(np.array([count], dtype=np.int64))[0])
