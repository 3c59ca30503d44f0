# SPDX-License-Identifier: Apache-2.0
"""What the audit log says of gates, and what gates learn from it."""

from pathlib import Path

from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.files import chains_in
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.gate import Closed, Decision, Open
from privcv_core.authorization.record_file import CameraAuthorization
from privcv_core.protocol.timestamps import iso8601


def withdrawn_in(folder: Path, camera: str) -> frozenset[str]:
    """Ids of the records of ``camera`` that were withdrawn, according to the logs in ``folder``.

    Either who withdrew one wrote it down, or a gate that closed for it did. With this the gate
    stays closed even where somebody deletes the note of the withdrawal. Raises ``AuditLogError``.
    """
    return frozenset(
        str(entry.facts.get("record"))
        for chain in chains_in(folder)
        for event, fact in (("consent.changed", "state"), ("gate.closed", "kind"))
        for entry in read_chain(folder, chain, event)
        if entry.facts.get("camera") == camera and entry.facts.get(fact) == "withdrawn"
    )


class GateEvents:
    """Records what the gate of one camera decides in its audit log, once per change.

    A gate that was closed is not said to close again when its process starts anew. That a record
    was withdrawn is recorded by whoever did it: the gate only says that it closed for it.
    """

    def __init__(self, log: AuditLog, gate: CameraAuthorization) -> None:
        self._log = log
        self._gate = gate
        self._recorded = _last_closed(log)

    def record(self, decision: Decision) -> bool:
        """Append an entry where the decision changed; True then. Raises ``AuditLogError``."""
        kind = "open" if isinstance(decision, Open) else decision.kind
        record = self._gate.record_id
        if self._recorded == (kind, record):
            return False
        if isinstance(decision, Closed):
            self._log.append(
                "gate.closed",
                camera=self._gate.camera,
                record=record,
                kind=decision.kind,
                reason=decision.reason[:MAX_TEXT],
            )
        else:
            until = iso8601(decision.until) if decision.until else "not required"
            expires = self._gate.expires
            ends = {"expires": iso8601(expires)} if expires else {}
            self._log.append(
                "gate.opened", camera=self._gate.camera, record=record, until=until, **ends
            )
        self._recorded = (kind, record)
        return True


def _last_closed(log: AuditLog) -> tuple[str, str] | None:
    """Kind and record of the newest entry of a gate in ``log``, where it says that it closed."""
    newest = {
        event: list(read_chain(log.settings.folder, log.chain, event))[-1:]
        for event in ("gate.opened", "gate.closed")
    }
    opened = max((entry.sequence for entry in newest["gate.opened"]), default=0)
    for entry in newest["gate.closed"]:
        if entry.sequence > opened:
            return str(entry.facts.get("kind")), str(entry.facts.get("record"))
    return None
