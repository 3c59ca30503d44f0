# SPDX-License-Identifier: Apache-2.0
"""The register of requests of data subjects, kept in the audit log and nowhere else.

It holds no name: a request has an id and, where the controller wants, the number of the case in
the controller's own files. Deadlines are those of the law that the request was made under.
"""

import calendar
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import OPERATOR
from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.log import AuditLog
from privcv_core.audit.verify import read_chain

Law = Literal["gdpr", "ccpa"]
Kind = Literal["access", "delete"]


@dataclass(frozen=True)
class Request:
    """One request. ``outcome`` is empty until it was answered."""

    id: str
    kind: str
    law: str
    cameras: tuple[str, ...]
    received: date
    deadline: date
    reference: str = ""
    outcome: str = ""
    answered: str = ""
    extended: bool = False

    def state(self, today: date) -> str:
        """``answered``, ``open`` or ``overdue``."""
        if self.outcome:
            return "answered"
        return "overdue" if today > self.deadline else "open"


def deadline(law: str, received: date, *, extended: bool = False) -> date:
    """The last day for an answer.

    GDPR Art. 12(3): one month, three where extended; by Regulation 1182/71 Art. 3(2)(c) it ends
    with the day of the same number, or the last of the month. CCPA: 45 days, 90 where extended
    (Cal. Civ. Code 1798.130(a)(2)).
    """
    if law == "ccpa":
        return received + timedelta(days=90 if extended else 45)
    months = received.month - 1 + (3 if extended else 1)
    year, month = received.year + months // 12, months % 12 + 1
    return date(year, month, min(received.day, calendar.monthrange(year, month)[1]))


def register(
    log: AuditLog,
    kind: Kind,
    law: Law,
    cameras: Sequence[str],
    received: date,
    reference: str = "",
) -> Request:
    """Enter a new request. Raises ``AuditLogError``."""
    request = Request(
        secrets.token_hex(4),
        kind,
        law,
        tuple(cameras),
        received,
        deadline(law, received),
        reference,
    )
    log.append(
        "request.received",
        request=request.id,
        kind=kind,
        law=law,
        cameras=" ".join(cameras)[:MAX_TEXT],
        received=received.isoformat(),
        deadline=request.deadline.isoformat(),
        reference=reference,
    )
    return request


def extend(log: AuditLog, request: Request, reason: str) -> Request:
    """Extend the deadline, once, as both laws permit with a reason told to the person."""
    if request.extended or request.outcome:
        raise ComplianceError(f"request {request.id} was extended or answered already")
    later = deadline(request.law, request.received, extended=True)
    log.append("request.extended", request=request.id, deadline=later.isoformat(), reason=reason)
    return replace(request, deadline=later, extended=True)


def answered(log: AuditLog, request: Request, outcome: str, digest: str, leftovers: int) -> None:
    """Enter that a request was answered with a document of this digest."""
    log.append(
        "request.answered",
        request=request.id,
        outcome=outcome,
        digest=digest,
        leftovers=leftovers,
    )


def requests_in(folder: Path) -> list[Request]:
    """All requests that the audit log in ``folder`` knows, in the order of their coming."""
    known: dict[str, Request] = {}
    for entry in read_chain(folder, OPERATOR):
        facts = entry.facts
        name = str(facts.get("request"))
        if entry.event == "request.received":
            known[name] = Request(
                name,
                str(facts["kind"]),
                str(facts["law"]),
                tuple(str(facts["cameras"]).split()),
                date.fromisoformat(str(facts["received"])),
                date.fromisoformat(str(facts["deadline"])),
                str(facts["reference"]),
            )
        elif entry.event == "request.extended" and name in known:
            later = date.fromisoformat(str(facts["deadline"]))
            known[name] = replace(known[name], deadline=later, extended=True)
        elif entry.event == "request.answered" and name in known:
            known[name] = replace(
                known[name], outcome=str(facts["outcome"]), answered=entry.time[:10]
            )
    return list(known.values())


def find_request(folder: Path, request_id: str) -> Request:
    """One request. Raises ``ComplianceError``."""
    for request in requests_in(folder):
        if request.id == request_id:
            return request
    raise ComplianceError(f"there is no request {request_id}; see 'privcv dsr list'")
