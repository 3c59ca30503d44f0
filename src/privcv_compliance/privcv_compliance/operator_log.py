# SPDX-License-Identifier: Apache-2.0
"""The chain of what people do by command: authorize, withdraw, answer requests, enter figures."""

from privcv_core.audit.log import AuditLog, AuditSettings

OPERATOR = "operator"


def operator_log(settings: AuditSettings, chain: str = OPERATOR) -> AuditLog:
    """Open the chain; a command waits for another one that writes to it. ``with`` closes it."""
    return AuditLog(settings, chain, wait_s=5.0)
