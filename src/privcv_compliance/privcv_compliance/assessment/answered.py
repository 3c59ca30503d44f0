# SPDX-License-Identifier: Apache-2.0
"""What the controller answered, as sections of the assessment: their words, under our headings."""

from collections.abc import Sequence
from datetime import date

from privcv_compliance.assessment.unanswered import Question, high_risks, questions
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.documents.document import Evidence, Section, Statement, state
from privcv_compliance.languages.phrase import Joined, say
from privcv_compliance.site_file import SiteFile


def answered(
    title: str, file: AnswersFile, site: SiteFile, names: Sequence[str], *first: Statement
) -> Section:
    """A section of what was answered under ``names`` (sections of the file), after ``first``."""
    said = [
        state(
            "{question} {answer}",
            file.said(question.key),
            question=say(question.asked),
            answer=in_words(question),
        )
        for question in questions(file.answers, site)
        if question.key.partition(".")[0] in names and not question.is_open
    ]
    return Section(title, (*first, *said))


def in_words(question: Question) -> str:
    """An answer as a document shows it."""
    answer = question.answer
    if isinstance(answer, bool):
        return say("Yes.") if answer else say("No.")
    if isinstance(answer, list):
        if question.key == "need.criteria":
            return (
                Joined((say(_CRITERIA[name]) for name in answer), "; ") if answer else say("None.")
            )
        return "; ".join(answer) if answer else say("None.")
    if isinstance(answer, date):
        return str(answer)
    if question.key in ("people.children", "sign_off.decision"):
        return say(_CHOICES[answer])
    return str(answer)


def why_assessed(site: SiteFile) -> Statement:
    """That looking is processing, whatever is kept."""
    return state(
        "To look at frames in which people can be recognised is processing of personal data, also "
        "where nothing of a frame is kept: it is what is assessed here.",
        Evidence("law", "GDPR Art. 4(1) and (2), Recital 26"),
        Evidence("setting", f"{site.path} (sha256 {site.digest}): cameras"),
    )


def milder_means() -> Statement:
    """What the law asks of necessity."""
    return state(
        "Cameras may be used only where nothing milder reaches the same aim; each of these means "
        "was weighed.",
        Evidence("law", "GDPR Art. 5(1)(c), Art. 35(7)(b); EDPB Guidelines 3/2019, section 3.1.2"),
    )


def national_law() -> Statement:
    """What no program can tell."""
    return state(
        "What national law adds, on video in public places and at work, on works councils and on "
        "children, is not assessed by this document: ask counsel.",
        Evidence("law", "GDPR Art. 6(2) and (3), Art. 88"),
    )


def prior_consultation(file: AnswersFile) -> Statement:
    """Whether the supervisory authority has to be consulted, by the ratings."""
    high = high_risks(file.answers)
    fields = type(file.answers.risks).model_fields
    law = Evidence("law", "GDPR Art. 36(1)")
    if high:
        return state(
            "A high risk remains, so the supervisory authority is to be consulted before anything "
            "is processed: {risks}",
            file.said("risks"),
            law,
            warn=True,
            risks=Joined((say(fields[name].description or "") for name in high), " "),
        )
    return state(
        "By these ratings no risk stays both significant in severity and in likelihood: the "
        "authority need not be consulted on that ground.",
        file.said("risks"),
        law,
    )


_CRITERIA = {
    "scoring": "evaluation or scoring",
    "automated_decisions": "automated decisions with legal or similar effect",
    "systematic_monitoring": "systematic monitoring",
    "sensitive_data": "sensitive data",
    "large_scale": "large scale",
    "matching": "matching or combining of data sets",
    "vulnerable_people": "vulnerable people",
    "innovative_use": "innovative use",
    "prevents_a_right": "keeps people from a right, a service or a contract",
}
_CHOICES = {
    "none": "None.",
    "some": "Some.",
    "mainly": "Mainly.",
    "go": "The processing may go on.",
    "go_with_conditions": "The processing may go on under conditions.",
    "stop": "The processing must not go on.",
}
