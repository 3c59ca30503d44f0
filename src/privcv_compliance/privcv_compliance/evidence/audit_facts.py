# SPDX-License-Identifier: Apache-2.0
"""What the audit log says, folded into the figures that documents state, each with its entries."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from privcv_compliance.documents.document import Evidence
from privcv_core.audit.entry import AuditLogError, Entry
from privcv_core.audit.files import chains_in
from privcv_core.audit.verification import ChainReport
from privcv_core.audit.verify import read_chain, verify_chain
from privcv_core.protocol.timestamps import parse_iso8601

_SHORTEST_PERIOD_S = 30.0  # IdentitySettings.period_s


@dataclass
class CameraFacts:
    """Of one camera: sums over all entries, the last entry of each kind."""

    frames: int = 0
    wiped: int = 0
    seconds: float = 0.0
    rotations: int = 0
    forced_rotations: int = 0  # of those, on request
    last_frames: Entry | None = None
    last_rotation: Entry | None = None
    last_gate: Entry | None = None
    pauses: int = 0
    last_pause: Entry | None = None
    last_consent: Entry | None = None


@dataclass
class AuditFacts:
    """Everything that documents take from the audit log in ``folder``."""

    folder: Path
    chains: Mapping[str, ChainReport] = field(default_factory=dict)
    cameras: dict[str, CameraFacts] = field(default_factory=lambda: defaultdict(CameraFacts))
    measured: dict[str, Entry] = field(default_factory=dict)
    configurations: dict[str, Entry] = field(default_factory=dict)
    requests: list[Entry] = field(default_factory=list)
    consents: list[Entry] = field(default_factory=list)
    faults: list[Entry] = field(default_factory=list)
    transmitted: list[Entry] = field(default_factory=list)
    last_check: Entry | None = None
    canary: dict[str, Entry] = field(default_factory=dict)
    first_time: str = ""
    last_time: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether there are chains, and none of them was touched."""
        return bool(self.chains) and not any(r.problems for r in self.chains.values())

    @property
    def verification(self) -> Evidence:
        """How to verify the log again."""
        return Evidence("command", f"privcv audit log verify --folder {self.folder}")


def read_facts(folder: Path) -> AuditFacts:
    """Read every chain in ``folder``."""
    chains = chains_in(folder)
    facts = AuditFacts(folder, {chain: verify_chain(folder, chain) for chain in chains})
    entries = sorted(
        (entry for chain in chains for entry in _whole_entries(folder, chain)),
        key=lambda entry: entry.time,
    )
    for entry in entries:
        _fold(facts, entry)
    if entries:
        facts.first_time, facts.last_time = entries[0].time, entries[-1].time
    return facts


def _whole_entries(folder: Path, chain: str) -> Iterator[Entry]:
    """What can be read; that a file cannot be is a problem of its chain's verification."""
    with suppress(AuditLogError):
        yield from read_chain(folder, chain)


def _fold(facts: AuditFacts, entry: Entry) -> None:
    camera = facts.cameras[str(entry.facts["camera"])] if "camera" in entry.facts else None
    if entry.event == "frames" and camera is not None:
        camera.frames += int(entry.facts.get("frames", 0))
        camera.wiped += int(entry.facts.get("wiped", 0))
        camera.seconds += float(entry.facts.get("seconds", 0))
        camera.last_frames = entry
    elif entry.event == "identities.rotated" and camera is not None:
        _fold_rotation(camera, entry)
    elif entry.event in ("gate.opened", "gate.closed") and camera is not None:
        camera.last_gate = entry
    elif entry.event == "counting.paused" and camera is not None:
        camera.pauses += 1
        camera.last_pause = entry
    elif entry.event == "consent.changed" and camera is not None:
        camera.last_consent = entry
        facts.consents.append(entry)
    elif entry.event == "measured":
        facts.measured[str(entry.facts.get("name"))] = entry
    elif entry.event == "configuration.changed":
        facts.configurations[str(entry.facts.get("what"))] = entry
    elif entry.event.startswith("request."):
        facts.requests.append(entry)
    elif entry.event == "fault":
        facts.faults.append(entry)
    elif entry.event == "reports.transmitted":
        facts.transmitted.append(entry)
    elif entry.event == "canary.checked":
        facts.canary[str(entry.facts.get("check"))] = entry
    elif entry.event == "graph.checked":
        facts.last_check = entry


def _fold_rotation(camera: CameraFacts, entry: Entry) -> None:
    """Count a rotation once: until 0.1.0 a forced one was recorded again as ``period``.

    The second entry came with the next frame; the next period ends ``_SHORTEST_PERIOD_S`` later.
    """
    forced = entry.facts.get("reason") != "period"
    last = camera.last_rotation
    if last is not None and last.facts.get("reason") != "period" and not forced:
        passed = parse_iso8601(entry.time) - parse_iso8601(last.time)
        if passed.total_seconds() < _SHORTEST_PERIOD_S:
            return
    camera.rotations += 1
    camera.forced_rotations += forced
    camera.last_rotation = entry
