# SPDX-License-Identifier: Apache-2.0
"""Risks with the figures that were measured for them: a section of the impact assessment."""

from datetime import datetime

from privcv_compliance.assessment.figures import FIGURES, stated
from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.known_stores import read_ledger
from privcv_compliance.evidence.promise import unit
from privcv_compliance.evidence.references import query, reference, scan_evidence
from privcv_compliance.evidence.snapshot import open_copy
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.languages.phrase import how_many, say
from privcv_compliance.site_file import SiteFile
from privcv_privacy.budget.charge import camera_of, pool_of
from privcv_privacy.budget.spending import camera_budgets, scope_budgets

_SHARES = {
    "": "all together",
    "counts": "occupancy and flow",
    "dwell": "dwell",
    "bias": "the count of what was dropped",
    "presence": "presence and queues",
    "entries": "entries and exits",
    "footfall": "the visits begun in a day",
    "across": "sums over several sites",
}
"""The shares of a unit's budget, by their name in the ledger."""


def risks(site: SiteFile, facts: AuditFacts, scan: Scan, now: datetime) -> tuple[Statement, ...]:
    """What was spent and measured; what never was is said to be ``not measured``."""
    said = [*_spent(site), _coverage(site)]
    for name, figure in FIGURES.items():
        if name not in facts.measured:
            said.append(
                state(
                    "{what}: not measured ({how}).",
                    query(facts, "measured"),
                    what=say(figure.what),
                    how=figure.how,
                )
            )
    for name, entry in sorted(facts.measured.items()):
        what = say(FIGURES[name].what) if name in FIGURES else name.replace("_", " ")
        said.append(
            state(
                "{what}: {stated}.",
                reference(entry),
                *_report_of(entry.facts.get("digest")),
                what=what,
                stated=stated(entry),
            )
        )
    check = facts.last_check
    if check is None:
        said.append(
            state("Who listens on the running graph: not measured.", query(facts, "graph.checked"))
        )
    else:
        findings = int(check.facts.get("findings", 0))
        said.append(
            state(
                "What the guard finds on the graph last changed on {when}: {findings}.",
                reference(check),
                warn=findings > 0,
                when=check.time[:16],
                findings=how_many(findings, "finding"),
            )
        )
    leftovers = len(scan.leftovers)
    said.append(
        state(
            "Files that do not belong here: {leftovers} of {all}.",
            scan_evidence(scan, now),
            warn=leftovers > 0,
            leftovers=leftovers,
            all=len(scan.found),
        )
    )
    return tuple(said)


def _spent(site: SiteFile) -> list[Statement]:
    lifetime_s = site.privacy.identity_lifetime_s
    shown = Evidence("command", f"privcv budget --ledger {site.ledger} --lifetime {lifetime_s}")
    if not site.ledger.exists():
        return [state("Epsilon spent: not measured; there is no ledger yet.", shown)]
    try:
        with open_copy(site.ledger) as db:
            budgets = [*camera_budgets(db, lifetime_s), *scope_budgets(db, lifetime_s)]
    except ComplianceError as error:
        what = "Epsilon spent: not measured; {error}."
        return [state(what, shown, warn=True, error=str(error))]
    said = [
        state(
            "One {unit} under camera '{camera}' may have paid "
            "epsilon {spent:.3g} of {limit:.3g} for {share} so far.",
            shown,
            unit=unit(site.privacy),
            camera=camera_of(budget.scope),
            spent=float(budget.epsilon_spent),
            limit=float(budget.epsilon_limit),
            share=say(_SHARES[pool_of(budget.scope)])
            if pool_of(budget.scope) in _SHARES
            else pool_of(budget.scope),
        )
        for budget in sorted(budgets, key=lambda budget: budget.scope)
    ]
    return said or [state("Epsilon spent: not measured; nothing was paid for yet.", shown)]


def _coverage(site: SiteFile) -> Statement:
    query = Evidence("query", f"{site.ledger}: SELECT payload FROM releases; mean of 'coverage'")
    coverage = None
    if site.ledger.exists():
        try:
            coverage = read_ledger(site.ledger).coverage
        except ComplianceError as error:
            what = "Coverage of the reports: not measured; {error}."
            return state(what, query, warn=True, error=str(error))
    if coverage is None:
        return state("Coverage of the reports: not measured.", query)
    return state(
        "Coverage: the reports that are still in the ledger rest on {coverage:.0%} of their time; "
        "the rest was not observed.",
        query,
        coverage=coverage,
    )


def _report_of(digest: object) -> tuple[Evidence, ...]:
    return (Evidence("file", f"report (sha256 {digest})"),) if digest else ()
