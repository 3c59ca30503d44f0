# SPDX-License-Identifier: Apache-2.0
"""A German document holds no English: neither in its sentences nor in its list of evidence."""

import re
from datetime import date
from pathlib import Path

import pytest
from compliance_site import NOW, a_request
from sample_sites import SITES, make_sample

from privcv_compliance.answers.letter import LETTER_KINDS, Outcome, write_letter
from privcv_compliance.assessment.dpia import assess
from privcv_compliance.documents.document import Document, Evidence
from privcv_compliance.evidence import state_scan
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.exports.export import EXPORTS, export
from privcv_compliance.languages.citation import cited
from privcv_compliance.notice.details import details_of
from privcv_compliance.notice.full_notice import full_notice
from privcv_compliance.notice.staff_sheet import staff_sheet
from privcv_compliance.site_file import SiteFile

ENGLISH = re.compile(
    r"\b(the|of|and|is|are|that|to|not|with|from|which|at|under|every|by|has|only|who|ask|file|"
    r"setting|answer|command|law|maker|query|section|point|bytes|shown|kept|measured|no)\b"
)
AS_IT_IS = re.compile(
    r"^E\d+  (Befehl|Abfrage|Datei|Einstellung|Antwort): .*"  # run, or looked up
    r"|/\S+|privcv [\w ]+|python \S+|make [\w-]+|docs/\S+|'[^']*'|\b\w+_\w+\b"
)
DAY = date(2026, 12, 1)


def documents(site: SiteFile) -> list[Document]:
    facts = read_facts(site.audit.folder)
    cameras = [details_of(site, camera) for camera in site.cameras.values()]
    return [
        assess(site, scan_site(site), facts, NOW),
        *(export(kind, site, facts, NOW) for kind in EXPORTS),
        full_notice(cameras, DAY),
        staff_sheet(cameras, DAY),
        *(
            write_letter(a_request(kind), Outcome(word, DAY), cameras, DAY)
            for kind, words in LETTER_KINDS.items()
            for word in words
        ),
    ]


@pytest.mark.parametrize("name", SITES)
def test_a_german_document_holds_no_english(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_sample(name, "de", tmp_path / "site")
    site.state.mkdir()
    (site.state / "seen.jpg").write_bytes(b"\xff\xd8\xff")
    (site.state / "link").symlink_to("/etc")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "fastdds_1").write_bytes(b"message")
    monkeypatch.setattr(state_scan, "SHARED_MEMORY", shared)
    english: list[tuple[str, str]] = []
    for document in documents(site):
        for style, text in document.translated("de").lines():
            if style == "row" and "KI-Verordnung" in document.translated("de").title:
                continue  # names of messages and of their fields
            if ENGLISH.search(AS_IT_IS.sub("", text)):
                english.append((document.title, text))
    assert english == []


def test_evidence_is_cited_in_the_language_of_the_document() -> None:
    law = Evidence("law", "GDPR Art. 88; national law: ask counsel")
    assert cited(law.kind, law.reference, "en") == (law.kind, law.reference)
    assert [
        ": ".join(cited(law.kind, law.reference, word)) for word in ("de", "fr", "es", "ja")
    ] == [
        "Recht: DSGVO Art. 88; nationales Recht: anwaltlich prüfen lassen",
        "droit: RGPD Art. 88; droit national : consultez un avocat",
        "derecho: RGPD Art. 88; derecho nacional: consulte a un abogado",
        "法: GDPR Art. 88; 国内法:弁護士に相談",
    ]
    command = ("command", "privcv export art30 --site point and section")
    assert cited(*command, "de") == ("Befehl", command[1])
