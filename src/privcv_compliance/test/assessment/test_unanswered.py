# SPDX-License-Identifier: Apache-2.0
"""A document is an impact assessment only while every answer is there and none is refuted."""

from datetime import date, datetime, timezone
from pathlib import Path

import pytest
import yaml
from assessed_sentences import set_keys
from sample_sites import SITES, make_sample

from privcv_compliance.assessment.dpia import assess
from privcv_compliance.controller.answers_file import AnswersFile, signed_off, write_answers
from privcv_compliance.documents.document import Document
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile

NOW = datetime(2026, 12, 2, 9, 0, tzinfo=timezone.utc)


def assessed(site: SiteFile, now: datetime = NOW) -> Document:
    again = SiteFile.read(site.path)
    return assess(again, scan_site(again), read_facts(again.audit.folder), now)


@pytest.fixture
def library(tmp_path: Path) -> SiteFile:
    return make_sample("library", "en", tmp_path)


@pytest.mark.parametrize("name", SITES)
def test_a_whole_sample_is_an_assessment(name: str, tmp_path: Path) -> None:
    document = assessed(make_sample(name, "de", tmp_path))
    assert document.title == f"Data protection impact assessment: {name}"
    assert document.translated("de").title == f"Datenschutz-Folgenabschätzung: {name}"
    assert document.facts["missing"] == 0


def keys_of_answers() -> list[str]:
    path = Path(__file__).resolve().parents[4] / "config/samples/library/en/dpia.yaml"
    content = yaml.safe_load(path.read_text())
    found = [f"{section}.{name}" for section, inner in content.items() for name in inner]
    counts = {
        "regular_visits_a_day",
        "regular_days_a_year",
        "staff_hours_a_day",
        "staff_days_a_year",
    }
    return [key for key in found if key.split(".")[1] not in counts]


def test_without_any_one_of_its_answers_it_is_evidence_only(library: SiteFile) -> None:
    """Each answer is taken out in turn, and the rest signed off again: that one is missing."""
    path = library.path.with_name("dpia.yaml")
    whole = path.read_text()
    assert len(keys_of_answers()) > 30
    for key in keys_of_answers():
        path.write_text(whole)
        content = yaml.safe_load(whole)
        section, name = key.split(".")
        content[section].pop(name)
        path.write_text(yaml.safe_dump(content))
        site = SiteFile.read(library.path)
        answers = AnswersFile.beside(site).answers
        signed = signed_off(answers, site, "head", date(2026, 11, 29), "go", "")
        write_answers(signed, path)
        document = assessed(site)
        assert document.title.startswith("Evidence for the assessment"), key
        assert any(f"Not answered yet ({key}" in s.text for s in document.statements()), key


@pytest.mark.parametrize(
    "changes",
    [
        {"answers.purpose.benefit": "Something else."},  # after the sign-off
        {"privacy.k": 9},  # the site is another than the one that was signed
        {"answers.review.due": "2026-12-01"},
        {"answers.dpo.followed": False},  # and nobody says why
        {"answers.risks.access.severity_after": "maximum",
         "answers.risks.access.likelihood_after": "maximum"},
    ],
)  # fmt: skip
def test_what_was_changed_or_is_overdue_is_evidence_only(
    library: SiteFile, changes: dict[str, object]
) -> None:
    set_keys(library.path, changes)
    assert assessed(library).title.startswith("Evidence for the assessment")


def test_an_assessment_becomes_evidence_on_the_day_after_its_review(library: SiteFile) -> None:
    due = datetime(2027, 11, 30, 12, 0, tzinfo=timezone.utc)
    assert assessed(library, due).title.startswith("Data protection")
    after = datetime(2027, 12, 1, 12, 0, tzinfo=timezone.utc)
    assert assessed(library, after).title.startswith("Evidence")
