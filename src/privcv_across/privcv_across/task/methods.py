# SPDX-License-Identifier: Apache-2.0
"""The ways to add up that a task can name, each by a name and a version: the one registry of them.

Another VDAF is a row in ``privcv_across.vdaf.registry``, another sealing one in
``privcv_across.sealing.hpke``, another way to add up one here. A version is that of the bytes: who
does not know it takes no part.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SumMethod:
    """What a way to add up promises."""

    proved: bool
    """Whether a site shows that its counts are counts within its cap."""
    shares: bool
    """Whether devices send shares to two collectors; else ciphertexts to one."""
    verification: str
    """What ``verification`` of the task is the SHA-256 of."""


METHODS: Mapping[tuple[str, int], SumMethod] = {
    ("two_collectors", 1): SumMethod(True, True, "the key by which both collectors verify"),
    ("one_server", 1): SumMethod(False, False, "the public key (BFV) of the offline holder"),
}
"""(name, version): ``two_collectors`` is ``privcv_across.totals``; of ``one_server``, which is
``privcv_across.homomorphic``, the leader is the server and the helper holds the key."""
NAMES = tuple(dict.fromkeys(name for name, _ in METHODS))
