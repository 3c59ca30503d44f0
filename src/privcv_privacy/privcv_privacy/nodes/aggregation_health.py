# SPDX-License-Identifier: Apache-2.0
"""Health of the aggregation: what /diagnostics shows of it, and what of that matters most."""

from collections.abc import Callable, Iterable, Mapping

from privcv_core.node.health import Health, Level
from privcv_core.node.refusals import Refusals
from privcv_core.protocol.timestamps import NS_PER_S, from_ns, rfc3339_whole
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.camera_clocks import CameraClocks
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError


class ReportGuards:
    """Why cameras report nothing: their budget is spent, or nothing comes from them. Said at WARN
    for as long as it is so, and on the console at its begin and end."""

    def __init__(self, cameras: Iterable[str], say: Callable[[str], None]) -> None:
        self._budget = {name: Refusals(f"{name}: reports refused", say) for name in cameras}
        self._silence = {name: Refusals(f"nothing comes from {name}", say) for name in self._budget}

    def note(self, exhausted: Mapping[str, int], silent: Iterable[str]) -> None:
        """How it is now; call it about once a second.

        ``exhausted``: event time, s, from which windows are sure to be affordable, by camera.
        """
        silent = set(silent)
        for name, guard in self._budget.items():
            if name in exhausted:
                until = rfc3339_whole(from_ns(exhausted[name] * NS_PER_S))
                guard.refuse(f"the privacy budget is spent, until {until} at the latest")
            else:
                guard.accept()
        for name, guard in self._silence.items():
            if name in silent:
                guard.refuse("no tick of it counts, and its windows end without it")
            else:
                guard.accept()

    @property
    def budget_warnings(self) -> list[str]:
        """Cameras whose budget is spent, since when and until when."""
        return [guard.warning for guard in self._budget.values() if guard.warning]

    @property
    def silence_warnings(self) -> list[str]:
        """Cameras from which nothing comes, since when."""
        return [guard.warning for guard in self._silence.values() if guard.warning]


def aggregation_health(
    aggregator: Aggregator,
    ledger: Ledger,
    clocks: CameraClocks,
    unanswered: Iterable[str],
    fault: LedgerError | None,
    first: Iterable[str],
    last: Iterable[str],
) -> Health:
    """The worst of what is wrong; ``unanswered``: cameras that still owe new identities.

    ``first`` and ``last``: warnings that matter more, and less, than ticks that are refused.
    """
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
    problems = [(Level.ERROR, str(fault))] if fault is not None else []
    problems += [(Level.WARN, words) for words in (*first, *aggregator.refused, *last)]
    if counts.of_another_length:
        problems.append((Level.WARN, f"ticks that are not {TICK_S} s long were dropped"))
    return Health.of(problems, values)
