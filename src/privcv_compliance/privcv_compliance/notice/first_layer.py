# SPDX-License-Identifier: Apache-2.0
"""What the sign at the door says: the first layer of EDPB Guidelines 3/2019, section 7.1.

Purpose, controller, rights, what matters most to people (no image is kept, how long totals are, who
else gets them), interest and officer where there are, and where the second layer is. The right to
object stands by itself (GDPR Art. 21(4)).
"""

import re
from dataclasses import dataclass

from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.authorizations import LAWFUL_BASES, describe_hours
from privcv_compliance.languages.phrase import Joined, in_language, say
from privcv_compliance.notice.details import Details
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.settings.time_zone import day_in

SCHEMA = Evidence("command", "privcv audit schema")
RESIDUE = Evidence("command", "privcv audit residue")
_E_MAIL = re.compile(r"[^@\s:/?#]+@[^@\s:/?#]+\.[^@\s:/?#]+")


@dataclass(frozen=True)
class Fact:
    """A line of the sign. ``stands_out``: it is set apart from the others."""

    label: str
    statement: Statement
    stands_out: bool = False

    def said(self, language: str) -> tuple[str, str]:
        """Label and text in ``language``."""
        return in_language(self.label, language), in_language(self.statement.text, language)


def qr_content(record: AuthorizationRecord) -> str:
    """What the code leads to: the full notice where there is one, else the contact."""
    if record.notice_url:
        return record.notice_url
    contact = record.contact.strip()
    return f"mailto:{contact}" if _E_MAIL.fullmatch(contact) else contact


def title(details: Details, *, advance: bool) -> Statement:
    """The headline. ``advance``: of a sign that hangs before anybody is counted."""
    if advance:
        what = "People will be counted here from {begin:day} on"
        return state(what, details.on_record, begin=details.begins)
    return state("People are counted here", details.on_record)


def promise() -> Statement:
    """What people want to know first."""
    return state(
        "A camera counts. No image is stored, and nobody is recognized.",
        SCHEMA,
        RESIDUE,
        Evidence("law", "GDPR Art. 13, EDPB Guidelines 3/2019, section 7.1"),
    )


def first_layer(details: Details) -> list[Fact]:
    """Each line of the sign, in order.

    Who signed is an employee's name: it stands in the record, not at the door.
    """
    record, said, answer = details.record, details.said, details.answers.said
    typed = details.on_record
    facts = [
        _fact("Where", record.area, typed),
        _fact("What for", record.purpose, typed),
        _fact("Lawful basis", say(LAWFUL_BASES[record.lawful_basis]), typed),
    ]
    if record.lawful_basis == "legitimate_interests":
        key = answer("purpose.interest")
        facts.append(_fact("Legitimate interest", said.purpose.interest, key))
    hours = say("{hours} ({zone})", hours=describe_hours(record.hours), zone=record.time_zone)
    facts += [
        _fact("When", hours, typed),
        Fact(say("What is kept"), kept(details)),
    ]
    if said.recipients.transfers:
        transfers = Joined(said.recipients.transfers, "; ")
        facts.append(_fact("Sent abroad", transfers, answer("recipients.transfers")))
    controller = Joined([text for text in (record.controller, said.controller.address) if text])
    facts += [
        _fact("Controller", controller, typed, answer("controller.address")),
        _fact("Contact", record.contact, typed),
    ]
    if said.dpo.appointed:
        facts.append(_fact("Data protection officer", said.dpo.contact, answer("dpo.contact")))
    facts.append(Fact(say("Your rights"), rights(details)))
    facts += objection(details)
    authority = said.controller.supervisory_authority
    facts.append(_fact("Complaint", authority, answer("controller.supervisory_authority")))
    end = day_in(record.expires, record.time_zone)
    facts.append(_fact("Permitted", say("until {end:day}", end=end), typed))
    return facts


def kept(details: Details) -> Statement:
    """What is left of those who were counted, and for how long."""
    return state(
        "Totals of many people, made inexact on purpose, for {days} days.",
        details.answers.said("recipients.retention_days"),
        SCHEMA,
        days=details.said.recipients.retention_days,
    )


def rights(details: Details) -> Statement:
    """The rights that are named (GDPR Art. 13(2)(b), (c)): which depends on the lawful basis."""
    law = Evidence("law", "GDPR Art. 13(2)(b), (c), 15 to 18, 7(3)")
    if details.record.lawful_basis == "consent":
        return state(
            "You may ask what is held of you, have it corrected, erased or restricted, and "
            "withdraw your consent at any time.",
            details.on_record,
            law,
        )
    return state(
        "You may ask what is held of you, and have it corrected, erased or restricted.",
        details.on_record,
        law,
    )


def objection(details: Details) -> list[Fact]:
    """How not to be counted; nothing where the basis is none that people may object to."""
    answer, said = details.answers.said, details.said.rights
    facts = []
    if details.may_object:
        facts.append(
            Fact(
                say("Objection"),
                state(
                    "You may object at any time, on grounds of your own situation.",
                    details.on_record,
                    Evidence("law", "GDPR Art. 21(1), (4)"),
                ),
                stands_out=True,
            )
        )
    if said.uncounted:
        facts.append(_fact("Without a count", said.uncounted, answer("rights.uncounted"), out=True))
    if said.desk:
        facts.append(
            Fact(
                say("Pause"),
                state(
                    "Ask here: {desk}. Then nobody is counted for some minutes, and you need not "
                    "say who you are.",
                    answer("rights.desk"),
                    Evidence("command", "privcv pause"),
                    desk=said.desk,
                ),
                stands_out=True,
            )
        )
    return facts


def _fact(label: str, text: str, *evidence: Evidence, out: bool = False) -> Fact:
    return Fact(say(label), Statement(text, evidence), out)
