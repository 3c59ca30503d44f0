# SPDX-License-Identifier: Apache-2.0
"""The sums that a task can name, with their number in the registry of VDAFs."""

import inspect
from collections.abc import Mapping
from typing import Any

from privcv_across.errors import ParameterError
from privcv_across.vdaf.circuits import Circuit, Count, Histogram, L1BoundSum, SumVec
from privcv_across.vdaf.prio3 import VERSION, Prio3

SUMS: Mapping[int, tuple[str, type[Circuit[Any]]]] = {
    1: ("Prio3Count", Count),
    3: ("Prio3SumVec", SumVec),
    4: ("Prio3Histogram", Histogram),
    7: ("Prio3L1BoundSum", L1BoundSum),
}
"""Number: name, circuit. VDAF, 10.1, and draft-ietf-ppm-l1-bound-sum-02, 6."""


def build_sum(
    number: int, parameters: Mapping[str, int], *, version: int = VERSION, shares: int = 2
) -> Prio3[Any]:
    """The sum with this number; raises ``ParameterError`` for one that is not known.

    ``parameters`` are those of its circuit, all of them and no others; ``version`` is that of the
    bytes on the wire.
    """
    if version != VERSION:
        raise ParameterError(f"sum: version {version} of its bytes; this program has {VERSION}")
    if number not in SUMS:
        known = ", ".join(f"{known} ({name})" for known, (name, _) in SUMS.items())
        raise ParameterError(f"sum: {number} is not known; known are {known}")
    name, circuit = SUMS[number]
    wanted = set(inspect.signature(circuit).parameters)
    if set(parameters) != wanted:
        raise ParameterError(
            f"sum: {name} has the parameters {', '.join(sorted(wanted)) or 'none'}, "
            f"not {', '.join(sorted(parameters)) or 'none'}"
        )
    return Prio3(number, circuit(**parameters), shares)
