# SPDX-License-Identifier: Apache-2.0
"""The chain of what people do by command: authorize, withdraw, answer requests, enter figures."""

from privcv_core.audit.events import REGISTER
from privcv_core.audit.log import AuditLog, AuditSettings

OPERATOR = REGISTER
NEVER_DAYS = 36_500
"""The longest retention."""


def operator_log(settings: AuditSettings, chain: str = OPERATOR) -> AuditLog:
    """Open the chain; a command waits for another one that writes to it. ``with`` closes it.

    It ages by the running time of the device. Nothing of the register, which is the chain
    ``OPERATOR``, ends here: see ``keeping.retention``.
    """
    kept = settings.model_copy(update={"retain_days": NEVER_DAYS})
    return AuditLog(kept if chain == OPERATOR else settings, chain, wait_s=5.0, of_device=True)
