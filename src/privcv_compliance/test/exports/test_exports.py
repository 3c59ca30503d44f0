# SPDX-License-Identifier: Apache-2.0
"""Each export says what settings, answers and messages say, in both languages, with evidence."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from assessed_sentences import set_keys
from compliance_site import NOW
from sample_sites import make_sample

from privcv_compliance.assessment.dpia import assess
from privcv_compliance.breaches import register
from privcv_compliance.cli.export import KINDS
from privcv_compliance.documents.document import Document
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.exports import ai_act
from privcv_compliance.exports.export import EXPORTS, export
from privcv_compliance.languages.phrase import in_language, say
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile


def made(kind: str, site: SiteFile) -> Document:
    again = SiteFile.read(site.path)
    document = export(kind, again, read_facts(again.audit.folder), NOW)
    document.translated("de")
    return document


def said(kind: str, site: SiteFile) -> set[str]:
    return {statement.text for statement in made(kind, site).statements()}


def test_the_command_offers_every_export() -> None:
    assert set(KINDS) == set(EXPORTS)


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_sentence_of_an_export_of_a_whole_site_has_evidence_and_no_question_is_open(
    kind: str, tmp_path: Path
) -> None:
    document = made(kind, make_sample("shop", "de", tmp_path))
    for statement in document.statements():
        assert statement.evidence
        assert "not answered" not in statement.text
    content = json.loads(document.translated("de").to_json())
    assert content["title"].endswith(": shop")
    assert content["title"] != document.title


def test_every_breach_is_in_the_record_until_it_is_closed_as_a_warning(site: SiteFile) -> None:
    assert "Recorded: 0, of which still open: 0." in said("breaches", site)
    with operator_log(site.audit) as log:
        breach = register.record(
            log, what="disk stolen", data=("requests", "keys"), whom=("requesters",),
            cameras=("lobby",), risk="high", people=7, noticed=NOW - timedelta(hours=1), now=NOW,
        )  # fmt: skip
    (row,) = [s for s in made("breaches", site).statements() if s.text.startswith(breach.id)]
    assert row.is_warning
    assert "disk stolen: requests, keys | requesters (7) | risk: high" in row.text
    assert "still to be told: authority; still to be told: people | open" in row.text
    with operator_log(site.audit) as log:
        for to in ("authority", "people"):
            register.tell(log, breach, to, NOW, "", NOW)
        (told,) = register.breaches_in(site.audit.folder)
        register.close(log, told, "mended")
    document = made("breaches", site)
    (row,) = [s for s in document.statements() if s.text.startswith(breach.id)]
    assert not row.is_warning
    assert "authority on 2026-11-20 12:00 UTC (in time); people on" in row.text
    german = document.translated("de").markdown()
    assert "Platte gestohlen: Anfragen, Schlüssel" in german
    assert "behoben" in german


@pytest.mark.parametrize(
    "word",
    [
        *register.WHAT, *register.DATA, *register.WHOM, *register.TOLD, *register.LATE,
        *register.OUTCOMES, *(f"risk: {risk}" for risk in register.RISKS),
    ],
)  # fmt: skip
def test_every_word_of_the_register_of_breaches_is_in_the_catalogue(word: str) -> None:
    assert in_language(say(word), "de")


def test_measures_that_were_measured_again_are_counted(site: SiteFile) -> None:
    assert any("0 figures in the audit log" in text for text in said("art32", site))
    with operator_log(site.audit) as log:
        log.append("measured", name="x", value=1.0, unit="m", command="it", digest="")
    assert any("1 figures in the audit log" in text for text in said("art32", site))


def test_the_assessment_and_the_exports_tell_the_same_times(site: SiteFile) -> None:
    again = SiteFile.read(site.path)
    assessed = assess(again, scan_site(again), read_facts(again.audit.folder), NOW)
    (section,) = [s for s in assessed.sections if s.title == "Data, storage and retention"]
    (exported,) = [s for s in made("art32", site).sections if s.title == "Retention"]
    assert section.table == exported.table
    assert made("art30", site).sections[5].table == exported.table


FIELDS = {"AnonymousTrack": ("id", "size"), "ZoneReport": ("occupancy", "coverage")}


@pytest.mark.parametrize(
    ("fields", "denies"),
    [
        (FIELDS, True),
        ({**FIELDS, "Face": ("face_embedding",)}, False),
        ({**FIELDS, "ZoneReport": ("occupancy", "mean_age")}, False),
        ({}, False),  # nothing is built here: nothing is claimed
    ],
)
def test_the_statement_on_the_ai_act_rests_on_the_fields(
    site: SiteFile,
    monkeypatch: pytest.MonkeyPatch,
    fields: Mapping[str, tuple[str, ...]],
    denies: bool,
) -> None:
    monkeypatch.setattr(ai_act, "leaving_fields", lambda: fields)
    monkeypatch.setattr(ai_act, "_built", list)
    texts = said("ai-act", site)
    for claim in ("It identifies nobody", "It sorts nobody into", "It recognises no emotions"):
        assert any(claim in text for text in texts) == denies, claim
    assert any("not measured" in text for text in texts) != denies


def test_the_fields_are_those_of_the_messages_that_are_built_here() -> None:
    """Against the definitions themselves, read by hand."""
    fields = ai_act.leaving_fields()
    folder = Path(__file__).resolve().parents[3] / "privcv_msgs" / "msg"
    written = {path.stem for path in folder.glob("*.msg")} - set(ai_act.INSIDE)
    if not written <= set(fields):
        pytest.skip("the messages of this tree are not built here: make setup")
    for name in written:
        lines = [line.split("#")[0].split() for line in (folder / f"{name}.msg").open()]
        names = [words[1] for words in lines if len(words) == 2 and "=" not in words[1]]
        assert list(fields[name]) == names, name


def test_a_record_that_is_gone_is_said_in_the_record_of_processing(site: SiteFile) -> None:
    (site.path.parent / "lobby.json").unlink()
    assert any("no authorization record that can be read" in text for text in said("art30", site))


def test_exports_are_of_their_time(site: SiteFile) -> None:
    later = export("ccpa", site, read_facts(site.audit.folder), NOW + timedelta(days=1))
    assert "2026-11-21" in later.about.text


def test_of_a_transport_of_another_package_no_encryption_is_claimed(
    site: SiteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privcv_core.settings.extensions.find", lambda door, name: None)
    set_keys(site.path, {"uplink": {"kind": "folder", "url": "/media/carried"}})
    measures = {text for text in said("art32", site) if "Reports are s" in text}
    assert any("sent by 'folder' of another package" in text for text in measures)
    assert not any("TLS" in text for text in measures)
