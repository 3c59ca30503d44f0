# SPDX-License-Identifier: Apache-2.0
"""Every export by its name, made from one site at one time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.exports import (
    ai_act,
    breach_record,
    ccpa,
    data_sheet,
    processing_record,
    security_measures,
    standards,
)
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile
from privcv_core.settings.time_zone import wall_clock


@dataclass(frozen=True)
class Export:
    """A kind of export: its title, and what makes its sections."""

    title: str
    sections: Callable[[MadeFrom], tuple[Section, ...]]


EXPORTS: Mapping[str, Export] = {
    "art30": Export(
        "Record of processing activities (GDPR Art. 30(1)): {site}", processing_record.sections
    ),
    "art32": Export(
        "Security of processing (GDPR Art. 32) and retention: {site}", security_measures.sections
    ),
    "ai-act": Export("Statement on Regulation (EU) 2024/1689 (AI Act): {site}", ai_act.sections),
    "ccpa": Export("Deidentified information (CCPA): {site}", ccpa.sections),
    "mapping": Export("Where standards are answered: {site}", standards.sections),
    "breaches": Export("Record of breaches (GDPR Art. 33(5)): {site}", breach_record.sections),
    "data-sheet": Export("Data sheet: {site}", data_sheet.sections),
}
"""Name -> export."""


def export(
    kind: str, site: SiteFile, facts: AuditFacts, now: datetime, file: AnswersFile | None = None
) -> Document:
    """The export ``kind`` of ``site`` as it is at ``now``."""
    made_from = MadeFrom(site, file or AnswersFile.beside(site), facts)
    chosen = EXPORTS[kind]
    title = say(chosen.title, site=site.name)
    sections = chosen.sections(made_from)
    document = Document(title, _about(kind, site, now), sections)
    attention = sum(statement.is_warning for statement in document.statements())
    return Document(title, document.about, sections, {"site": site.name, "attention": attention})


def _about(kind: str, site: SiteFile, now: datetime) -> Statement:
    return state(
        "Made from the settings and records of site '{site}' as of {now}.",
        Evidence("file", f"{site.path} (sha256 {site.digest})"),
        Evidence("command", f"privcv export {kind} --site {site.path}"),
        site=site.name,
        now=wall_clock(now, site.time_zone),
    )
