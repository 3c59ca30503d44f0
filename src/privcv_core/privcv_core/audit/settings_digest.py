# SPDX-License-Identifier: Apache-2.0
"""Which settings are in force: a digest that the audit log carries from one change to the next."""

import hashlib

import rfc8785
from pydantic import BaseModel

from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain


def digest(settings: BaseModel) -> str:
    """SHA-256 over the canonical JSON of ``settings``, defaults included; 64 hex digits."""
    return hashlib.sha256(rfc8785.dumps(settings.model_dump(mode="json"))).hexdigest()


def log_configuration(log: AuditLog, what: str, settings: BaseModel) -> bool:
    """Append ``configuration.changed`` where ``settings`` are not those of the last entry.

    ``what`` names the part that they configure, such as ``lobby.detection``. Returns whether an
    entry was written. Raises ``AuditLogError``.
    """
    old = ""
    for entry in read_chain(log.settings.folder, log.chain, "configuration.changed"):
        if entry.facts.get("what") == what:
            old = str(entry.facts["new"])
    new = digest(settings)
    if new != old:
        log.append("configuration.changed", what=what, old=old or "none", new=new)
    return new != old
