# SPDX-License-Identifier: Apache-2.0
"""What the audit logs of a device say of its health: parts, authorizations, duties, last checks.

Only events are read that come whether or not anybody is there. A pause that somebody asked for at
the desk, or an authorized hour, closes a gate too; neither is told.
"""

from datetime import date
from pathlib import Path
from typing import Any

from privcv_core.audit.checkpoints import NEWEST
from privcv_core.audit.entry import Entry, read_entry
from privcv_core.audit.events import REGISTER
from privcv_core.audit.files import chains_in, files_of, last_line
from privcv_core.audit.open_duties import OpenDuties
from privcv_core.audit.verify import read_chain
from privcv_core.protocol.device_health import MOST_CAMERAS, MOST_OPEN, MOST_PARTS
from privcv_core.protocol.timestamps import parse_iso8601, rfc3339_whole

_PARTS = {"process.started": "running", "process.stopped": "stopped"}
_ENDED = ("withdrawn", "expired")
_REFUSED = ("missing", "unreadable", "untrusted", "other_camera", "other_use")
_DETECTION = ".detection"
_CLEAN = "ok"


class HealthFacts:
    """Follows the chains in ``folder``: each call reads only what was appended since the last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_to: dict[str, int] = {}
        self._parts: dict[str, str] = {}
        self._authorizations: dict[str, dict[str, Any]] = {}
        self._duties = OpenDuties()
        self._checked: dict[str, dict[str, Any]] = {}
        self._canary: dict[str, bool] = {}

    def read(self) -> None:
        """Take in what is new. Raises ``AuditLogError`` where a file cannot be read."""
        for chain in chains_in(self._folder):
            since = self._read_to.get(chain, 0)
            head = max(_head(self._folder, chain), since)
            # One pass for each event: those of minutes, which are nearly all, are not parsed.
            entries = [
                entry
                for event in _events_of(chain)
                for entry in read_chain(self._folder, chain, event, since=since)
            ]
            for entry in sorted(entries, key=lambda entry: entry.sequence):
                self._hear(chain, entry)
            self._read_to[chain] = max(head, *(entry.sequence for entry in entries), 0)

    def facts(self, today: date) -> dict[str, Any]:
        """As ``DeviceHealth`` has them: parts, authorizations, requests, breaches, checked."""
        parts = dict(sorted(self._parts.items())[:MOST_PARTS])
        return {
            "parts": parts,
            "authorizations": [
                {"camera": camera, **self._authorizations[camera]}
                for camera in sorted(self._authorizations)[:MOST_CAMERAS]
            ],
            "requests": _bounded(self._duties.requests(today)),
            "breaches": _bounded(self._duties.breaches()),
            "checked": [self._checked[what] for what in sorted(self._checked)],
        }

    def _hear(self, chain: str, entry: Entry) -> None:
        event, facts = entry.event, entry.facts
        if event in _PARTS:
            self._parts[chain] = _PARTS[event]
        elif event in ("gate.opened", "gate.closed"):
            if chain == f"{facts.get('camera')}{_DETECTION}":
                self._hear_gate(str(facts["camera"]), event, facts)
        elif event == "measured":
            self._note("measured", entry, False)
        elif event == "canary.checked":
            self._canary[str(facts["check"])] = facts["state"] != _CLEAN
            self._note("canary", entry, any(self._canary.values()))
        elif event == "graph.checked":
            self._note("graph", entry, bool(facts["findings"]))
        elif chain == REGISTER:
            self._duties.hear(entry)

    def _hear_gate(self, camera: str, event: str, facts: Any) -> None:
        if event == "gate.opened":
            required = facts.get("until") != "not required"
            ends = _moment(facts.get("expires")) if required else None
            state = "authorized" if required else "not_required"
            self._authorizations[camera] = {"state": state, "ends": ends}
        elif facts.get("kind") in _ENDED:
            before = self._authorizations.get(camera, {})
            self._authorizations[camera] = {"state": "ended", "ends": before.get("ends")}
        elif facts.get("kind") in _REFUSED:
            self._authorizations[camera] = {"state": "refused", "ends": None}

    def _note(self, what: str, entry: Entry, found: bool) -> None:
        at = rfc3339_whole(parse_iso8601(entry.time))
        self._checked[what] = {"what": what, "at": at, "found": found}


def _events_of(chain: str) -> tuple[str, ...]:
    """Which events of a chain are read; '' for all of them."""
    if chain == REGISTER:
        return ("",)
    gate = ("gate.opened", "gate.closed") if chain.endswith(_DETECTION) else ()
    return (*_PARTS, *gate, *(("graph.checked",) if chain == "guard" else ()))


def _head(folder: Path, chain: str) -> int:
    """Number of the last entry; 0 where it cannot be told now."""
    files = files_of(folder, chain, since=NEWEST)
    try:
        return read_entry(last_line(files[-1])).sequence if files else 0
    except (OSError, ValueError):
        return 0


def _moment(fact: Any) -> str | None:
    try:
        return rfc3339_whole(parse_iso8601(str(fact)))
    except (ValueError, TypeError):
        return None


def _bounded(numbers: dict[str, Any]) -> dict[str, Any]:
    return {
        name: min(value, MOST_OPEN) if isinstance(value, int) else value
        for name, value in numbers.items()
    }
