# SPDX-License-Identifier: Apache-2.0
"""Closes the budget where the ledger was put back from an older copy, together with its anchor.

What was spent since that copy is forgotten, and whoever paid it may still be there. So nothing is
published until all of them are gone: for one identity lifetime of running, over restarts anew.
"""

from privcv_across.attestation.rollback import Counter, Rollback
from privcv_across.errors import TpmError
from privcv_privacy.budget.ledger import Ledger

NOTE = "old copy found"


class ClosedBudget:
    """Asks the counter as a ledger is opened; raises ``TpmError`` and ``LedgerError``.

    ``now_s``: time of running, which never goes back, s.
    """

    def __init__(self, ledger: Ledger, counter: Counter, lifetime_s: float, now_s: float) -> None:
        self._ledger = ledger
        before = ledger.kept(NOTE)
        self._rollback = Rollback(ledger, counter, f"{ledger.path}")
        self.why = self._rollback.found or before or ""
        """Why it is closed; '' once it is open."""
        self._until_s = now_s + lifetime_s
        self.fault = ""
        """Why the counter could not count, the last time it should have."""
        if self.why:
            ledger.keep(NOTE, self.why)

    def pass_time(self, now_s: float) -> None:
        """Open it where the time has passed, and count hourly; raises ``LedgerError``."""
        if self.why and now_s >= self._until_s:
            self._ledger.keep(NOTE, "")
            self.why = ""
        try:
            if self._rollback.count_hourly(now_s):
                self.fault = ""
        except TpmError as error:
            self.fault = str(error)
