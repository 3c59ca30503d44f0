# SPDX-License-Identifier: Apache-2.0
"""The impact assessment (GDPR Art. 35(7), WP248 rev.01 annex 2): settings, evidence, answers.

Every sentence is read from the site file, a signed record, the audit log, a database, a scan, the
controller's answers or a figure of the maker, and names it. What was never measured is said to be
``not measured``. Until every answer is there and none is contradicted, the document is called
evidence for the assessment.
"""

from datetime import datetime

from privcv_compliance.assessment.anonymity_tests import anonymity_tests
from privcv_compliance.assessment.answered import (
    answered,
    milder_means,
    national_law,
    prior_consultation,
    why_assessed,
)
from privcv_compliance.assessment.description import processing, recipients, released, storage
from privcv_compliance.assessment.epsilon_meaning import epsilon_meaning
from privcv_compliance.assessment.history import history
from privcv_compliance.assessment.lint_findings import of_records
from privcv_compliance.assessment.retention import retention
from privcv_compliance.assessment.risk_matrix import risk_matrix
from privcv_compliance.assessment.risks import risks
from privcv_compliance.assessment.safeguards import safeguards
from privcv_compliance.assessment.unanswered import missing
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.documents.document import Document, Evidence, Section, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.authorizations import statements_of
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.languages.phrase import how_many, say
from privcv_compliance.site_file import SiteFile
from privcv_core.settings.time_zone import day_in, wall_clock


def assess(
    site: SiteFile, scan: Scan, facts: AuditFacts, now: datetime, file: AnswersFile | None = None
) -> Document:
    """The assessment of ``site`` as it is at ``now``; ``file``: by default beside the site file."""
    file = file or AnswersFile.beside(site)
    cameras = list(site.cameras.values())
    gaps = missing(file, site, facts, day_in(now, site.time_zone))
    sections = (
        *((Section(say("What is missing for an assessment"), gaps),) if gaps else ()),
        answered(say("Why this is assessed"), file, site, ("need",), why_assessed(site)),
        Section(
            say("Purposes and authorization"),
            (
                *(s for camera in cameras for s in statements_of(site, camera, now)),
                *of_records(site),
            ),
        ),
        answered(say("Controller and purpose, by the controller"), file, site,
                 ("controller", "purpose")),
        answered(say("Necessity and proportionality: milder means"), file, site, ("necessity",),
                 milder_means()),
        Section(say("Processing"),
                (*(s for c in cameras for s in processing(site, c)), released(site))),
        answered(say("Whom it concerns"), file, site, ("people",), national_law()),
        Section(say("Data, storage and retention"), storage(site, scan, now),
                retention(site, file)),
        answered(say("Recipients"), file, site, ("recipients",), *recipients(site, facts)),
        answered(say("Rights of people"), file, site, ("rights",)),
        Section(say("Safeguards in force"), safeguards(site, cameras, facts)),
        epsilon_meaning(file, site),
        anonymity_tests(site, facts),
        Section(say("What happened, by the audit log"), history(site, facts)),
        Section(say("Measured figures"), risks(site, facts, scan, now)),
        Section(say("Risks, as rated by the controller"), (prior_consultation(file),),
                risk_matrix(file, site, facts)),
        answered(say("Consultation, review and decision"), file, site,
                 ("consultation", "dpo", "prior_consultation", "review", "sign_off")),
    )  # fmt: skip
    about = state(
        "Site '{site}' with {cameras}, as set and as recorded on {now}.",
        Evidence("file", f"{site.path} (sha256 {site.digest})"),
        Evidence("command", f"privcv dpia --site {site.path} -o dpia.pdf"),
        site=site.name,
        cameras=how_many(len(cameras), "camera"),
        now=wall_clock(now, site.time_zone),
    )
    title = (
        say("Evidence for the assessment: {site}", site=site.name)
        if gaps
        else say("Data protection impact assessment: {site}", site=site.name)
    )
    document = Document(title, about, sections)
    said: list[Statement] = list(document.statements())
    return Document(
        title,
        about,
        sections,
        {
            "site": site.name,
            "complete": not gaps,
            "missing": len(gaps),
            "not_measured": sum(not statement.is_measured for statement in said),
            "attention": sum(statement.is_warning for statement in said),
        },
    )
