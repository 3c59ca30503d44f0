# SPDX-License-Identifier: Apache-2.0
"""Documents say nothing without evidence, number it once, and are written by their ending."""

import hashlib
import json
from pathlib import Path

import pytest
from compliance_site import (
    assessment,
)

from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.documents.document_file import write_document
from privcv_compliance.errors import ComplianceError
from privcv_compliance.site_file import SiteFile


def test_a_sentence_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="no evidence"):
        Statement("Everything is fine.", ())


def test_evidence_is_numbered_once() -> None:
    one, two = Evidence("file", "a"), Evidence("file", "b")
    document = Document(
        "T", state("About.", one), (Section("S", (state("X.", two, one), state("Y.", two))),)
    )
    assert document.evidence() == [one, two]
    assert "X. [E2, E1]" in document.markdown()


def test_a_file_is_told_once_with_its_digest_and_files_of_one_name_in_full() -> None:
    site = f"/a/site.yaml (sha256 {'1' * 64})"
    other = f"/b/x.json (sha256 {'2' * 64})"
    another = f"/c/x.json (sha256 {'3' * 64})"
    cited = [
        Evidence("setting", f"{site}: privacy.k"), Evidence("file", site), Evidence("file", other),
        Evidence("answer", f"{another}: dpo.opinion"), Evidence("law", "GDPR Art. 11"),
        Evidence("scan", "every file under /x (sha) at noon"),
    ]  # fmt: skip
    document = Document("T", state("About.", *cited), ())
    listed = document.markdown().partition("## Evidence\n")[2].strip().removeprefix("- ")
    assert listed.split("\n- ") == [
        "E1  setting: site.yaml: privacy.k",
        "E2  file: site.yaml",
        f"E3  file: {other}",
        f"E4  answer: {another}: dpo.opinion",
        "E5  law: GDPR Art. 11",
        "E6  scan: every file under /x (sha) at noon",
        f"site.yaml: {site}",
    ]


@pytest.mark.parametrize("ending", [".pdf", ".md", ".json"])
def test_a_document_is_written_by_its_ending(site: SiteFile, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"dpia{ending}"
    digest = write_document(assessment(site), path)
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest
    starts = {".pdf": b"%PDF", ".md": b"# Evidence for", ".json": b"{"}
    assert content.startswith(starts[ending])
    if ending == ".json":
        for section in json.loads(content)["sections"]:
            assert all(statement["evidence"] for statement in section["statements"])


def test_another_ending_is_refused(site: SiteFile, tmp_path: Path) -> None:
    with pytest.raises(ComplianceError, match=r"\.pdf, \.md or \.json"):
        write_document(assessment(site), tmp_path / "dpia.docx")
