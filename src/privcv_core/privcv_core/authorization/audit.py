# SPDX-License-Identifier: Apache-2.0
"""What the audit log says of gates, and what gates learn from it."""

from pathlib import Path

from privcv_core.audit.files import chains_in
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.record import Closed, Decision, Open
from privcv_core.authorization.record_file import CameraAuthorization


def withdrawn_in(folder: Path, camera: str) -> frozenset[str]:
    """Ids of the records of ``camera`` that were withdrawn, according to the logs in ``folder``.

    With this the gate stays closed even where somebody deletes the note of the withdrawal.
    """
    return frozenset(
        str(entry.facts["record"])
        for chain in chains_in(folder)
        for entry in read_chain(folder, chain, "consent.changed")
        if entry.facts.get("camera") == camera and entry.facts.get("state") == "withdrawn"
    )


class GateEvents:
    """Writes what the gate of one camera decides to the audit log, once per change."""

    def __init__(self, log: AuditLog, gate: CameraAuthorization) -> None:
        self._log = log
        self._gate = gate
        self._told: tuple[str, str] | None = None

    def tell(self, decision: Decision) -> bool:
        """Append an entry where the decision changed; True then. Raises ``AuditLogError``."""
        kind = "open" if isinstance(decision, Open) else decision.kind
        record = self._gate.record_id
        if self._told == (kind, record):
            return False
        if isinstance(decision, Closed):
            if decision.kind == "withdrawn":
                self._log.append(
                    "consent.changed",
                    camera=self._gate.camera,
                    record=record,
                    state="withdrawn",
                    reason="noticed by the gate",
                )
            self._log.append(
                "gate.closed",
                camera=self._gate.camera,
                record=record,
                kind=decision.kind,
                reason=decision.reason[:256],
            )
        else:
            until = decision.until.isoformat() if decision.until else "not required"
            self._log.append("gate.opened", camera=self._gate.camera, record=record, until=until)
        self._told = (kind, record)
        return True
