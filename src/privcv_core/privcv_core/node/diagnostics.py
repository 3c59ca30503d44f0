# SPDX-License-Identifier: Apache-2.0
"""The diagnostics message (diagnostic_msgs/DiagnosticArray) of one node."""

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from privcv_core.masking import mask
from privcv_core.node.health import PROBLEM, Health


def diagnostics(name: str, health: Health, stamp: Any) -> DiagnosticArray:
    """What ``/diagnostics`` shows of the node ``name`` at ``stamp`` (builtin_interfaces/Time).

    Anybody on this machine may read it: secrets are masked.
    """
    problems = {f"{PROBLEM} {n}": words for n, words in enumerate(health.problems, 1)}
    values = {**health.values, **problems}
    status = DiagnosticStatus(
        level=bytes([health.level]),
        name=name,
        message=mask(health.message),
        hardware_id="",
        values=[KeyValue(key=key, value=mask(str(value))) for key, value in values.items()],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = stamp
    return array
