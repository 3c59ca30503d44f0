# SPDX-License-Identifier: Apache-2.0
"""Risks with the figures that were measured for them: a section of the impact assessment."""

from datetime import datetime

from privcv_compliance.assessment.figures import FIGURES, stated
from privcv_compliance.documents.document import (
    NOT_MEASURED,
    Evidence,
    Statement,
    counted,
    state,
)
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.known_stores import read_ledger
from privcv_compliance.evidence.promise import unit
from privcv_compliance.evidence.references import query, reference, scan_evidence
from privcv_compliance.evidence.snapshot import open_copy
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.site_file import SiteFile
from privcv_privacy.budget.charge import camera_of, pool_of
from privcv_privacy.budget.spending import camera_budgets, scope_budgets

_SHARES = {
    "": "all together",
    "counts": "occupancy and flow",
    "dwell": "dwell",
    "bias": "the count of what was dropped",
}
"""The shares of a unit's budget, by their name in the ledger."""


def risks(site: SiteFile, facts: AuditFacts, scan: Scan, now: datetime) -> tuple[Statement, ...]:
    """What was spent and measured; what never was is said to be ``not measured``."""
    said = [*_spent(site), _coverage(site)]
    for name, figure in FIGURES.items():
        if name not in facts.measured:
            what = f"{figure.what}: {NOT_MEASURED} ({figure.how})."
            said.append(state(what, query(facts, "measured")))
    for name, entry in sorted(facts.measured.items()):
        what = FIGURES[name].what if name in FIGURES else name.replace("_", " ")
        said.append(
            state(
                f"{what}: {stated(entry)}.",
                reference(entry),
                *_report_of(entry.facts.get("digest")),
            )
        )
    check = facts.last_check
    if check is None:
        what = f"Who listens on the running graph: {NOT_MEASURED}."
        said.append(state(what, query(facts, "graph.checked")))
    else:
        findings = int(check.facts.get("findings", 0))
        what = (
            f"What the guard finds on the graph last changed on {check.time[:16]}: "
            f"{counted(findings, 'finding')}."
        )
        said.append(state(what, reference(check), warn=findings > 0))
    leftovers = len(scan.leftovers)
    said.append(
        state(
            f"Files that do not belong here: {leftovers} of {len(scan.found)}.",
            scan_evidence(scan, now),
            warn=leftovers > 0,
        )
    )
    return tuple(said)


def _spent(site: SiteFile) -> list[Statement]:
    lifetime_s = site.privacy.identity_lifetime_s
    shown = Evidence("command", f"privcv budget --ledger {site.ledger} --lifetime {lifetime_s}")
    if not site.ledger.exists():
        return [state(f"Epsilon spent: {NOT_MEASURED}; there is no ledger yet.", shown)]
    try:
        with open_copy(site.ledger) as db:
            budgets = [*camera_budgets(db, lifetime_s), *scope_budgets(db, lifetime_s)]
    except ComplianceError as error:
        return [state(f"Epsilon spent: {NOT_MEASURED}; {error}.", shown, warn=True)]
    said = [
        state(
            f"One {unit(site.privacy)} under camera '{camera_of(budget.scope)}' may have paid "
            f"epsilon {budget.epsilon_spent:.3g} of {budget.epsilon_limit:.3g} for "
            f"{_SHARES.get(pool_of(budget.scope), pool_of(budget.scope))} so far.",
            shown,
        )
        for budget in sorted(budgets, key=lambda budget: budget.scope)
    ]
    return said or [state(f"Epsilon spent: {NOT_MEASURED}; nothing was paid for yet.", shown)]


def _coverage(site: SiteFile) -> Statement:
    query = Evidence("query", f"{site.ledger}: SELECT payload FROM releases; mean of 'coverage'")
    coverage = None
    if site.ledger.exists():
        try:
            coverage = read_ledger(site.ledger).coverage
        except ComplianceError as error:
            return state(f"Coverage of the reports: {NOT_MEASURED}; {error}.", query, warn=True)
    if coverage is None:
        return state(f"Coverage of the reports: {NOT_MEASURED}.", query)
    return state(
        f"Coverage: the reports that are still in the ledger rest on {coverage:.0%} of their time; "
        "the rest was not observed.",
        query,
    )


def _report_of(digest: object) -> tuple[Evidence, ...]:
    return (Evidence("file", f"report (sha256 {digest})"),) if digest else ()
