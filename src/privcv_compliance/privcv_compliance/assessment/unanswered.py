# SPDX-License-Identifier: Apache-2.0
"""What keeps an assessment from being one: answers that are missing, or contradict what is known.

What must be there follows GDPR Art. 35(2), (7), (9), (11), Art. 36(1) and WP248 rev.01, annex 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from privcv_compliance.assessment.contradictions import contradictions
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.controller.controller_answers import ControllerAnswers, Rating
from privcv_compliance.documents.document import Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.authorizations import record_of
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile

HIGH = ("significant", "maximum")


@dataclass(frozen=True)
class Question:
    """A key of ``dpia.yaml`` (dotted) that applies here, what is asked, and what was answered."""

    key: str
    asked: str
    field: Any  # pydantic's FieldInfo
    answer: Any

    @property
    def is_open(self) -> bool:
        """Whether nothing was answered. An empty list is an answer: none."""
        return self.answer is None or self.answer == ""


def questions(answers: ControllerAnswers, site: SiteFile) -> Iterator[Question]:
    """Every question that applies, in the order of the file."""
    for section in type(answers).model_fields:
        yield from _asked(answers, site, section, getattr(answers, section))


def _asked(
    answers: ControllerAnswers, site: SiteFile, prefix: str, model: BaseModel
) -> Iterator[Question]:
    for name, field in type(model).model_fields.items():
        key, value = f"{prefix}.{name}", getattr(model, name)
        if isinstance(value, Rating):
            yield from _asked(answers, site, key, value)
        elif name not in ("site_sha256", "answers_sha256") and applies(key, answers, site):
            yield Question(key, field.description or "", field, value)


def applies(key: str, answers: ControllerAnswers, site: SiteFile) -> bool:
    """Whether a question has to be answered at this site, by the answers before it."""
    bases = {
        record.lawful_basis for camera in site.cameras.values() if (record := record_of(camera))
    }
    people, dpo = answers.people, answers.dpo
    conditions = {
        "purpose.legal_task": bool(bases & {"public_task", "legal_obligation"}),
        "purpose.interest": "legitimate_interests" in bases,
        "purpose.expectation": "legitimate_interests" in bases,
        "purpose.balance": "legitimate_interests" in bases,
        "people.children_measures": people.children != "none",
        "people.staff_measures": people.staff is not False,
        "people.staff_consultation": people.staff is not False,
        "people.staff_hours_a_day": people.staff is not False,
        "people.staff_days_a_year": people.staff is not False,
        "recipients.retention_days": bool(site.collector),
        "dpo.contact": dpo.appointed is not False,
        "dpo.opinion": dpo.appointed is not False,
        "dpo.opinion_on": dpo.appointed is not False,
        "dpo.followed": dpo.appointed is not False,
        "dpo.why_not": dpo.followed is False,
        "prior_consultation.asked_on": bool(high_risks(answers)),
        "prior_consultation.outcome": bool(high_risks(answers)),
        "sign_off.conditions": answers.sign_off.decision == "go_with_conditions",
    }
    return conditions.get(key, True)


def high_risks(answers: ControllerAnswers) -> list[str]:
    """Names of the risks that stay high: both severity and likelihood significant or more."""
    return [
        name
        for name in type(answers.risks).model_fields
        if (rating := getattr(answers.risks, name)).severity_after in HIGH
        and rating.likelihood_after in HIGH
    ]


def missing(
    file: AnswersFile, site: SiteFile, facts: AuditFacts, today: date
) -> tuple[Statement, ...]:
    """One sentence for each open question and each contradiction; nothing if it is complete."""
    said = [
        state(
            "Not answered yet ({key}): {question}",
            file.said(question.key),
            warn=True,
            key=question.key,
            question=say(question.asked),
        )
        for question in questions(file.answers, site)
        if question.is_open
    ]
    return (*said, *contradictions(file, site, facts, today))
