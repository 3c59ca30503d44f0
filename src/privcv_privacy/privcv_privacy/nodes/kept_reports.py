# SPDX-License-Identifier: Apache-2.0
"""The end of reports that nobody fetched: their bytes in the ledger, by running time.

The audit log of the aggregation says when each release was made, in running time.
"""

from privcv_core.audit.log import AuditLog
from privcv_core.audit.retention import DAY_S
from privcv_core.audit.verify import read_chain
from privcv_privacy.budget.ledger import Ledger

EACH_S = float(DAY_S)
"""How often the node looks, s."""


def end_old_reports(log: AuditLog | None, ledger: Ledger | None, days: int) -> None:
    """End what is older than ``days``, and record it. Raises ``LedgerError``, ``AuditLogError``."""
    if log is None or ledger is None:
        return
    through = 0
    for entry in read_chain(log.settings.folder, log.chain, "budget.spent"):
        if entry.running_s is not None and log.running_s - entry.running_s > days * DAY_S:
            through = max(through, int(entry.facts.get("sequence", 0)))
    ended = ledger.end_payloads(through) if through else 0
    if ended:
        log.append("kept.ended", store="ledger", number=ended, through=through, days=days)
