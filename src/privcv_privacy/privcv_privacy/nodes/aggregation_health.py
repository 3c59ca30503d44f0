# SPDX-License-Identifier: Apache-2.0
"""Health of the aggregation: what /diagnostics shows of it, and what of that matters most."""

from collections.abc import Iterable

from privcv_core.node.health import Health, Level
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.camera_clocks import CameraClocks
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError


def aggregation_health(
    aggregator: Aggregator,
    ledger: Ledger,
    clocks: CameraClocks,
    unanswered: Iterable[str],
    fault: LedgerError | None,
) -> Health:
    """The worst of what is wrong; ``unanswered``: cameras that still owe new identities."""
    counts = aggregator.counts
    values: dict[str, str | int | float | bool] = {
        "releases": ledger.head,
        "accepted by the uplink": ledger.accepted_through,
        "windows that wait for the ledger": aggregator.pending,
        "cameras ended": " ".join(clocks.ended),
        "cameras that still owe new identities": " ".join(unanswered),
        **{
            f"ticks {name.replace('_', ' ')}": n
            for name, n in vars(counts).items()
            if name != "overlong"  # it counts people
        },
    }
    if fault is not None:
        return Health(Level.ERROR, str(fault), values)
    exhausted = aggregator.exhausted
    if exhausted:
        names = ", ".join(exhausted)
        return Health(Level.WARN, f"the privacy budget of {names} is spent", values)
    silent = clocks.silent()
    if silent:
        return Health(Level.WARN, f"nothing comes from {', '.join(silent)}", values)
    if counts.of_another_length:
        return Health(Level.WARN, f"ticks that are not {TICK_S} s long were dropped", values)
    return Health(Level.OK, "running", values)
