# SPDX-License-Identifier: Apache-2.0
"""The assessment says what the controller answered, and contradicts what does not fit."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from assessed_sentences import ASSESSED, Changes, asked, read_again, set_keys
from compliance_site import NOW

from privcv_compliance.assessment import maker_figures
from privcv_compliance.assessment.dpia import assess
from privcv_compliance.assessment.maker_figures import ALL, MakerFigure
from privcv_compliance.assessment.unanswered import questions
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.controller.controller_answers import ControllerAnswers
from privcv_compliance.documents.document import Document
from privcv_compliance.evidence.audit_facts import read_facts
from privcv_compliance.evidence.state_scan import Scan, scan_site
from privcv_compliance.site_file import SiteFile

DOCS = Path(__file__).resolve().parents[4] / "docs"
Assess = Callable[[], Document]


@pytest.fixture
def assessed(site: SiteFile) -> Assess:
    """The assessment of the site as its files are now; the state folder is looked at once."""
    scan, facts = scan_site(site), read_facts(site.audit.folder)

    def of_files() -> Document:
        document = assess(read_again(site), Scan(scan.folders, scan.found), facts, NOW)
        document.translated("de")  # each sentence is in the catalogue
        return document

    return of_files


def texts(document: Document) -> set[str]:
    return {statement.text for statement in document.statements()}


@pytest.mark.parametrize(
    ("known_by", "changes", "says"), [row for row in ASSESSED if row[1]], ids=lambda value: ""
)
def test_the_sentence_changes_with_what_it_rests_on(
    site: SiteFile, assessed: Assess, known_by: str, changes: Changes, says: str
) -> None:
    before = texts(assessed())
    set_keys(site.path, changes)
    after = texts(assessed())
    assert any(re.match(known_by, text) for text in before ^ after), known_by
    assert any(says in text for text in after - before), sorted(after - before)


def test_every_answer_is_said_as_it_was_given_and_cited(site: SiteFile, assessed: Assess) -> None:
    set_keys(site.path, {"answers.dpo.followed": False, "answers.sign_off.by": ""})
    open_keys = {
        question.key
        for question in questions(AnswersFile.beside(site).answers, site)
        if not question.key.startswith("risks.")
    }
    for number, key in enumerate(sorted(open_keys)):
        field = ControllerAnswers.model_fields[key.split(".")[0]].annotation.model_fields[  # type: ignore[union-attr]
            key.split(".")[1]
        ]
        if "str" not in str(field.annotation) or "list" in str(field.annotation):
            continue
        if "Literal" in str(field.annotation):
            continue
        set_keys(site.path, {f"answers.{key}": f"answer number {number}"})
        document = assessed()
        (said,) = [s for s in document.statements() if f"answer number {number}" in s.text]
        assert said.text.startswith(asked()[key])
        assert any(item.reference.endswith(f": {key}") for item in said.evidence)
        assert not any(f"Not answered yet ({key})" in text for text in texts(document))


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.said[:20])
def test_a_figure_of_the_maker_is_the_one_that_the_page_tells(figure: MakerFigure) -> None:
    page = (DOCS / figure.page).read_text(encoding="utf-8")
    assert figure.said in page
    shown = re.findall(r"(\d+(?:\.\d+)?)( ?%)?", figure.said)
    assert figure.value in [
        round(float(number) / (100 if percent else 1), 6) for number, percent in shown
    ]


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        ("RELINKED_WAITING", "12.3% in a waiting room"),
        ("RELINKED_PASSING", "12.3% where people pass"),
        ("RELINKED_NAIVE", "12.3% had nothing but the secret"),
        ("MEMBERSHIP", "stayed at or below 12.3%"),
        ("EPSILON_ATTACKED", "a loss of at least 0.123"),
        ("RESIDUE_FRAMES", "0.123 frames' worth was found"),
    ],
)
def test_a_figure_of_the_maker_that_changes_changes_its_sentence(
    assessed: Assess, monkeypatch: pytest.MonkeyPatch, figure: str, says: str
) -> None:
    before = texts(assessed())
    changed = replace(getattr(maker_figures, figure), value=0.123)
    monkeypatch.setattr(maker_figures, figure, changed)
    document = assessed()
    (said,) = [s for s in document.statements() if says in s.text and s.text not in before]
    assert any(item.kind == "maker" for item in said.evidence)
