# SPDX-License-Identifier: Apache-2.0
"""The impact assessment says what settings and evidence say; each sentence leads back to them."""

import hashlib
import re
import sqlite3
from pathlib import Path

from compliance_site import (
    NOW,
    assessment,
)

from privcv_compliance.assessment.description import processing
from privcv_compliance.assessment.figures import FIGURES
from privcv_compliance.controller.controller_answers import ControllerAnswers
from privcv_compliance.documents.document import Evidence
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.events import EVENTS
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.record_file import withdraw

DOCS = Path(__file__).resolve().parents[4] / "docs"


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
    elif item.kind == "answer":
        match = re.fullmatch(r"(.+) \(sha256 (no file|[0-9a-f]{64})\): ([\w.]+)", item.reference)
        assert match, item
        assert (match[2] == "no file") != Path(match[1]).exists()
        assert match[3].split(".")[0] in ControllerAnswers.model_fields
    elif item.kind == "maker":
        assert (DOCS / item.reference.split(";")[0].removeprefix("docs/")).exists()
    else:
        assert item.kind in ("scan", "law")


def test_a_camera_over_a_floor_counts_in_the_zones_of_the_floor(site: SiteFile) -> None:
    """And the sentence leads to where the site file names them."""
    file = site.path
    text = file.read_text()
    camera = text[text.index("  lobby:") : text.index("    zones:")]
    file.write_text(
        text.replace("    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n", "")
        + camera.replace("lobby", "stairs").replace("video0", "video1")
        + "floors: {hall: {zones: {ground: {polygon_m: [0, 0, 4, 0, 4, 4, 0, 4]}},"
        " cameras: {lobby: {at_m: [0, 0]}, stairs: {at_m: [4, 4]}}}}\n"
    )
    read = SiteFile.read(file)
    for name in ("lobby", "stairs"):
        statement = processing(read, read.cameras[name])[0]
        assert "in the zones ground" in str(statement.text)
        assert any(one.reference.endswith(": floors.hall.zones") for one in statement.evidence)


def test_what_was_never_measured_is_said_so_and_what_was_is_shown(site: SiteFile) -> None:
    before = assessment(site).markdown()
    for figure in FIGURES.values():
        assert re.search(re.escape(figure.what) + ".*not measured", before)
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
    (shown,) = [s for s in after.statements() if s.text.startswith(FIGURES["relink_rate"].what)]
    assert "0.04 share (stated by the operator on " in shown.text
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
    (said,) = [s for s in assessment(site).statements() if "and wiped" in s.text]
    assert said.is_warning


def test_a_camera_that_needs_no_authorization_is_a_warning(site: SiteFile) -> None:
    text = re.sub(r"authorization: .*", "authorization: {required: false}", site.path.read_text())
    site.path.write_text(text)
    warnings = [s.text for s in assessment(SiteFile.read(site.path)).statements() if s.is_warning]
    assert any("for demonstrations only" in text for text in warnings)


def test_a_withdrawn_record_is_a_warning(site: SiteFile) -> None:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    withdraw(file, "officer", "objection", NOW)  # type: ignore[arg-type]
    warnings = [s.text for s in assessment(site).statements() if s.is_warning]
    assert any("withdrawn" in text for text in warnings)


def test_a_log_that_was_touched_is_a_warning(site: SiteFile) -> None:
    path = site.audit.folder / "lobby.detection.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"frames":600', b'"frames":601'))
    warnings = [s.text for s in assessment(site).statements() if s.is_warning]
    assert any(text.startswith("The audit log was touched") for text in warnings)


def test_a_camera_that_nobody_authorized_yet_is_described_as_closed(site: SiteFile) -> None:
    site.path.write_text(re.sub(r" +authorization: .*\n", "", site.path.read_text()))
    warnings = [s.text for s in assessment(SiteFile.read(site.path)).statements() if s.is_warning]
    assert any("it stays closed" in text for text in warnings)
