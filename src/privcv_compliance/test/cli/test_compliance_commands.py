# SPDX-License-Identifier: Apache-2.0
"""Requests, assessment and audit log by command."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from compliance_site import (
    run,
)

from privcv_compliance.cli import audit_log, authorize, dpia, dsr
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain
from privcv_core.errors import PrivcvError


def test_a_request_from_receipt_to_answer(site: SiteFile, tmp_path: Path) -> None:
    path = str(site.path)
    received = run(dsr.command, "receive", "access", "--site", path, "--received", "2026-11-20")
    number = received.split()[0]
    assert "due 2026-12-20" in received
    answer = tmp_path / "answer.md"
    run(dsr.command, "access", "--site", path, "--request", number, "-o", str(answer))
    (row,) = json.loads(run(dsr.command, "list", "--site", path, "--json"))
    assert row["state"] == "answered"
    entry = list(read_chain(site.audit.folder, "operator", "request.answered"))[-1]
    assert entry.facts["digest"] == hashlib.sha256(answer.read_bytes()).hexdigest()
    with pytest.raises(PrivcvError, match="was answered"):
        run(dsr.command, "access", "--site", path, "--request", number)


def test_the_assessment_and_the_log_by_command(site: SiteFile, tmp_path: Path) -> None:
    path = str(site.path)
    run(audit_log.command, "measured", "--site", path, "residue_bytes", "0", "--unit", "bytes",
        "--command", "privcv audit residue")  # fmt: skip
    run(dpia.command, "--site", path, "-o", str(tmp_path / "dpia.pdf"))
    assert "residue" in run(dpia.command, "--site", path)
    key = tmp_path / "device.pem"
    public = run(authorize.command, "key", str(key)).strip()
    kept = str(tmp_path / "kept.jsonl")
    run(audit_log.command, "checkpoint", "--site", path, "--key", str(key), "-o", kept)
    shown = run(audit_log.command, "verify", "--site", path, "--checkpoints", kept, "--key", public)
    assert "checkpointed to 4" in shown
    log = site.audit.folder / "lobby.detection.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    result = CliRunner().invoke(
        audit_log.command, ["verify", "--site", path, "--checkpoints", kept, "--key", public]
    )
    assert result.exit_code == 1
    assert "truncated" in result.output


def test_a_log_that_was_pruned_before_the_sites_retention_is_broken(site: SiteFile) -> None:
    ran_s = [0.0]
    settings = AuditSettings(folder=site.audit.folder, file_bytes=4096, retain_days=2)
    with AuditLog(settings, "short", monotonic=lambda: ran_s[0]) as log:
        for minute in range(60):
            log.append("frames", camera="lobby", frames=minute, wiped=minute, seconds=60.0)
            ran_s[0] += 86400 if minute == 30 else 7200
    verify = ["verify", "--site", str(site.path)]
    result = CliRunner().invoke(audit_log.command, verify)
    assert result.exit_code == 1
    assert "short                        BROKEN" in result.output
    assert "730 days are to be kept (the retention then: 2)" in result.output
    result = CliRunner().invoke(audit_log.command, [*verify, "--retain-days", "2"])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(audit_log.command, ["verify", "--folder", str(site.audit.folder)])
    assert result.exit_code == 0, result.output


def test_an_authorization_by_command(site: SiteFile, tmp_path: Path) -> None:
    path, draft = str(site.path), tmp_path / "draft.yaml"
    run(authorize.command, "new", "--site", path, "--camera", "lobby", "-o", str(draft))
    signed = str(tmp_path / "signed.json")
    key = str(site.path.parent / "officer.pem")
    with pytest.raises(PrivcvError, match="lawful_basis"):
        run(authorize.command, "sign", str(draft), "--key", key, "-o", signed)
    text = draft.read_text().replace("lawful_basis: …", "lawful_basis: consent")
    draft.write_text(text.replace("…", "an example"))
    run(authorize.command, "sign", str(draft), "--key", key, "-o", signed, "--site", path)
    at = ("--at", "2099-11-20T12:00:00Z")
    result = CliRunner().invoke(authorize.command, ["show", signed, "--site", path, *at])
    assert (result.exit_code, "expired" in result.output) == (1, True)
    run(authorize.command, "withdraw", signed, "--reason", "objection", "--site", path)
    result = CliRunner().invoke(authorize.command, ["show", signed, "--site", path])
    assert (result.exit_code, "withdrawn" in result.output) == (1, True)
    states = [
        e.facts["state"] for e in read_chain(site.audit.folder, "operator", "consent.changed")
    ]
    assert states == ["granted", "withdrawn"]
