# SPDX-License-Identifier: Apache-2.0
"""The record of all breaches (GDPR Art. 33(5)): a row each, from the register in the audit log.

The report of one breach, with what the logs say of it, is ``privcv breach report``.
"""

from privcv_compliance.breaches.register import Breach, breaches_in
from privcv_compliance.documents.document import Evidence, Row, Section, Table, row, state
from privcv_compliance.evidence.references import query, reference
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import Joined, say
from privcv_core.settings.time_zone import wall_clock

_LAW = Evidence("law", "GDPR Art. 33(5)")


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """How many there are, and the table."""
    breaches = breaches_in(made.site.audit.folder)
    still = sum(not breach.is_closed for breach in breaches)
    heads = ("Breach", "Noticed", "What happened, to what", "Of whom", "Risk", "Told", "Outcome")
    return (
        Section(
            say("Breaches of personal data"),
            (
                state(
                    "Recorded: {all}, of which still open: {open}.",
                    query(made.facts, "breach.recorded"),
                    _LAW,
                    warn=still > 0,
                    all=len(breaches),
                    open=still,
                ),
            ),
            Table(
                tuple(say(head) for head in heads),
                tuple(_row(breach, made.site.time_zone) for breach in breaches),
            )
            if breaches
            else None,
        ),
    )


def _row(breach: Breach, zone: str) -> Row:
    people = say("number not known") if breach.people < 0 else str(breach.people)
    return row(
        breach.id,
        wall_clock(breach.noticed, zone),
        say("{what}: {data}", what=say(breach.what), data=Joined(map(say, breach.data))),
        say("{whom} ({people})", whom=Joined(map(say, breach.whom)), people=people),
        say(f"risk: {breach.risk}"),
        _told(breach, zone),
        say(breach.outcome or "open"),
        on=(_LAW, *(reference(entry) for entry in breach.entries)),
        warn=not breach.is_closed,
    )


def _told(breach: Breach, zone: str) -> str:
    """Whom, when, and why late; or who is still to be told."""
    told = [
        say(
            "{to} on {when} ({late})",
            to=say(to),
            when=wall_clock(when, zone),
            late=say(late),
        )
        for to, when, late in breach.told
    ]
    open_ones = () if breach.is_closed else breach.to_tell()
    return Joined(
        [*told, *(say("still to be told: {to}", to=say(to)) for to in open_ones)]
        or [say("nobody had to be told")],
        "; ",
    )
