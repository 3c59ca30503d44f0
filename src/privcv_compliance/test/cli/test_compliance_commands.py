# SPDX-License-Identifier: Apache-2.0
"""Requests, assessment and audit log by command."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from compliance_site import FakeGraph, run
from lesser_user import NOBODY, needs_root

from privcv_compliance import site_file
from privcv_compliance.answers.deadlines import deadline
from privcv_compliance.cli import audit_log, authorize, dpia, dsr
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Head, make_entry
from privcv_core.audit.files import growing_file
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain
from privcv_core.errors import PrivcvError


def test_a_request_from_receipt_to_answer(site: SiteFile, tmp_path: Path) -> None:
    path = str(site.path)
    came = datetime.now(timezone.utc).date() - timedelta(days=3)
    received = run(dsr.command, "receive", "access", "--site", path, "--received", str(came))
    number = received.split()[0]
    assert f"due {deadline('gdpr', came)}" in received
    answer = tmp_path / "answer.md"
    run(dsr.command, "access", "--site", path, "--request", number, "-o", str(answer))
    (row,) = json.loads(run(dsr.command, "list", "--site", path, "--json"))
    assert row["state"] == "answered"
    entry = list(read_chain(site.audit.folder, "operator", "request.answered"))[-1]
    assert entry.facts["digest"] == hashlib.sha256(answer.read_bytes()).hexdigest()
    with pytest.raises(PrivcvError, match="was answered"):
        run(dsr.command, "access", "--site", path, "--request", number)


@pytest.mark.parametrize(
    ("zone", "today"),
    [
        ("UTC", "2026-03-02"),
        ("America/Los_Angeles", "2026-03-01"),
        ("Pacific/Kiritimati", "2026-03-02"),
        ("Pacific/Pago_Pago", "2026-03-01"),
    ],
)
def test_days_are_those_of_the_sites_calendar(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch, zone: str, today: str
) -> None:
    """At 3 o'clock in the morning of 2 March, UTC. What comes tomorrow has not come yet."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 3, 2, 3, tzinfo=timezone.utc)

    for module in (site_file, dsr):
        monkeypatch.setattr(module, "datetime", Clock)
    path = str(site.path)
    site.path.write_text(site.path.read_text() + f"time_zone: {zone}\n")
    run(dsr.command, "receive", "delete", "--site", path)
    (row,) = json.loads(run(dsr.command, "list", "--site", path, "--json"))
    assert row["received"] == today
    later = str(date.fromisoformat(today) + timedelta(days=1))
    with pytest.raises(PrivcvError, match=f"{later} is not over yet; today is {today}"):
        run(dsr.command, "receive", "access", "--site", path, "--received", later)
    assert f"{zone}." in run(dpia.command, "--site", path).split("\n\n")[1]
    drafted = site.path.with_name("lobby.yaml")
    run(authorize.command, "new", "--site", path, "--camera", "lobby", "-o", str(drafted))
    assert f"time_zone: {zone}\n" in drafted.read_text()


def test_a_time_zone_that_is_none_is_refused_with_its_field(site: SiteFile) -> None:
    site.path.write_text(site.path.read_text() + "time_zone: Europe/Nowhere\n")
    with pytest.raises(PrivcvError, match=r"time_zone: .*'Europe/Nowhere' is not an IANA"):
        run(dsr.command, "list", "--site", str(site.path))


def test_the_assessment_and_the_log_by_command(site: SiteFile, tmp_path: Path) -> None:
    path = str(site.path)
    run(audit_log.command, "measured", "--site", path, "residue_frames", "0", "--unit", "frames",
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


def test_a_pruning_without_an_age_is_unproven_and_wrong_where_days_are_to_be_kept(
    tmp_path: Path,
) -> None:
    gone = Head(70, "ab" * 32)
    facts = {"through": 70, "hash": gone.hash}
    told = make_entry("old", gone, "2026-01-02T00:00:00.000Z", "log.pruned", facts)
    growing_file(tmp_path, "old").write_bytes(told.line())
    verify = ["verify", "--folder", str(tmp_path)]
    assert "old                          unproven " in run(audit_log.command, *verify)
    assert json.loads(run(audit_log.command, *verify, "--json"))[0]["unproven"] == 1
    result = CliRunner().invoke(audit_log.command, [*verify, "--retain-days", "730"])
    assert (result.exit_code, "BROKEN" in result.output) == (1, False)
    assert "unproven: how old entries up to 70 were" in result.output
    assert "is not told, as before 0.2.0, but 730 days are to be kept" in result.output


def remove_leftovers(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None] | None = None
) -> Result:
    """Delete, and say yes to each leftover; ``meanwhile`` is what others do before that."""
    graph = nullcontext(FakeGraph(running=False))
    monkeypatch.setattr(
        "privcv_compliance.graph.live_graph.RunningGraph", lambda secret, namespace: graph
    )
    confirm = click.confirm

    def confirmed(*words: str, **how: bool) -> bool:
        if meanwhile is not None:
            meanwhile()
        return confirm(*words, **how)

    monkeypatch.setattr(click, "confirm", confirmed)
    words = ["delete", "--site", str(site.path), "--received", "2026-11-20", "--remove-leftovers"]
    return CliRunner().invoke(dsr.command, words, input="y\n" * 20, catch_exceptions=False)


def test_leftovers_are_removed_and_what_cannot_be_is_said(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.state / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    (site.path.parent / "precious").write_text("x")
    (site.state / "link").symlink_to(site.path.parent / "precious")
    os.mkfifo(site.state / "pipe")
    result = remove_leftovers(site, monkeypatch)
    assert result.exit_code == 0, result.output
    assert not {"picture.jpg", "link", "pipe"} & set(os.listdir(site.state))
    assert (site.path.parent / "precious").read_text() == "x"


def test_attributes_of_what_belongs_there_are_found_and_removed_alone(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture beside the content of a file of ours, and of a folder."""
    try:
        for path in (site.ledger, site.state, site.audit.folder):
            os.setxattr(path, "user.picture", b"\xff\xd8\xff" * 100)
    except OSError:
        pytest.skip("this file system keeps no attributes")
    found = {item.path: item for item in scan_site(site).leftovers}
    assert set(found) == {site.ledger, site.state, site.audit.folder}
    assert all(item.what == "extended attributes" for item in found.values())
    assert found[site.ledger].bytes == 300
    result = remove_leftovers(site, monkeypatch)
    assert result.exit_code == 0, result.output
    assert scan_site(site).leftovers == ()
    assert site.ledger.exists()


@needs_root
def test_no_leftover_is_removed_beyond_a_link_that_was_put_there_meanwhile(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who owns a folder within the state replaces it when it is seen that somebody looks."""
    theirs, victim = site.state / "theirs", site.path.parent / "victim"
    theirs.mkdir()
    victim.mkdir()
    for folder in (theirs, victim):
        (folder / "shadow").write_text("precious")

    def swap() -> None:
        if not theirs.is_symlink():
            theirs.rename(site.path.parent / "away")
            theirs.symlink_to(victim)
            os.lchown(theirs, NOBODY, NOBODY)

    result = remove_leftovers(site, monkeypatch, swap)
    assert (victim / "shadow").read_text() == "precious"
    assert "cannot be removed: theirs: is a link that another user made" in result.output


def test_an_authorization_by_command(site: SiteFile, tmp_path: Path) -> None:
    path, draft = str(site.path), tmp_path / "draft.yaml"
    run(authorize.command, "new", "--site", path, "--camera", "lobby", "-o", str(draft))
    signed = str(tmp_path / "signed.json")
    key = str(site.path.parent / "officer.pem")
    with pytest.raises(PrivcvError, match="lawful_basis"):
        run(authorize.command, "sign", str(draft), "--key", key, "-o", signed)
    text = draft.read_text().replace("lawful_basis: …", "lawful_basis: consent")
    text = text.replace("contact: …", "contact: xxx").replace("…", "an example of a text")
    draft.write_text(text)
    with pytest.raises(
        PrivcvError, match=r"contact: 'xxx' reaches nobody.*lawful_basis: who walks"
    ):
        run(authorize.command, "sign", str(draft), "--key", key, "-o", signed, "--site", path)
    checked = CliRunner().invoke(authorize.command, ["check", str(draft), "--lang", "de"])
    assert checked.exit_code == 1
    assert "refusal contact: contact: 'xxx' erreicht niemanden" in checked.output
    assert "2 refused, 1 to think of" in checked.output  # no full notice
    text = text.replace("xxx", "privacy@library.example").replace("consent", "public_task")
    draft.write_text(text)
    assert CliRunner().invoke(authorize.command, ["check", str(draft)]).exit_code == 0
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


def test_a_request_that_the_controller_answers_by_hand(site: SiteFile, tmp_path: Path) -> None:
    def dsr_run(*words: str) -> str:
        return run(dsr.command, *words, "--site", str(site.path))

    number = dsr_run("receive", "object", "--reference", "2026/17").split()[0]
    assert dsr_run("pause", number, "--reason", "clarification").endswith("paused\n")
    assert "due" in dsr_run("resume", number)
    assert "due" in dsr_run("extend", number, "--reason", "complexity")
    letter = tmp_path / "letter.txt"
    letter.write_text("We have stopped.")
    dsr_run("answer", number, "--outcome", "granted", "--document", str(letter))
    dsr_run("complaint", number, "--to", "authority")
    assert "complaint to the authority" in dsr_run("list")
    dsr_run("reopen", number, "--reason", "complaint")
    (row,) = json.loads(dsr_run("list", "--json"))
    assert (row["state"], row["kind"]) == ("open", "object")


def test_texts_that_were_typed_before_keep_an_answer_open(site: SiteFile) -> None:
    """Logs of 0.1.0 may hold a name where commands now take words of a list only."""
    with AuditLog(site.audit, "operator") as log:
        log.append("consent.changed", camera="lobby", record="0" * 32, state="withdrawn",
                   by="B. Example", reason="Mrs Meier does not want it")  # fmt: skip
    said = run(dsr.command, "access", "--site", str(site.path))
    assert "1 text in the audit log that staff typed freely may name somebody" in said
    (row,) = json.loads(run(dsr.command, "list", "--site", str(site.path), "--json"))
    assert (row["state"], row["outcome"]) == ("open", "typed text to be read")


def test_what_commands_write_is_never_a_typed_text(site: SiteFile) -> None:
    path, file = str(site.path), site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    run(authorize.command, "withdraw", str(file), "--reason", "purpose ended", "--site", path)
    assert "typed freely" not in run(dsr.command, "access", "--site", path)


def test_a_tool_enters_what_it_measured(site: SiteFile) -> None:
    path = str(site.path)
    arguments = ("--simulate", "waiting-room", "--rotations", "2")
    said = run(audit_log.command, "measure", "--site", path, "relink_rate", "--", *arguments)
    entry = list(read_chain(site.audit.folder, "operator", "measured"))[-1]
    assert f"relink_rate: {entry.facts['value']:g} share" in said
    assert 0 <= float(entry.facts["value"]) <= 1
    assert len(str(entry.facts["digest"])) == 64
    assessed = run(dpia.command, "--site", path)
    assert "by privcv 0." in assessed
    assert "with 'privcv redteam link --simulate waiting-room --rotations 2'" in assessed


def test_what_no_tool_measures_is_refused_by_name(site: SiteFile) -> None:
    with pytest.raises(PrivcvError, match=r"gate_stop_s.*known are relink_rate"):
        run(audit_log.command, "measure", "--site", str(site.path), "gate_stop_s")
