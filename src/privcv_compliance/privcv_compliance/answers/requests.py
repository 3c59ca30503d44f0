# SPDX-License-Identifier: Apache-2.0
"""The register of requests of data subjects, kept in the audit log and nowhere else.

It holds no name and no free text: a request has an id and, where the controller wants, the number
of the case in the controller's own files; why something was done is one of a few words. What was
answered but could not be finished stays open.
"""

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from privcv_compliance.answers.deadlines import Law, confirm_by, deadline
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import OPERATOR
from privcv_core.audit.entry import Entry
from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.log import AuditLog
from privcv_core.audit.open_duties import UNFINISHED
from privcv_core.audit.verify import read_chain
from privcv_core.protocol.timestamps import parse_iso8601
from privcv_core.settings.time_zone import day_in

Kind = Literal["access", "delete", "object", "restrict", "rectify"]

OLDEST_DAYS = 366
"""A request that is said to have come longer ago is taken for a mistyped year."""

_CASE = re.compile(r"([A-Z]{1,4}[-/.]?)?\d{1,8}([-/.]\d{1,8}){0,3}")


@dataclass(frozen=True)
class Request:
    """One request. ``outcome`` is that of the last answer; empty before the first."""

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
    confirm_by: date | None = None
    confirmed: str = ""
    paused: date | None = None
    paused_days: int = 0
    complaint: str = ""

    @property
    def answered_on(self) -> date | None:
        """The day of the last answer."""
        return date.fromisoformat(self.answered) if self.answered else None

    @property
    def is_closed(self) -> bool:
        """Whether it was answered and nothing is left to do."""
        return bool(self.outcome) and self.outcome not in UNFINISHED

    def state(self, today: date) -> str:
        """``answered``, ``paused``, ``open``, ``unconfirmed`` (too long) or ``overdue``."""
        if self.is_closed:
            return "answered"
        if self.paused:
            return "paused"
        if today > self.deadline:
            return "overdue"
        late = self.confirm_by is not None and not self.confirmed and today > self.confirm_by
        return "unconfirmed" if late else "open"


def is_case_number(text: str) -> bool:
    """Whether ``text`` is the number of a case and nothing that could be a name."""
    return not text or _CASE.fullmatch(text) is not None


def register(
    log: AuditLog,
    kind: Kind,
    law: Law,
    cameras: Sequence[str],
    received: date,
    reference: str = "",
    *,
    today: date,
    holidays: Collection[date] = (),
) -> Request:
    """Enter a new request. Raises ``ComplianceError`` for what cannot be, ``AuditLogError``."""
    if not is_case_number(reference):
        raise ComplianceError(
            "--reference: give the number of a case, such as 2026/17 or DSR-2026-17; the register "
            "holds no names"
        )
    if received > today:
        raise ComplianceError(f"--received: {received} is not over yet; today is {today}")
    if (today - received).days > OLDEST_DAYS:
        raise ComplianceError(f"--received: {received} is more than a year ago: check the year")
    request = Request(
        secrets.token_hex(4),
        kind,
        law,
        tuple(cameras),
        received,
        deadline(law, received, holidays=holidays),
        reference,
        confirm_by=confirm_by(law, received, holidays),
    )
    confirm = {"confirm_by": request.confirm_by.isoformat()} if request.confirm_by else {}
    log.append(
        "request.received",
        request=request.id,
        kind=kind,
        law=law,
        cameras=" ".join(cameras)[:MAX_TEXT],
        received=received.isoformat(),
        deadline=request.deadline.isoformat(),
        reference=reference,
        **confirm,
    )
    return request


def confirm(log: AuditLog, request: Request) -> None:
    """Enter that the person was told that the request came."""
    _still_open(request)
    log.append("request.confirmed", request=request.id)


def extend(
    log: AuditLog,
    request: Request,
    reason: str,
    *,
    today: date,
    holidays: Collection[date] = (),
) -> Request:
    """Extend the deadline, once, as both laws permit with a reason told to the person.

    Both want the person told within the first period (GDPR Art. 12(3), Cal. Civ. Code
    1798.130(a)(2)): afterwards it is too late.
    """
    _still_open(request)
    if request.extended:
        raise ComplianceError(f"request {request.id} was extended already")
    if today > request.deadline:
        raise ComplianceError(
            f"request {request.id} was due on {request.deadline}: an extension has to be told to "
            "the person before that day is over"
        )
    later = _deadline(replace(request, extended=True), holidays)
    log.append("request.extended", request=request.id, deadline=later.isoformat(), reason=reason)
    return replace(request, deadline=later, extended=True)


def pause(log: AuditLog, request: Request, reason: str, today: date) -> Request:
    """Stop the clock while the person is asked who or what is meant. Not under the CCPA.

    EDPB Guidelines 01/2022, section 5.3; 11 CCR 7021(b) knows no such thing.
    """
    _still_open(request)
    if request.law == "ccpa":
        raise ComplianceError("under the CCPA asking back does not stop the clock: 11 CCR 7021(b)")
    if request.paused or today > request.deadline:
        raise ComplianceError(f"request {request.id} is paused already, or overdue")
    log.append("request.paused", request=request.id, reason=reason, day=today.isoformat())
    return replace(request, paused=today)


def resume(
    log: AuditLog, request: Request, today: date, holidays: Collection[date] = ()
) -> Request:
    """The person has answered: the deadline is later by the days of all its pauses."""
    if request.paused is None:
        raise ComplianceError(f"request {request.id} is not paused")
    resumed = _resumed(request, today)
    later = _deadline(resumed, holidays)
    log.append(
        "request.resumed", request=request.id, deadline=later.isoformat(), day=today.isoformat()
    )
    return replace(resumed, deadline=later)


def reopen(log: AuditLog, request: Request, reason: str) -> Request:
    """What was answered is open again, with the deadline that it had."""
    if not request.is_closed:
        raise ComplianceError(f"request {request.id} is open")
    log.append("request.reopened", request=request.id, reason=reason)
    return replace(request, outcome="", answered="")


def complain(log: AuditLog, request: Request, to: str) -> None:
    """Enter that the person complained of the answer, and to whom."""
    log.append("request.complained", request=request.id, to=to)


def answered(log: AuditLog, request: Request, outcome: str, digest: str, leftovers: int) -> None:
    """Enter that a request was answered with a document of this digest."""
    log.append(
        "request.answered",
        request=request.id,
        outcome=outcome,
        digest=digest,
        leftovers=leftovers,
    )


def requests_in(folder: Path, time_zone: str = "UTC") -> list[Request]:
    """All requests that the audit log in ``folder`` knows, in the order of their coming.

    ``time_zone`` is the site's, whose calendar their days are of.
    """
    return requests_of(read_chain(folder, OPERATOR), time_zone)


def requests_of(entries: Iterable[Entry], time_zone: str) -> list[Request]:
    """The requests that ``entries`` tell of, in the order of their coming; see ``requests_in``."""
    known: dict[str, Request] = {}
    for entry in entries:
        name = str(entry.facts.get("request"))
        if entry.event == "request.received":
            known[name] = _received(name, entry)
        elif entry.event.startswith("request.") and name in known:
            known[name] = _after(known[name], entry, time_zone)
    return list(known.values())


def find_request(folder: Path, request_id: str, time_zone: str = "UTC") -> Request:
    """One request. Raises ``ComplianceError``."""
    for request in requests_in(folder, time_zone):
        if request.id == request_id:
            return request
    raise ComplianceError(f"there is no request {request_id}; see 'privcv dsr list'")


def _still_open(request: Request) -> None:
    if request.is_closed:
        raise ComplianceError(f"request {request.id} was answered on {request.answered}")


def _deadline(request: Request, holidays: Collection[date]) -> date:
    """From the day of receipt, so that no weekend after a first pause counts as one of it."""
    return deadline(
        request.law,
        request.received,
        extended=request.extended,
        paused_days=request.paused_days,
        holidays=holidays,
    )


def _resumed(request: Request, day: date) -> Request:
    stood = (day - (request.paused or day)).days
    return replace(request, paused=None, paused_days=request.paused_days + max(0, stood))


def _received(name: str, entry: Entry) -> Request:
    facts = entry.facts
    confirm = str(facts.get("confirm_by", ""))
    return Request(
        name,
        str(facts["kind"]),
        str(facts["law"]),
        tuple(str(facts["cameras"]).split()),
        date.fromisoformat(str(facts["received"])),
        date.fromisoformat(str(facts["deadline"])),
        str(facts["reference"]),
        confirm_by=date.fromisoformat(confirm) if confirm else None,
    )


def _after(request: Request, entry: Entry, time_zone: str) -> Request:
    facts = entry.facts
    day = day_in(parse_iso8601(entry.time), time_zone).isoformat()
    if entry.event == "request.confirmed":
        return replace(request, confirmed=day)
    if entry.event == "request.extended":
        later = date.fromisoformat(str(facts["deadline"]))
        return replace(request, deadline=later, extended=True)
    if entry.event == "request.paused":
        return replace(request, paused=date.fromisoformat(str(facts["day"])))
    if entry.event == "request.resumed":
        later = date.fromisoformat(str(facts["deadline"]))
        resumed = _resumed(request, date.fromisoformat(str(facts.get("day", day))))
        return replace(resumed, deadline=later)
    if entry.event == "request.answered":
        return replace(request, outcome=str(facts["outcome"]), answered=day, paused=None)
    if entry.event == "request.reopened":
        return replace(request, outcome="", answered="")
    if entry.event == "request.complained":
        return replace(request, complaint=str(facts["to"]))
    return request
