# SPDX-License-Identifier: Apache-2.0
"""Documents say what the state says: each sentence has evidence, each leftover is named."""

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

from privcv_compliance.answers.access_answer import answer_access
from privcv_compliance.answers.erasure_answer import answer_delete, erase
from privcv_compliance.answers.requests import (
    Request,
    answered,
    deadline,
    extend,
    register,
    requests_in,
)
from privcv_compliance.assessment.dpia import assess
from privcv_compliance.assessment.risks import FIGURES
from privcv_compliance.cli import audit_log, authorize, dpia, dsr, notice
from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.documents.document_file import write_document
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence import state_scan
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.known_stores import read_ledger
from privcv_compliance.evidence.running_processes import Running
from privcv_compliance.evidence.state_scan import Found, scan_site
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.events import EVENTS
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed, withdraw
from privcv_core.errors import PrivcvError
from privcv_core.protocol.person_keys import create_key
from privcv_privacy.budget.ledger import Ledger
from privcv_site.graph import build_graph
from privcv_site.site import load_site

UTC = timezone.utc
PIN = f"sha256/{'A' * 43}="
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REPORT = {
    "kind": "zone", "camera": "lobby", "zone": "door", "status": "published", "reason": "none",
    "confidence": 0.9, "coverage": 0.75, "epsilon": 0.3, "delta": 0.0, "unit": "visit",
    "mechanism": "laplace", "window_start": "2026-11-20T11:00:00Z", "window_s": 300,
    "occupancy": 7, "occupancy_low": 4, "occupancy_high": 10, "flow": [7, 0, 0, 0, 0],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs on this machine leave segments of their own."""
    (tmp_path / "shm").mkdir()
    monkeypatch.setattr(state_scan, "SHARED_MEMORY", tmp_path / "shm")


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


def a_request(kind: str = "access") -> Request:
    return Request("1a2b3c4d", kind, "gdpr", ("lobby",), date(2026, 11, 20), date(2026, 12, 20))


def access(site: SiteFile, running: tuple[Running, ...] = ()) -> Document:
    scan = scan_site(site)
    return answer_access(site, a_request(), scan, read_facts(site.audit.folder), running, NOW)


def assessment(site: SiteFile) -> Document:
    return assess(site, scan_site(site), read_facts(site.audit.folder), NOW)


# The state as it should be.


def test_a_clean_site_has_no_leftovers(site: SiteFile) -> None:
    scan = scan_site(site)
    assert scan.leftovers == ()
    names = {found.path.name for found in scan.found}
    assert {name for name in names if not name.startswith("ledger.db-")} == {
        "ledger.db",
        "ledger.db.anchor",
        "ledger.db.lock",
        "lobby.detection.jsonl",
        "lobby.detection.lock",
    }
    document = access(site)
    assert document.facts["outcome"] == "nothing that can be linked to a person"


# An answer that the state contradicts is impossible: plant something, and it has to be named.


def plant_frame(site: SiteFile) -> str:
    (site.state / "debug.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return "debug.jpg"


def plant_frame_named_like_a_log(site: SiteFile) -> str:
    (site.audit.folder / "lobby.tracking.jsonl").write_bytes(b"\xff\xd8\xff\xe0\n")
    return "lobby.tracking.jsonl"


def plant_bag(site: SiteFile) -> str:
    (site.state / "bag").mkdir()
    (site.state / "bag" / "rosbag2_0.mcap").write_bytes(b"\x89MCAP0\r\n")
    return "rosbag2_0.mcap"


def plant_table(site: SiteFile) -> str:
    with sqlite3.connect(site.ledger) as db:
        db.execute("CREATE TABLE faces (id, embedding)")
    return "table 'faces'"


def plant_column(site: SiteFile) -> str:
    with sqlite3.connect(site.ledger) as db:
        db.execute("ALTER TABLE costs ADD COLUMN track_id")
    return "column 'track_id'"


def plant_field_in_a_report(site: SiteFile) -> str:
    payload = json.dumps(
        {"sequence": 1, "zones": [{**REPORT, "ids": [4711]}], "dwell": []}
    ).encode()
    with sqlite3.connect(site.ledger) as db:
        db.execute("UPDATE releases SET payload = ?", (payload,))
    return "field 'ids'"


def plant_people_in_the_audit_log(site: SiteFile) -> str:
    from privcv_core.audit.entry import Head, make_entry

    entry = make_entry(
        "lobby.tracking", Head(0, "0" * 64), "2026-11-20T12:00:00.000Z", "frames", {"people": 3}
    )
    (site.audit.folder / "lobby.tracking.jsonl").write_bytes(entry.line())
    return "lobby.tracking.jsonl"


def plant_lock_with_content(site: SiteFile) -> str:
    (site.audit.folder / "lobby.tracking.lock").write_text("Alice was here")
    return "lobby.tracking.lock"


def plant_link(site: SiteFile) -> str:
    (site.state / "more").symlink_to("/etc/hostname")
    return "more"


def plant_shared_memory(site: SiteFile) -> str:
    (state_scan.SHARED_MEMORY / "fastrtps_0011223344556677").write_bytes(b"pixels")
    return "fastrtps_0011223344556677"


PLANTS = [value for name, value in sorted(globals().items()) if name.startswith("plant_")]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_leftover_is_named_in_every_answer(site: SiteFile, plant: object) -> None:
    name = plant(site)  # type: ignore[operator]
    deletion = answer_delete(site, a_request("delete"), [], scan_site(site), (), NOW, NOW)
    for document in (access(site), deletion, assessment(site)):
        warnings = [s.text for s in document.statements() if s.is_warning]
        assert any(name in text for text in warnings), document.title
    assert access(site).facts["outcome"] == deletion.facts["outcome"] == "leftovers found"
    assert "none of a person" not in deletion.markdown()
    assert "none of them holds a picture" not in access(site).markdown()


def test_a_file_that_a_node_writes_elsewhere_is_named(site: SiteFile, tmp_path: Path) -> None:
    recording = tmp_path / "recording.mkv"
    recording.write_bytes(b"\x1a\x45\xdf\xa3")
    node = Running(4711, ("DetectionNode",), (recording,))
    assert "recording.mkv" in access(site, (node,)).markdown()


def test_a_process_of_another_site_is_not_of_this_one(site: SiteFile, tmp_path: Path) -> None:
    folders = scan_site(site).folders
    elsewhere = (tmp_path / "other" / "x.db",)
    assert not Running(1, (), elsewhere).belongs_to(site.cameras, folders)
    assert Running(1, (), elsewhere, "/lobby").belongs_to(site.cameras, folders)
    assert Running(1, (), None).belongs_to(site.cameras, folders)
    assert Running(1, (), (*elsewhere, site.ledger)).belongs_to(site.cameras, folders)


def test_files_open_for_writing_are_seen(tmp_path: Path) -> None:
    """A real process whose command line is that of a node."""
    script = "import sys, time; f = open(sys.argv[3], 'w'); print('up', flush=True); time.sleep(60)"
    target = tmp_path / "dump.raw"
    words = [
        sys.executable,
        "-c",
        script,
        "privcv_core.node.process",
        "privcv_x.y:Node",
        str(target),
    ]
    words += ["-r", "__ns:=/lobby"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            from privcv_compliance.evidence.running_processes import running_processes

            (found,) = [p for p in running_processes() if p.pid == process.pid]
        finally:
            process.kill()
    assert (found.nodes, found.namespace) == (("Node",), "/lobby")
    assert found.files == (target,)


# Evidence.


def test_a_sentence_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="no evidence"):
        Statement("Everything is fine.", ())


def test_every_sentence_of_the_assessment_can_be_followed_back(site: SiteFile) -> None:
    """Each reference is looked up: digests recomputed, entries found, queries run."""
    document = assessment(site)
    hashes = {
        f"{entry.chain}#{entry.sequence}@{entry.hash[:12]}"
        for chain in ("lobby.detection", "operator")
        for entry in read_chain(site.audit.folder, chain)
    }
    for statement in document.statements():
        assert statement.evidence
        for item in statement.evidence:
            follow(item, hashes, site)


def follow(item: Evidence, hashes: set[str], site: SiteFile) -> None:
    if item.kind in ("file", "setting"):
        match = re.fullmatch(r"(.+) \(sha256 ([0-9a-f]{64})\)(: .+)?", item.reference)
        assert match, item
        assert hashlib.sha256(Path(match[1]).read_bytes()).hexdigest() == match[2]
    elif item.kind == "entry":
        assert item.reference in hashes
    elif item.kind == "query":
        path, _, sql = item.reference.partition(": ")
        with sqlite3.connect(path) as db:
            db.execute(sql.split(";")[0])
    elif item.kind == "command":
        words = item.reference.split()
        assert words[0] == "privcv"
        event = re.search(r"--event (\S+)", item.reference)
        assert event is None or event[1] in EVENTS
    else:
        assert item.kind in ("scan", "law")


def test_what_was_never_measured_is_said_so_and_what_was_is_shown(site: SiteFile) -> None:
    before = assessment(site).markdown()
    for what, _ in FIGURES.values():
        assert re.search(re.escape(what) + ".*not measured", before)
    with operator_log(site.audit) as log:
        entry = log.append(
            "measured",
            name="relink_rate",
            value=0.04,
            unit="share",
            command="privcv redteam link",
            digest="",
        )
    after = assessment(site)
    (shown,) = [s for s in after.statements() if s.text.startswith(FIGURES["relink_rate"][0])]
    assert "0.04 share" in shown.text
    assert shown.is_measured
    assert shown.evidence == (Evidence("entry", entry.reference),)


def test_the_assessment_says_what_the_site_says_and_not_a_fixed_text(site: SiteFile) -> None:
    text = assessment(site).markdown()
    assert "the entrance hall" in text
    assert "looked at 600 frames" in text
    assert "e^1 = 2.72" in text
    assert "rest on 75% of their time" in text
    changed = site.path.read_text() + "privacy: {epsilon: 0.5, k: 9}\n"
    site.path.write_text(changed)
    text = assessment(SiteFile.read(site.path)).markdown()
    assert "e^0.5 = 1.65" in text
    assert "reaches 10: 9 people and a margin of 1" in text


def test_frames_that_were_not_wiped_are_a_warning(site: SiteFile) -> None:
    with AuditLog(site.audit, "lobby.detection") as log:
        log.append("frames", camera="lobby", frames=600, wiped=599, seconds=60.0)
    (said,) = [s for s in assessment(site).statements() if "looked at" in s.text]
    assert said.is_warning


def test_a_camera_that_needs_no_authorization_is_a_warning(site: SiteFile) -> None:
    text = re.sub(r"authorization: .*", "authorization: {required: false}", site.path.read_text())
    site.path.write_text(text)
    warnings = [s.text for s in assessment(SiteFile.read(site.path)).statements() if s.is_warning]
    assert any("for demonstrations only" in text for text in warnings)


def test_a_withdrawn_record_is_a_warning(site: SiteFile) -> None:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    withdraw(file, "B. Example", "objection", NOW)  # type: ignore[arg-type]
    warnings = [s.text for s in assessment(site).statements() if s.is_warning]
    assert any("withdrawn" in text for text in warnings)


def test_a_log_that_was_touched_is_a_warning(site: SiteFile) -> None:
    path = site.audit.folder / "lobby.detection.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"frames":600', b'"frames":601'))
    warnings = [s.text for s in assessment(site).statements() if s.is_warning]
    assert any(text.startswith("The audit log was touched") for text in warnings)


@pytest.mark.parametrize("ending", [".pdf", ".md", ".json"])
def test_a_document_is_written_by_its_ending(site: SiteFile, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"dpia{ending}"
    digest = write_document(assessment(site), path)
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    starts = {".pdf": b"%PDF", ".md": b"# Data protection", ".json": b"{"}
    assert content.startswith(starts[ending])
    if ending == ".json":
        for section in json.loads(content)["sections"]:
            assert all(statement["evidence"] for statement in section["statements"])


def test_another_ending_is_refused(site: SiteFile, tmp_path: Path) -> None:
    with pytest.raises(ComplianceError, match=r"\.pdf, \.md or \.json"):
        write_document(assessment(site), tmp_path / "dpia.docx")


def test_evidence_is_numbered_once() -> None:
    one, two = Evidence("file", "a"), Evidence("file", "b")
    document = Document(
        "T", state("About.", one), (Section("S", (state("X.", two, one), state("Y.", two))),)
    )
    assert document.evidence() == [one, two]
    assert "X. [E2, E1]" in document.markdown()


def test_the_outbox_is_looked_at_wherever_it_lies(site: SiteFile, tmp_path: Path) -> None:
    outbox = tmp_path / "elsewhere" / "outbox.db"
    outbox.parent.mkdir()
    with sqlite3.connect(outbox) as db:
        db.execute("CREATE TABLE releases (sequence, payload, digest, age_s)")
        db.execute("CREATE TABLE positions (x_m, y_m)")
    uplink = f"uplink: {{url: 'https://c.example', pins: [{PIN}], outbox: {{file: {outbox}}}}}\n"
    site.path.write_text(site.path.read_text() + uplink)
    (leftover,) = scan_site(SiteFile.read(site.path)).leftovers
    assert leftover.path == outbox.resolve()
    assert "table 'positions'" in leftover.problem


def test_what_runs_and_what_is_scanned_are_the_same_files(site: SiteFile) -> None:
    """``state`` moves all of it, for the graph and for the answer to a data subject."""
    uplink = f"uplink: {{url: 'https://c.example', pins: [{PIN}]}}\n"
    site.path.write_text(site.path.read_text() + uplink)
    read = SiteFile.read(site.path)
    nodes = {n.name: n.parameters for p in build_graph(load_site(site.path)) for n in p.nodes}
    assert nodes["uplink"]["outbox.file"] == str(read.outbox) == str(site.state / "outbox.db")
    assert nodes["uplink"]["key_file"] == str(read.device_key)
    assert nodes["aggregation"]["ledger"] == str(read.ledger)
    assert nodes["aggregation"]["anchor"] == str(read.anchor)
    assert nodes["detection"]["audit.folder"] == str(read.audit.folder)
    with sqlite3.connect(nodes["uplink"]["outbox.file"]) as db:
        db.execute("CREATE TABLE releases (sequence, payload, digest, age_s)")
        db.execute("CREATE TABLE positions (x_m, y_m)")
    (leftover,) = scan_site(read).leftovers
    assert "table 'positions'" in leftover.problem


def test_an_outbox_in_its_earlier_place_is_looked_at_too(
    site: SiteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "earlier"))
    (tmp_path / "earlier").mkdir()
    with sqlite3.connect(tmp_path / "earlier" / "outbox.db") as db:
        db.execute("CREATE TABLE releases (sequence, payload, digest, age_s)")
    uplink = f"uplink: {{url: 'https://c.example', pins: [{PIN}]}}\n"
    site.path.write_text(site.path.read_text() + uplink)
    scan = scan_site(SiteFile.read(site.path))
    (found,) = [item for item in scan.found if item.path.name == "outbox.db"]
    assert "has to move" in found.what
    assert scan.leftovers == ()


def test_an_anchor_on_another_disk_is_looked_at(site: SiteFile, tmp_path: Path) -> None:
    anchor = tmp_path / "disk" / "anchor"
    anchor.parent.mkdir()
    anchor.write_bytes(bytes(5000))
    site.path.write_text(site.path.read_text() + f"anchor: {anchor}\n")
    (site.state / "ledger.db.anchor").unlink()
    (leftover,) = scan_site(SiteFile.read(site.path)).leftovers
    assert leftover.path == anchor.resolve()
    assert "larger than" in leftover.problem


def test_a_camera_that_nobody_authorized_yet_is_described_as_closed(site: SiteFile) -> None:
    site.path.write_text(re.sub(r" +authorization: .*\n", "", site.path.read_text()))
    warnings = [s.text for s in assessment(SiteFile.read(site.path)).statements() if s.is_warning]
    assert any("it stays closed" in text for text in warnings)


# Requests and deadlines.


@pytest.mark.parametrize(
    ("law", "received", "extended", "expected"),
    [
        ("gdpr", date(2026, 11, 20), False, date(2026, 12, 20)),
        ("gdpr", date(2026, 12, 5), False, date(2027, 1, 5)),
        ("gdpr", date(2026, 1, 31), False, date(2026, 2, 28)),  # no 31 February: its last day
        ("gdpr", date(2028, 1, 31), False, date(2028, 2, 29)),
        ("gdpr", date(2026, 11, 30), True, date(2027, 2, 28)),
        ("ccpa", date(2026, 11, 20), False, date(2027, 1, 4)),
        ("ccpa", date(2026, 11, 20), True, date(2027, 2, 18)),
    ],
)
def test_deadlines_are_those_of_the_law(
    law: str, received: date, extended: bool, expected: date
) -> None:
    assert deadline(law, received, extended=extended) == expected


def test_the_register_is_the_audit_log(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        first = register(log, "access", "gdpr", ["lobby"], date(2026, 11, 20), "2026/17")
        second = register(log, "delete", "ccpa", ["lobby"], date(2026, 11, 21))
        extended = extend(log, second, "many requests")
        answered(log, first, "nothing", "0" * 64, 0)
        with pytest.raises(ComplianceError, match="already"):
            extend(log, extended, "again")
    one, two = requests_in(site.audit.folder)
    assert (one.reference, one.outcome, one.state(date(2027, 1, 1))) == (
        "2026/17", "nothing", "answered",
    )  # fmt: skip
    assert two == extended
    assert two.state(two.deadline) == "open"
    assert two.state(two.deadline + timedelta(days=1)) == "overdue"


# Deletion.


class FakeGraph:
    """Stands in for the running graph; ``log`` is where an honest node would record a rotation."""

    def __init__(self, running: bool = True, problem: str = "", log: AuditSettings | None = None):
        self.running, self.problem, self.log = running, problem, log
        self.asked: list[str] = []

    def is_running(self, camera: str) -> bool:
        return self.running

    def rotate(self, camera: str, reason: str) -> str:
        self.asked.append(f"rotate {camera}")
        if self.log and not self.problem:
            with AuditLog(self.log, f"{camera}.anonymization") as log:
                log.append("identities.rotated", camera=camera, reason=reason)
        return self.problem

    def restart(self, node: str) -> str:
        self.asked.append(f"restart {node}")
        return ""


def deletion(site: SiteFile, graph: FakeGraph) -> Document:
    began = datetime.now(UTC)
    steps = erase(graph, a_request("delete"))
    return answer_delete(site, a_request("delete"), steps, scan_site(site), (), began, NOW)


def test_deletion_forgets_identities_then_tracks_then_buffers(site: SiteFile) -> None:
    graph = FakeGraph(log=site.audit)
    document = deletion(site, graph)
    assert graph.asked == ["rotate lobby", "restart /lobby/tracking", "restart /lobby/detection"]
    assert document.facts["outcome"] == "deleted"
    (proof,) = [s for s in document.statements() if "every identity was forgotten" in s.text]
    assert proof.evidence[0].kind == "entry"


def test_a_node_that_only_says_it_forgot_is_not_believed(site: SiteFile) -> None:
    document = deletion(site, FakeGraph(log=None))
    assert document.facts["outcome"] == "incomplete"
    assert "but the audit log does not" in document.markdown()


def test_a_rotation_before_the_request_proves_nothing(site: SiteFile) -> None:
    yesterday_ns = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1e9)
    with AuditLog(site.audit, "lobby.anonymization", clock=lambda: yesterday_ns) as log:
        log.append("identities.rotated", camera="lobby", reason="period")
    assert deletion(site, FakeGraph(log=None)).facts["outcome"] == "incomplete"


def test_a_refusal_is_told(site: SiteFile) -> None:
    document = deletion(site, FakeGraph(problem="the node is not configured"))
    assert document.facts["outcome"] == "incomplete"
    assert "the node is not configured" in document.markdown()


def test_without_a_graph_nothing_is_in_memory(site: SiteFile) -> None:
    assert deletion(site, FakeGraph(running=False)).facts["outcome"] == "deleted"


# Stores.


def test_what_the_ledger_really_creates_is_what_the_scan_knows(site: SiteFile) -> None:
    """Fails when somebody adds a table or column without thinking of data subjects."""
    store = read_ledger(site.ledger)
    assert store.strange == ()
    assert (store.releases, store.with_payload, store.coverage) == (1, 1, 0.75)


def test_the_ledger_is_read_while_it_is_written_exclusively(site: SiteFile) -> None:
    with sqlite3.connect(site.ledger) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        assert read_ledger(site.ledger).releases == 1


# Commands.


def run(command: object, *words: str) -> str:
    result = CliRunner().invoke(command, words, catch_exceptions=False)  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return result.output


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


def test_the_sign_carries_the_record_and_a_code_that_reads(site: SiteFile, tmp_path: Path) -> None:
    """The code is read back by OpenCV, which did not write it."""
    import cv2

    sign = tmp_path / "sign.png"
    run(notice.command, "--site", str(site.path), "-o", str(sign))
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(sign)))
    assert content == "mailto:privacy@example.org"


def test_no_sign_for_a_record_that_is_not_in_force(site: SiteFile, tmp_path: Path) -> None:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    withdraw(file, "B. Example", "objection", NOW)  # type: ignore[arg-type]
    with pytest.raises(PrivcvError, match="not in force"):
        run(notice.command, "--site", str(site.path), "-o", str(tmp_path / "sign.png"))


def test_a_leftover_is_one_only_while_it_is_there(site: SiteFile) -> None:
    name = plant_frame(site)
    (leftover,) = scan_site(site).leftovers
    assert leftover == replace(leftover, path=site.state.resolve() / name, bytes=4)
    assert isinstance(leftover, Found)
    leftover.path.unlink()
    assert scan_site(site).leftovers == ()
