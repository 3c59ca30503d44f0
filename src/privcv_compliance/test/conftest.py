# SPDX-License-Identifier: Apache-2.0
"""A site with evidence: a signed record, an audit log, a ledger with one release."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from compliance_site import NOW, REPORT, UTC

from privcv_compliance.evidence import running_processes, state_scan
from privcv_compliance.evidence.running_processes import Processes
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed
from privcv_core.protocol.person_keys import create_key
from privcv_privacy.budget.ledger import Ledger


@pytest.fixture(autouse=True)
def _no_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs on this machine leave segments of their own."""
    (tmp_path / "shm").mkdir()
    monkeypatch.setattr(state_scan, "SHARED_MEMORY", tmp_path / "shm")


@pytest.fixture(autouse=True)
def _no_other_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs on this machine may be another test's graph, which keeps an answer open."""
    monkeypatch.setattr(running_processes, "running_processes", Processes)


@pytest.fixture
def site(tmp_path: Path) -> SiteFile:
    """A site with a signed record, an audit log and a ledger with one release."""
    folder = tmp_path / "site"
    folder.mkdir()
    key = create_key(folder / "officer.pem")
    record = AuthorizationRecord(
        site="library",
        camera="lobby",
        controller="City of Example",
        contact="privacy@example.org",
        lawful_basis="public_task",
        purpose="how full the reading room is",
        area="the entrance hall",
        authorized_by="A. Example",
        issued=NOW - timedelta(days=1),
        expires=datetime.now(UTC) + timedelta(days=364),
    )
    save_signed(SignedRecord.sign(record, key), folder / "lobby.json")
    path = folder / "site.yaml"
    path.write_text(
        "site: library\n"
        "state: state\n"
        "cameras:\n"
        "  lobby:\n"
        "    source: {kind: v4l2, uri: /dev/video0}\n"
        "    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n"
        f"    authorization: {{file: lobby.json, trusted_keys: [{key.public}]}}\n"
    )
    described = SiteFile.read(path)
    described.state.mkdir()
    with Ledger(described.ledger) as ledger:
        payload = json.dumps({"sequence": 1, "zones": [REPORT], "dwell": []}).encode()
        ledger.release("lobby|0|300|zones", [], lambda sequence, affordable: payload)
    with AuditLog(described.audit, "lobby.detection") as log:
        log.append("gate.opened", camera="lobby", record=record.id, until="later")
        log.append("frames", camera="lobby", frames=600, wiped=600, seconds=60.0)
        log.append("configuration.changed", what="lobby.detection", old="none", new="ab" * 32)
    return described
