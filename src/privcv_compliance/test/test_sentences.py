# SPDX-License-Identifier: Apache-2.0
"""Every sentence of every document follows from a setting or from evidence.

The table has a row for each sentence: what it is known by, one change of a setting or of the
evidence, and what it says after that. A sentence without a row fails the last test.
"""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from assessed_sentences import ANSWERED, ASSESSED
from compliance_site import NOW, PIN, FakeGraph, a_request, assessment
from site_changes import Change, both, record, record_file, setting

from privcv_compliance.answers.access_answer import answer_access
from privcv_compliance.answers.erasure_answer import answer_delete, erase
from privcv_compliance.assessment import description
from privcv_compliance.assessment.figures import FIGURES
from privcv_compliance.documents.document import Statement
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.running_processes import Hidden, Processes, Running
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog
from privcv_core.authorization.record_file import withdraw
from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.ledger import Ledger

RUNNING = Processes((Running(4711, ("DetectionNode",), ()),))
HIDDEN = Processes((), (Hidden(4712, "python3"),))


@dataclass
class World:
    """A site, what runs of it, and what the graph does when it is asked to erase."""

    site: SiteFile
    processes: Processes = field(default_factory=Processes)
    graph: FakeGraph = field(default_factory=lambda: FakeGraph(running=False))
    request: dict[str, Any] = field(default_factory=dict)

    def sentences(self) -> set[str]:
        """All that the assessment and both answers say now."""
        site = SiteFile.read(self.site.path)
        request = replace(a_request("delete"), **self.request)
        steps, began = erase(self.graph, request), NOW - timedelta(days=1)
        scan, facts = scan_site(site), read_facts(site.audit.folder)
        documents = (
            assessment(site),
            answer_access(site, request, scan, facts, self.processes, NOW),
            answer_delete(site, request, steps, scan, self.processes, began, NOW),
        )
        documents[0].translated("de")  # each sentence is in the catalogue
        statements = [s for document in documents for s in document.statements()]
        assert all(isinstance(s, Statement) and s.evidence for s in statements)
        return {statement.text for statement in statements}


def entry(event: str, chain: str = "lobby.detection", **facts: str | float) -> Change:
    """Append to the audit log."""

    def change(world: World) -> None:
        with AuditLog(world.site.audit, chain) as log:
            log.append(event, **facts)

    return change


def paid(scope: str, epsilon: float) -> Change:
    """A release that a unit paid for, in the ledger."""

    def change(world: World) -> None:
        until_ns = int(NOW.timestamp()) * 10**9
        charge = Charge(scope, "a cohort", epsilon, 0.0, 0.85, 0.0, until_ns - 10**9, until_ns)
        content = b'{"dwell":[],"sequence":2,"zones":[]}'
        with Ledger(world.site.ledger) as ledger:
            ledger.release("k", [charge], lambda sequence, affordable: content)

    return change


def asked(**how: Any) -> Change:
    """Another graph for the erasure to ask; it records its rotations with ``logs``."""

    def change(world: World) -> None:
        log = world.site.audit if how.pop("logs", False) else None
        world.graph = FakeGraph(log=log, **how)

    return change


def world(**attributes: Any) -> Change:
    def change(world: World) -> None:
        for name, value in attributes.items():
            setattr(world, name, value)

    return change


def files(do: Callable[[World], object]) -> Change:
    def change(world: World) -> None:
        do(world)

    return change


def nothing_on_disk(world: World) -> None:
    record_file(world).unlink()
    for path in sorted(world.site.state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def touched(world: World) -> None:
    path = world.site.audit.folder / "lobby.detection.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"frames":600', b'"frames":601'))


def no_audit_log(world: World) -> None:
    for path in world.site.audit.folder.iterdir():
        path.unlink()


def half_covered(world: World) -> None:
    with sqlite3.connect(world.site.ledger) as db:
        db.execute("UPDATE releases SET payload = replace(payload, '0.75', '0.5')")


def planted(world: World) -> None:
    (world.site.state / "debug.jpg").write_bytes(b"\xff\xd8\xff\xe0")


def withdrawn(world: World) -> None:
    withdraw(record_file(world), "officer", "objection", NOW)


IDENTITIES = "cameras.lobby.anonymization.identities"
UPLINK = setting("uplink", {"url": "https://collector.example", "pins": [PIN]})
TWO_PINS = setting("uplink", {"url": "https://c.example", "pins": [PIN, PIN.replace("A", "B", 1)]})
SENT = entry("reports.transmitted", "uplink", first=1, last=7, collector="collector.example")
ROTATED = entry("identities.rotated", "lobby.anonymization", camera="lobby", reason="period")
PAUSED = entry("counting.paused", "operator", camera="lobby", minutes=5, by="desk",
               until="2026-11-20T12:05:00Z")  # fmt: skip
LOOKED = entry(
    "canary.checked", "operator", check="files", state="ok", findings=0, digest="ab" * 32
)
RECEIVED = entry("request.received", "operator", request="9", kind="access", law="gdpr",
                 cameras="lobby", received="2026-11-20", deadline="2026-12-20", reference="")  # fmt: skip  # noqa: E501

# (known by, change, what it says then)
TABLE: list[tuple[str, Change, str]] = [
    # the assessment
    (r"Site '.*' with \d+ cameras?, as set",
     setting("site", "museum"), "Site 'museum' with 1 camera"),
    (r"Camera '.*' needs no authorization",
     setting("cameras.lobby.authorization", {"required": False}), "needs no authorization"),
    (r"Camera '.*' has no authorization record that can be read",
     files(lambda w: record_file(w).unlink()), "it stays closed"),
    (r"Camera '.*' sees: ", record(area="the stairs"), "sees: the stairs."),
    (r"Purpose: ", record(purpose="queues"), "Purpose: queues."),
    (r"Use of the totals: ", record(use="operational"), "somebody acts on them at once"),
    (r"What leaves is: ", setting("privacy.release", ["visitors"]), "What leaves is: how many"),
    (r"Which of these lines somebody crossed", both(
        setting("cameras.lobby.lines", {"gate": [0, 0, 2, 0]}),
        setting("privacy.release", ["visitors", "entries"])), "as entries and exits: gate."),
    (r"Lawful basis: ", record(lawful_basis="consent"), "GDPR Art. 6(1)(a)"),
    (r"Controller: .*; contact: ", record(controller="A School"), "Controller: A School;"),
    (r"Hours \(.*\): ", record(time_zone="Europe/Berlin"), "Hours (Europe/Berlin)"),
    (r"Authorized by .*, from .* until ", record(authorized_by="C. Example"), "by C. Example"),
    (r"Of the record of camera '.*' \(hours\)",
     record(hours=[{"days": ["mon"]}]), "Hours (UTC): Monday 00:00-24:00."),
    (r"Of the record of camera '.*' \(notice_url\)",
     record(notice_url="https://notice.example", area="the hall of the clinic"),
     "'clinic': being there may tell health"),
    (r"Of the record of camera '.*' \(area\): .* Its signer says: ",
     record(area="corridor to the toilets",
            reasons={"intimate_place": "The doors themselves are not in view."}),
     "Its signer says: The doors themselves are not in view."),
    (r"The record of camera '.*' would not be signed today",
     record(lawful_basis="consent"), "(lawful_basis): who walks by consents to nothing"),
    (r"The record is not in force: ", files(withdrawn), "the authorization was withdrawn"),
    (r"Camera '.*' reads .*, detects people, ",
     setting("cameras.lobby.source", {"kind": "rtsp", "uri": "rtsp://c/s"}), "a network camera"),
    (r"What else 'lobby' does with its images",
     setting("cameras.lobby.source", {"kind": "rtsp", "uri": "rtsp://c/s"}), "does not see: the"),
    (r"Camera '.*' reads .*, detects people, ",
     setting("cameras.lobby.zones.stairs", {"polygon_m": [5, 5, 6, 5, 6, 6]}), "door, stairs"),
    (r"Camera '.*' tells a size class by footprint",
     setting("cameras.lobby.anonymization", {"size_classes": False}), "tells no size of anybody"),
    (r"Camera '.*' tells a size class by footprint",
     setting(IDENTITIES, {"swap_when_close": True}), "who may swap identities"),
    (r"Camera '.*' tells no size of anybody",
     setting("cameras.lobby.anonymization", {"size_classes": False}), "no size"),
    (r"Which of these lines somebody crossed",
     setting("cameras.lobby.lines", {"gate": [0, 0, 2, 0]}), "not counted: gate."),
    (r"No part of its image is blacked out",
     setting("cameras.lobby.privacy_zones", {"desk": {"polygon": [0, 0, 1, 0, 1, 1]}}),
     "blacked out before any detector: desk."),
    (r"These parts of its image are blacked out",
     setting("cameras.lobby.privacy_zones", {"desk": {"polygon": [0, 0, 1, 0, 1, 1]}}), "desk"),
    (r"On disk: ", entry("frames", "lobby.tracking", frames=1), "the audit log 'lobby.tracking'"),
    (r"Leftover in ", files(planted), "debug.jpg"),
    (r"Nothing is on disk yet", files(nothing_on_disk), "Nothing is on disk yet"),
    (r"Entries of the audit log are kept for ", setting("audit.retain_days", 30), "for 30 days"),
    (r"Reports stay on the device: no collector",
     UPLINK, "Reports go to https://collector.example"),
    (r"Reports go to .*, over TLS pinned to ", TWO_PINS, "pinned to 2 keys"),
    (r"The audit log knows of no release that was transmitted", UPLINK, "no release"),
    (r"Transmitted to ", both(UPLINK, SENT), "Transmitted to collector.example: 7 releases"),
    (r"Transmitted to ", both(UPLINK, SENT, entry(
        "reports.transmitted", "uplink", first=8, last=8, collector="old.example")),
     "Transmitted to old.example: 1 release,"),
    (r"Whether or not one .* took place changes", setting("privacy.epsilon", 0.5), "e^0.5 = 1.65"),
    (r"Whether or not one .* took place changes", setting("privacy.unit", "event"), "one event"),
    (r"Whether or not one .* took place changes",
     setting("privacy.mechanism", "gaussian"), "and by 1e-06 more"),
    (r"A zone is shown only where its noisy count reaches",
     setting("privacy.k", 9), "reaches 10: 9"),
    (r"A zone is shown only where its noisy count reaches",
     setting("privacy.margin", 3), "reaches 8: 5 people and a margin of 3"),
    (r"A zone is shown however few", setting("privacy.k", 1), "however few"),
    (r"Of epsilon .* is for sums over several sites",
     setting("privacy.across_share", 0.25), "a share of 0.25 is for sums"),
    (r"If both operators put together", setting("privacy.across_share", 1.0), "to be shown"),
    (r"Reports of this site exist beside the sums",
     setting("privacy.across_share", 0.5), "beside the sums"),
    (r"What is protected is one .*: what several",
     setting("privacy.unit", "person_window"), "one person window"),
    (r"A stay under a camera is one visit for each identity",
     setting("privacy.epsilon", 0.5), r"the factor is e^(0.5 k)"),
    (r"Camera '.*' replaces all identities and their secret at every multiple", both(
        setting("privacy.unit", "event"), setting("privacy.dwell_period_s", 3600)),
     "every multiple of 3600 s"),
    (r"Camera '.*' replaces the secret of its identities every .* comes back under a new one",
     setting(IDENTITIES, {"period_s": 1800}), "every 1800 s"),
    (r"Camera '.*' replaces the secret of its identities every .* comes back under a new one",
     setting(IDENTITIES, {"grace_s": 60}), "for at most 60 s more"),
    (r"Camera '.*' replaces the secret of its identities every .* comes back under a new one",
     setting(IDENTITIES, {"silence_s": 20, "withhold_s": 90}), "not told for 20 to 90 s"),
    (r"When its identities are replaced on request, camera ",
     setting(IDENTITIES, {"silence_s": 20}), "tells nothing for 20 s"),
    (r"Under camera '.*' people who come close",
     setting(IDENTITIES, {"swap_when_close": True}), "multiple of its exponent"),
    (r"Camera '.*' uses a test secret: its identities",
     setting(IDENTITIES, {"unsafe_test_secret": True}), "can be foretold"),
    (r"There is no audit log", files(no_audit_log), "nothing of what follows"),
    (r"The audit log is whole in itself", ROTATED, "2 chains"),
    (r"The audit log was touched: ", files(touched), "does not fit its hash"),
    (r"Since .*, the oldest entry kept, camera '.*' looked at",
     entry("frames", camera="lobby", frames=10, wiped=9, seconds=60.0), "610 frames"),
    (r"Since .*, the oldest entry kept, camera '.*' looked at",
     entry("frames", camera="lobby", frames=10, wiped=9, seconds=60.0), "wiped 609 of them"),
    (r"Camera '.*': frames processed and wiped: not measured",
     files(no_audit_log), "not measured"),
    (r"Camera '.*' replaced its identities ", ROTATED, "once, 0 of them on request"),
    (r"Camera '.*' replaced its identities ", both(ROTATED, entry(
        "identities.rotated", "lobby.anonymization", camera="lobby", reason="request 1")),
     "2 times, 1 of them on request"),
    (r"The gate of camera '.*' last ",
     entry("gate.closed", camera="lobby", record="", kind="hours", reason="night"), "(night)"),
    (r"Camera '.*' was paused .* for an objection", PAUSED, "was paused once for an objection"),
    (r"Camera '.*' was paused .* for an objection", both(PAUSED, PAUSED), "was paused 2 times"),
    (r"The settings of '.*' are those of the start",
     entry("configuration.changed", what="lobby.x", old="none", new="cd" * 32), "'lobby.x' are"),
    (r"The settings of '.*' were last changed",
     entry("configuration.changed", what="lobby.x", old="ab", new="cd" * 32), "digest cdcdcd"),
    (r"When leaks were last looked for: not measured", LOOKED, "Leaks, check 'files': last looked"),
    (r"Leaks, check '.*': last looked on", both(LOOKED, entry(
        "canary.checked", "operator", check="files", state="found", findings=2, digest="ab" * 32)),
     ", something found."),
    (r"Requests of data subjects: ", RECEIVED, "1 received, 0 answered"),
    (r"Fault on ", entry("fault", where="lobby.detection", what="no camera"), "no camera"),
    (r"Epsilon spent: not measured; there is no ledger", files(nothing_on_disk), "no ledger yet"),
    (r"Epsilon spent: not measured; nothing was paid", paid("lobby|counts", 0.3), "may have paid"),
    (r"One .* under camera '.*' may have paid", paid("lobby|counts", 0.3),
     "under camera 'lobby' may have paid epsilon 0.3 of 0.85 for occupancy and flow"),
    (r"One .* under camera '.*' may have paid", paid("lobby|dwell", 0.1), "of 0.85 for dwell"),
    (r"Coverage: the reports that are still in the ledger",
     files(half_covered), "rest on 50%"),
    (r"Coverage of the reports: not measured", files(nothing_on_disk), "not measured"),
    (r"What the guard finds on the graph last changed",
     entry("graph.checked", "guard", findings=2, digest=""), "2 findings"),
    (r"Who listens on the running graph: not measured",
     entry("graph.checked", "guard", findings=1, digest=""), "1 finding."),
    (r"Files that do not belong here: ", files(planted), "Files that do not belong here: 1 of"),
    (r"x y: ", entry("measured", "operator", name="x_y", value=4.0, unit="m", command="it"),
     "x y: 4 m (stated by the operator on "),
    *(
        (re.escape(figure.what) + ": ",
         entry("measured", "operator", name=name, value=4.0, unit="share", command="it"),
         "4 share (stated by the operator on ")
        for name, figure in FIGURES.items()
    ),
    *(
        (re.escape(figure.what) + ": ",
         entry("measured", "operator", name=name, value=4.0, unit="m", command="it", version="9"),
         "by privcv 9 with 'it'")
        for name, figure in FIGURES.items()
    ),
    (r"Of staff, the audit log holds which account", setting("audit.retain_days", 30), "30 days"),
    (r"\d+ texts? in the audit log that staff typed freely", entry(
        "request.extended", "operator", request="9", deadline="2027-01-20", reason="Meier asked"),
     "1 text in the audit log"),
    # the answers
    (r"Request .* under .*, received ", world(request={"law": "ccpa"}), "under CCPA"),
    (r"Of \d+ files that were looked at, all", entry("frames", "lobby.x", frames=1), "Of 8 files"),
    (r"\d+ files? found that do not belong here", files(planted), "1 file found"),
    (r"No process of the graph is running", world(processes=RUNNING), "Process 4711 is running"),
    (r"What else is in memory is not known: ", world(processes=HIDDEN), "(python3)"),
    (r"Camera '.*': no node answered on the graph, but these processes run",
     world(processes=RUNNING), "DetectionNode"),
    (r"Camera '.*': no node answered on the graph, but whether one runs is not known",
     world(processes=HIDDEN), "(python3)"),
    (r"Process \d+ is running: ", world(processes=RUNNING), "DetectionNode"),
    (r"[\d.]+ s after somebody left, the anonymization of camera ", both(
        world(processes=RUNNING), setting(IDENTITIES, {"forget_s": 20}),
        setting("privacy.identity_absence_s", 20)), "20 s after somebody"),
    (r"[\d.]+ s after somebody left, the anonymization of camera ", both(
        world(processes=RUNNING), setting("privacy.unit", "event")), "5 s after somebody"),
    (r"Camera '.*': the frame, boxes and positions",
     world(processes=RUNNING), "while they are in"),
    (r"The process that counts holds",
     setting("privacy.identity_lifetime_s", 5000), "5000 s after"),
    (r"The process that counts holds",
     setting("privacy.identity_absence_s", 60), "until 70 s after it was last seen"),
    (r"The process that counts holds", setting("privacy.adaptive", False), "most 300 s later"),
    (r"The process that counts holds", setting("privacy.window_s", 600), "most 600 s later"),
    (r"The process that counts holds .* until the dwell period", both(
        setting("privacy.unit", "event"), setting("privacy.dwell_period_s", 3600)),
     "dwell period of 3600 s ends"),
    (r"/.* \(\d+ bytes\): ", entry("frames", "lobby.x", frames=1), "the audit log 'lobby.x'"),
    (r"No file was found in the folders of the site", files(nothing_on_disk), "No file was found"),
    (r"Reports go to .*: noisy totals per zone", UPLINK, "https://collector.example: noisy totals"),
    (r"Reports are totals with noise: ", setting("privacy.epsilon", 2), "e^2 = 7.39"),
    (r"Reports are totals with noise: ", setting("privacy.mechanism", "gaussian"), "1e-06 more"),
    (r"Which identity under camera '.*' is yours",
     setting(IDENTITIES, {"unsafe_test_secret": True}), "who knows it can tell which identity"),
    (r"Camera '.*' uses a test secret: who knows it",
     setting(IDENTITIES, {"unsafe_test_secret": True}), "which identity is yours"),
    (r"Identities, tracks and buffers in the memory of the cameras are gone",
     asked(), "could not be proven complete"),
    (r"The deletion could not be proven complete", asked(), "see below"),
    (r"Files were found that may hold personal data", files(planted), "named below"),
    (r"Camera '.*': no node is running", asked(logs=True), "every identity was forgotten"),
    (r"Camera '.*': .* could not be deleted: ", asked(problem="the node is busy"), "node is busy"),
    (r"Camera '.*': the .* were wiped; the process was started anew", asked(), "tracks were wiped"),
    (r"Camera '.*': the node says that it forgot every identity",
     asked(), "the audit log does not"),
    (r"Camera '.*': every identity was forgotten", asked(logs=True), "identity was forgotten"),
    (r"\d+ files on disk: all of known kinds", entry("frames", "lobby.x", frames=1), "8 files on"),
]  # fmt: skip

# What no site can set, by the constant or the law that it comes from.
FIXED = [
    r"Places leave the camera process as the cells of ",  # anonymous_tick.CELL_M, TICK_S
    r"Reports that were released stay: ",  # GDPR Art. 11, Recital 26
]


@pytest.fixture
def now(site: SiteFile) -> World:
    return World(site)


@pytest.mark.parametrize(("known_by", "change", "says"), TABLE, ids=[row[0] for row in TABLE])
def test_the_sentence_changes_with_what_it_rests_on(
    now: World, known_by: str, change: Change, says: str
) -> None:
    before = now.sentences()
    change(now)
    after = now.sentences()
    changed = {text for text in before ^ after if re.match(known_by, text)}
    assert changed, f"nothing known by '{known_by}' changed"
    assert any(says in text for text in after - before), sorted(after - before)


def test_cells_and_ticks_are_those_of_the_message(
    now: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(description, "CELL_M", 2.0)
    monkeypatch.setattr(description, "TICK_S", 10)
    assert any(
        "as the cells of 2 m that a person was in, once in 10 s" in text for text in now.sentences()
    )


def test_of_a_transport_of_another_package_no_encryption_is_claimed(
    now: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privcv_core.settings.extensions.find", lambda door, name: None)
    setting("uplink", {"kind": "folder", "url": "/media/carried"})(now)
    said = [text for text in now.sentences() if "/media/carried" in text]
    assert any("by the transport 'folder' of another package" in text for text in said)
    assert not any("TLS" in text for text in said)


def test_every_sentence_is_in_the_table(site: SiteFile) -> None:
    known = [row[0] for row in TABLE] + FIXED + ANSWERED + [row[0] for row in ASSESSED]
    worlds = [World(site), World(site, RUNNING, FakeGraph(log=site.audit))]
    for changed, more in zip(
        worlds, ([], [UPLINK, SENT, ROTATED, RECEIVED, PAUSED, LOOKED]), strict=True
    ):
        for change in [*more, setting("privacy.k", 3)]:
            change(changed)
        for text in changed.sentences():
            assert any(re.match(pattern, text) for pattern in known), text
