# SPDX-License-Identifier: Apache-2.0
"""Watches whether the ledger is an old copy, by a counter in the TPM, where a site names one."""

from privcv_core.event_time.running_time import running_time
from privcv_core.node.messages import MessageNode
from privcv_core.protocol.timestamps import s_from_ns
from privcv_privacy.aggregation.settings import AggregationSettings
from privcv_privacy.budget.closed_budget import ClosedBudget
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError
from privcv_privacy.nodes.guard_watch import GuardWatch


class RollbackWatch:
    """Nothing is published for one identity lifetime after an old copy was put back."""

    def __init__(self, node: MessageNode, ledger: Ledger, settings: AggregationSettings) -> None:
        self._node = node
        self._budget: ClosedBudget | None = None
        self._fault = ""
        if settings.tpm is not None:
            counter = settings.tpm.counter("ledger")
            lifetime_s = settings.identity_lifetime_s
            self._budget = ClosedBudget(ledger, counter, lifetime_s, _running_s())
            if self._budget.why:
                self._say(f"{self._budget.why}; no value is published for {lifetime_s} s")

    @property
    def withholds(self) -> bool:
        """Whether nothing may be published now."""
        return self._budget is not None and bool(self._budget.why)

    @property
    def warnings(self) -> list[str]:
        """Why nothing is published, or that the counter cannot count."""
        if self._budget is None:
            return []
        return [words for words in (self._budget.why, self._budget.fault, self._fault) if words]

    def note(self) -> None:
        """Let time pass; call it about once a second."""
        if self._budget is None:
            return
        closed = self.withholds
        try:
            self._budget.pass_time(_running_s())
            self._fault = ""
        except LedgerError as error:  # it stays as it was, and is tried again
            self._fault = str(error)
        if closed and not self.withholds:
            self._say("everybody who may have paid before the old copy of the ledger has left")

    def _say(self, what: str) -> None:
        self._node.get_logger().error(what)
        self._node.record("fault", where=self._node.get_name(), what=what)


class Watches:
    """The guard and the ledger's counter: each may withhold what is published."""

    def __init__(self, guard: GuardWatch, rollback: RollbackWatch) -> None:
        self._each = (guard, rollback)

    @property
    def withholds(self) -> bool:
        """Whether nothing may be published now."""
        return any(one.withholds for one in self._each)

    @property
    def warnings(self) -> list[str]:
        """Those of both."""
        return [words for one in self._each for words in one.warnings]

    def note(self) -> None:
        """Call it about once a second."""
        for one in self._each:
            one.note()


def _running_s() -> float:
    return s_from_ns(running_time().at_ns)
