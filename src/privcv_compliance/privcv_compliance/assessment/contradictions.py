# SPDX-License-Identifier: Apache-2.0
"""Answers of the controller that do not fit each other, the settings or the evidence."""

from collections.abc import Iterator
from datetime import date

from privcv_compliance.assessment.lint_findings import refused_records
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.controller.controller_answers import LEVELS, Rating
from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.authorizations import record_evidence, record_of
from privcv_compliance.evidence.references import query, setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile

_WP248 = Evidence("law", "WP248 rev.01, section III.B")


def contradictions(
    file: AnswersFile, site: SiteFile, facts: AuditFacts, today: date
) -> Iterator[Statement]:
    """One warning for each."""
    yield from _of_people(file)
    yield from refused_records(site)
    yield from _of_controllers(file, site)
    yield from _of_ratings(file, site, facts)
    yield from _of_dates(file, site, today)


def _of_people(file: AnswersFile) -> Iterator[Statement]:
    criteria = file.answers.need.criteria
    if criteria is None:
        return
    people = file.answers.people
    key = file.said("need.criteria")
    if "systematic_monitoring" not in criteria:
        yield state(
            "A camera that looks at all who pass is systematic monitoring: the criteria lack it.",
            key,
            _WP248,
            warn=True,
        )
    if "vulnerable_people" not in criteria and (
        people.staff or people.children in ("some", "mainly")
    ):
        yield state(
            "Children and employees are vulnerable people: the criteria lack them.",
            key,
            file.said("people"),
            _WP248,
            warn=True,
        )


def _of_controllers(file: AnswersFile, site: SiteFile) -> Iterator[Statement]:
    name = file.answers.controller.name
    for camera in site.cameras.values():
        record = record_of(camera)
        if record and name and record.controller != name:
            yield state(
                "The record of camera '{camera}' names another controller: {other}.",
                file.said("controller.name"),
                record_evidence(camera),
                warn=True,
                camera=camera.name,
                other=record.controller,
            )


def _of_ratings(file: AnswersFile, site: SiteFile, facts: AuditFacts) -> Iterator[Statement]:
    for name, field in type(file.answers.risks).model_fields.items():
        if not is_lowered(getattr(file.answers.risks, name)):
            continue
        for why, evidence in _against(name, site, facts):
            yield state(
                "Rated lower with the measures ({risk}), which they do not carry: {why}.",
                file.said(f"risks.{name}"),
                evidence,
                warn=True,
                risk=say(field.description or ""),
                why=say(why),
            )


def is_lowered(rating: Rating) -> bool:
    """Whether a risk is said to be smaller with the measures than without."""
    pairs = (
        (rating.severity_before, rating.severity_after),
        (rating.likelihood_before, rating.likelihood_after),
    )
    return any(
        before is not None and after is not None and LEVELS.index(after) < LEVELS.index(before)
        for before, after in pairs
    )


def _against(risk: str, site: SiteFile, facts: AuditFacts) -> Iterator[tuple[str, Evidence]]:
    """What speaks against a lower rating of ``risk``, and where that is seen."""
    touched = any(report.problems for report in facts.chains.values())
    if risk in ("access", "change", "other_use") and touched:
        yield "the audit log was touched", facts.verification
    if risk == "access" and any(c.wiped != c.frames for c in facts.cameras.values()):
        yield "not every frame was wiped", query(facts, "frames")
    if risk == "linking":
        privacy = site.privacy
        if privacy.unit != "visit":
            yield "what several units of one visit tell adds up", setting(site, "privacy.unit")
        if privacy.epsilon > 1:
            yield "epsilon is above 1", setting(site, "privacy.epsilon")
        if privacy.k <= 1:
            yield "single people are shown", setting(site, "privacy.k")
    if risk == "other_use":
        for camera in site.cameras.values():
            if not camera.needs_authorization:
                where = f"cameras.{camera.name}.authorization"
                yield "a camera needs no authorization", setting(site, where)


def _of_dates(file: AnswersFile, site: SiteFile, today: date) -> Iterator[Statement]:
    review, sign_off = file.answers.review, file.answers.sign_off
    if review.due is not None and review.due < today:
        yield state(
            "The review was due on {day}.", file.said("review.due"), warn=True, day=str(review.due)
        )
    if sign_off.on is None:
        return
    if sign_off.on > today:
        yield state(
            "The sign-off is of a day to come, {day}.",
            file.said("sign_off.on"),
            warn=True,
            day=str(sign_off.on),
        )
    if not file.is_signed_as_it_is:
        yield state(
            "Answers were changed after the sign-off: sign off again.",
            file.said("sign_off.answers_sha256"),
            warn=True,
        )
    if sign_off.site_sha256 != site.digest:
        yield state(
            "The site file was changed after the sign-off: sign off again.",
            file.said("sign_off.site_sha256"),
            setting(site, "site"),
            warn=True,
        )
