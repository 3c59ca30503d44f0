# SPDX-License-Identifier: Apache-2.0
"""The register of breaches (GDPR Art. 33(5)), in the audit log: what, whom, when, and the clock.

It holds no name and no free text. The authority is to be told within 72 hours after the controller
became aware (Art. 33(1)): hours, which no weekend and no holiday lengthens (Regulation 1182/71,
Art. 3(4)). Who is told later, and who tells nobody, says why.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from privcv_compliance.answers.requests import OLDEST_DAYS, is_case_number
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import OPERATOR
from privcv_core.audit.entry import Entry
from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain
from privcv_core.protocol.timestamps import iso8601, parse_iso8601

NOTIFY_WITHIN = timedelta(hours=72)

WHAT = (
    "device stolen", "disk stolen", "key disclosed", "somebody looked in", "sent to others",
    "changed", "lost", "other",
)  # fmt: skip
"""What happened. Confidentiality, integrity or availability: EDPB Guidelines 9/2022, 17."""

DATA = ("frames", "tracks", "reports", "ledger", "audit log", "requests", "authorizations", "keys")
"""What it happened to."""

WHOM = ("visitors", "staff", "requesters", "authorizers")
"""Categories of data subjects (Art. 33(3)(a))."""

RISKS = ("none", "risk", "high")
"""None: nobody need be told (Art. 33(1)); high: the people have to be told too (Art. 34)."""

TOLD = ("authority", "people", "controller")
"""Who was told; ``controller``: by its processor (Art. 33(2))."""

LATE = ("facts came in phases", "noticed over a weekend", "authority not reachable", "other")
"""Why the authority was told after 72 hours."""

OUTCOMES = ("mended", "no risk", "mistaken")


@dataclass(frozen=True)
class Breach:
    """One breach. ``people``: about how many, -1 while that is not known."""

    id: str
    what: str
    data: tuple[str, ...]
    whom: tuple[str, ...]
    cameras: tuple[str, ...]
    risk: str
    people: int
    noticed: datetime
    happened: datetime | None
    deadline: datetime
    reference: str = ""
    told: tuple[tuple[str, datetime, str], ...] = ()  # to whom, when, why late
    outcome: str = ""
    reported: str = ""  # digest of the last report
    entries: tuple[Entry, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.outcome)

    def when_told(self, to: str) -> datetime | None:
        """When ``to`` was told; ``None`` where that was not entered."""
        return next((when for who, when, _ in self.told if who == to), None)

    def state(self, now: datetime) -> str:
        """``closed``, ``told``, ``no risk``, ``overdue``, or how long is left."""
        if self.is_closed:
            return "closed"
        if self.when_told("authority"):
            return "told"
        if self.risk == "none":
            return "no risk"
        if now > self.deadline:
            return "overdue"
        return f"{(self.deadline - now) // timedelta(hours=1)} h left"

    def to_tell(self) -> tuple[str, ...]:
        """Who is still to be told: the authority, and where the risk is high the people."""
        needed = {"none": (), "risk": ("authority",), "high": ("authority", "people")}[self.risk]
        return tuple(to for to in needed if self.when_told(to) is None)


def record(
    log: AuditLog,
    *,
    what: str,
    data: Sequence[str],
    whom: Sequence[str],
    cameras: Sequence[str],
    risk: str,
    people: int = -1,
    noticed: datetime,
    happened: datetime | None = None,
    reference: str = "",
    now: datetime,
) -> Breach:
    """Enter a breach, which starts its clock. Times are aware.

    Raises ``ComplianceError`` for what cannot be, ``AuditLogError``.
    """
    if not is_case_number(reference):
        raise ComplianceError(
            "--reference: give the number of a case, such as 2026/17; the register holds no names"
        )
    _refuse_times(noticed, happened, now)
    breach = Breach(
        secrets.token_hex(4), what, tuple(data), tuple(whom), tuple(cameras), risk, people,
        noticed, happened, noticed + NOTIFY_WITHIN, reference,
    )  # fmt: skip
    entry = log.append(
        "breach.recorded",
        breach=breach.id,
        kind=what,
        data=", ".join(data),
        whom=", ".join(whom),
        cameras=" ".join(cameras)[:MAX_TEXT],
        risk=risk,
        affected=people,
        noticed=iso8601(noticed),
        happened=iso8601(happened) if happened else "unknown",
        deadline=iso8601(breach.deadline),
        reference=reference,
    )
    return replace(breach, entries=(entry,))


def assess_again(log: AuditLog, breach: Breach, risk: str, people: int) -> Breach:
    """Enter what more is known: the risk, and about how many people (Art. 33(4))."""
    _still_open(breach)
    log.append("breach.assessed", breach=breach.id, risk=risk, affected=people)
    return replace(breach, risk=risk, people=people)


def tell(log: AuditLog, breach: Breach, to: str, when: datetime, late: str, now: datetime) -> None:
    """Enter that somebody was told, and for the authority why after its time."""
    _still_open(breach)
    if when > now:
        raise ComplianceError("--when: is yet to come")
    if when < breach.noticed:
        raise ComplianceError("--when: is before the breach was noticed")
    if to == "authority" and when > breach.deadline and not late:
        raise ComplianceError(
            "--late: the authority is told after 72 hours: say why (GDPR Art. 33(1))"
        )
    log.append("breach.told", breach=breach.id, to=to, when=iso8601(when), late=late or "in time")


def reported(log: AuditLog, breach: Breach, digest: str) -> None:
    """Enter that a report with this digest was made."""
    log.append("breach.reported", breach=breach.id, digest=digest)


def close(log: AuditLog, breach: Breach, outcome: str) -> None:
    """Close it. Raises ``ComplianceError`` where somebody is still to be told."""
    _still_open(breach)
    if outcome == "mended" and (missing := breach.to_tell()):
        raise ComplianceError(
            f"breach {breach.id}: the {missing[0]} was not told yet: enter it with "
            f"'privcv breach told {breach.id} --to {missing[0]}'"
        )
    log.append("breach.closed", breach=breach.id, outcome=outcome)


def breaches_in(folder: Path) -> list[Breach]:
    """All breaches that the audit log in ``folder`` knows, oldest first."""
    return breaches_of(read_chain(folder, OPERATOR))


def breaches_of(entries: Iterable[Entry]) -> list[Breach]:
    """The breaches that ``entries`` tell of."""
    known: dict[str, Breach] = {}
    for entry in entries:
        name = str(entry.facts.get("breach"))
        if entry.event == "breach.recorded":
            known[name] = _recorded(name, entry)
        elif entry.event.startswith("breach.") and name in known:
            known[name] = _after(known[name], entry)
    return list(known.values())


def find_breach(folder: Path, breach_id: str) -> Breach:
    """One breach. Raises ``ComplianceError``."""
    for breach in breaches_in(folder):
        if breach.id == breach_id:
            return breach
    raise ComplianceError(f"there is no breach {breach_id}; see 'privcv breach list'")


def _refuse_times(noticed: datetime, happened: datetime | None, now: datetime) -> None:
    if noticed > now:
        raise ComplianceError("--noticed: is yet to come; give the time where the site is")
    if (now - noticed).days > OLDEST_DAYS:
        raise ComplianceError("--noticed: is more than a year ago: check the year")
    if happened is not None and happened > noticed:
        raise ComplianceError("--happened: is after it was noticed")


def _still_open(breach: Breach) -> None:
    if breach.is_closed:
        raise ComplianceError(f"breach {breach.id} is closed")


def _recorded(name: str, entry: Entry) -> Breach:
    facts = {key: str(value) for key, value in entry.facts.items()}
    happened = facts["happened"]
    return Breach(
        name,
        facts["kind"],
        tuple(facts["data"].split(", ")),
        tuple(facts["whom"].split(", ")),
        tuple(facts["cameras"].split()),
        facts["risk"],
        int(facts["affected"]),
        parse_iso8601(facts["noticed"]),
        None if happened == "unknown" else parse_iso8601(happened),
        parse_iso8601(facts["deadline"]),
        facts["reference"],
        entries=(entry,),
    )


def _after(breach: Breach, entry: Entry) -> Breach:
    facts = entry.facts
    breach = replace(breach, entries=(*breach.entries, entry))
    if entry.event == "breach.assessed":
        return replace(breach, risk=str(facts["risk"]), people=int(facts["affected"]))
    if entry.event == "breach.told":
        told = (str(facts["to"]), parse_iso8601(str(facts["when"])), str(facts["late"]))
        return replace(breach, told=(*breach.told, told))
    if entry.event == "breach.reported":
        return replace(breach, reported=str(facts["digest"]))
    if entry.event == "breach.closed":
        return replace(breach, outcome=str(facts["outcome"]))
    return breach
