# SPDX-License-Identifier: Apache-2.0
"""What was transmitted and to whom (recipients, GDPR Art. 15(1)(c)), by the audit log."""

from privcv_compliance.documents.document import Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.references import query, reference
from privcv_compliance.languages.phrase import how_many


def transmitted(facts: AuditFacts) -> list[Statement]:
    """How many releases went to each collector there ever was, each with its last entry.

    An entry counts, from ``first`` to ``last``, the releases that the outbox has delivered since
    it was made; these are no numbers of releases.
    """
    if not facts.transmitted:
        what = "The audit log knows of no release that was transmitted."
        return [state(what, query(facts, "reports.transmitted"))]
    counts: dict[str, int] = {}
    for entry in facts.transmitted:
        collector = str(entry.facts.get("collector", "an unknown collector"))
        first, last = (int(entry.facts.get(name, 0)) for name in ("first", "last"))
        counts[collector] = counts.get(collector, 0) + max(0, last - first + 1)
    newest = {str(entry.facts.get("collector", "an unknown collector")): entry
              for entry in facts.transmitted}  # fmt: skip
    return [
        state(
            "Transmitted to {collector}: {releases}, last on {when}.",
            reference(newest[collector]),
            query(facts, "reports.transmitted"),
            collector=collector,
            releases=how_many(count, "release"),
            when=newest[collector].time[:16],
        )
        for collector, count in counts.items()
    ]
