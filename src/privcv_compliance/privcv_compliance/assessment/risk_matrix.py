# SPDX-License-Identifier: Apache-2.0
"""The risk matrix: severity and likelihood before and after the measures (the CNIL's four levels).

The controller rates; what a rating rests on are the measures in force and what was measured.
"""

from privcv_compliance.assessment import maker_figures as maker
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.controller.controller_answers import Level
from privcv_compliance.documents.document import Evidence, Row, Table, row
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.references import query, reference, setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile


def risk_matrix(file: AnswersFile, site: SiteFile, facts: AuditFacts) -> Table:
    """A row for each risk: the ratings, why, and the measures with their evidence."""
    rows: list[Row] = []
    for name, field in type(file.answers.risks).model_fields.items():
        rating = getattr(file.answers.risks, name)
        words, evidence = _measures(name, site, facts)
        rows.append(
            row(
                say(field.description or ""),
                _rated(rating.severity_before, rating.likelihood_before),
                _rated(rating.severity_after, rating.likelihood_after),
                rating.reason or say("not answered"),
                say(words),
                on=(file.said(f"risks.{name}"), *evidence),
            )
        )
    heads = (
        "Risk to people",
        "Without measures (severity / likelihood)",
        "With them (severity / likelihood)",
        "Why, by the controller",
        "Measures",
    )
    return Table(tuple(say(head) for head in heads), tuple(rows))


def _rated(severity: Level | None, likelihood: Level | None) -> str:
    return say(
        "{severity} / {likelihood}",
        severity=say(severity or "not answered"),
        likelihood=say(likelihood or "not answered"),
    )


def _measures(name: str, site: SiteFile, facts: AuditFacts) -> tuple[str, tuple[Evidence, ...]]:
    """The measures against a risk, and what shows that they are there."""
    schema = Evidence("command", "privcv audit schema")
    measured = facts.measured
    if name == "access":
        residue = measured.get("residue_frames")
        shown = reference(residue) if residue else maker.RESIDUE_FRAMES.evidence
        return (
            "Frame buffers are overwritten after each look; nothing of a frame is written to disk.",
            (shown, query(facts, "frames")),
        )
    if name == "change":
        return (
            "Settings are read once; each change and each release is in a chained log.",
            (facts.verification, setting(site, "audit")),
        )
    if name == "loss":
        return (
            "What was spent is on disk before a report leaves; reports wait for the collector.",
            (setting(site, "uplink"),),
        )
    if name == "linking":
        relinked = measured.get("relink_rate")
        shown = reference(relinked) if relinked else maker.RELINKED_WAITING.evidence
        return (
            "Noise that is paid for, no report about few people, identities that are replaced.",
            (setting(site, "privacy"), shown, maker.MEMBERSHIP.evidence),
        )
    if name == "other_use":
        return (
            "No message can hold an image; a camera is closed without a signed record for its "
            "purpose.",
            (schema, *_records(site)),
        )
    return (
        "The sign says what is done; parts of the image can be blacked out.",
        _records(site),
    )


def _records(site: SiteFile) -> tuple[Evidence, ...]:
    return tuple(setting(site, f"cameras.{name}.authorization") for name in site.cameras)
