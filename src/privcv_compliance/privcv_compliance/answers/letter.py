# SPDX-License-Identifier: Apache-2.0
"""The letter to a citizen: one page in plain words; the evidence goes to the officer instead.

It says what was found or done, why nobody is told apart (GDPR Art. 11), how the person can help,
and where to complain and to sue (Art. 12(4), 77, 79). No path, digest or number of a process is in
it. Reasons for a refusal are the controller's own: such a letter is written by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from privcv_compliance.answers.requests import Request
from privcv_compliance.answers.words import DELETED, NOTHING_LINKED
from privcv_compliance.documents.document import Evidence, Section, Statement, state
from privcv_compliance.documents.public_document import PublicDocument
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.promise import longest_absence_s, longest_window_s
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import Joined, say
from privcv_compliance.notice.details import Details, require_second_layer
from privcv_compliance.notice.first_layer import RESIDUE, SCHEMA
from privcv_compliance.notice.full_notice import finding, objections, remedies

GRANTED, NOT_IDENTIFIED = "granted", "not identified"

LETTER_KINDS: Mapping[str, tuple[str, ...]] = {
    "access": (NOTHING_LINKED, NOT_IDENTIFIED),
    "delete": (DELETED, NOT_IDENTIFIED),
    "object": (GRANTED,),
    "restrict": (NOT_IDENTIFIED,),
    "rectify": (NOT_IDENTIFIED,),
}
"""Kind of request -> the outcomes for which there is a letter."""

_ASKED = {
    "access": "You asked us on {received:day} what we hold of you.",
    "delete": "You asked us on {received:day} to erase what we hold of you.",
    "object": "You told us on {received:day} that you object to being counted.",
    "restrict": "You asked us on {received:day} to restrict what we do with your data.",
    "rectify": "You asked us on {received:day} to correct what we hold of you.",
}
_NO_DUTY = Evidence("law", "GDPR Art. 11(1), (2)")
_REASONS = Evidence("law", "GDPR Art. 12(3), (4)")


@dataclass(frozen=True)
class Outcome:
    """What a letter tells: the outcome in the register, and the day on which it was found."""

    word: str
    day: date


def write_letter(
    request: Request, outcome: Outcome, cameras: Sequence[Details], today: date
) -> PublicDocument:
    """The letter on ``request``, in English; ``translated`` gives the others.

    ``cameras``: those that the request is about. Raises ``ComplianceError`` where the request is
    not finished, where the outcome needs words of the controller, and for what is not answered yet.
    """
    _require(request, outcome)
    for details in cameras:
        require_second_layer(details)
    one = cameras[0]
    register = Evidence("command", f"privcv dsr list --site {one.site.path}")
    return PublicDocument(
        say("Our answer to you"),
        state(
            "{controller}, {address}. {day:day}. Our reference: {reference}.",
            one.on_record,
            one.answers.said("controller.address"),
            register,
            controller=one.record.controller,
            address=one.said.controller.address,
            day=today,
            reference=request.reference or request.id,
        ),
        (
            Section(say("What we did"), tuple(_done(request, outcome, one, register))),
            *_without_a_count(request, cameras),
            Section(say("Why we do not know more"), tuple(_why(request, one))),
            Section(say("How you can help us"), tuple(finding()[1:])),
            Section(say("If you are not satisfied"), tuple(_remedies(one))),
        ),
    )


def _require(request: Request, outcome: Outcome) -> None:
    if request.law != "gdpr":
        raise ComplianceError(
            "letters are made for requests under the GDPR; for another law ask counsel"
        )
    known = LETTER_KINDS[request.kind]
    if outcome.word not in known:
        raise ComplianceError(
            f"request {request.id} ({request.kind}) is '{outcome.word or 'open'}': a letter is "
            f"made where it is {' or '.join(repr(word) for word in known)}; finish it, or write "
            "the letter by hand, with your reasons (GDPR Art. 12(4))"
        )


def _done(request: Request, outcome: Outcome, one: Details, register: Evidence) -> list[Statement]:
    said = [state(_ASKED[request.kind], register, received=request.received)]
    day = outcome.day
    if outcome.word == NOTHING_LINKED:
        said += [
            state(
                "On {day:day} we looked at every file of the device and at what it holds in "
                "memory. We found nothing that we can say is yours: no image, no name, no place.",
                register,
                day=day,
            ),
            state(
                "While you were in view, the device followed you under a number of its own. After "
                "you left, it forgot it within {minutes} minutes.",
                setting(one.site, "privacy"),
                minutes=_forgotten_min(one),
            ),
        ]
    elif outcome.word == DELETED:
        said += [
            state(
                "On {day:day} we had the cameras forget all that they held in memory. We did so "
                "for everybody who was in view, because we cannot tell who is who.",
                register,
                day=day,
            ),
            state(
                "The totals stay. They are about many people and tell nothing of you.",
                SCHEMA,
                Evidence("law", "GDPR Recital 26"),
            ),
        ]
    elif outcome.word == GRANTED:
        said.append(state("We follow your objection.", register, Evidence("law", "GDPR Art. 21")))
    else:
        said.append(
            state(
                "We could not do so, because we cannot find out which data are yours.",
                register,
                _NO_DUTY,
                _REASONS,
            )
        )
    return said


def _without_a_count(request: Request, cameras: Sequence[Details]) -> tuple[Section, ...]:
    ways = [s for s in objections(cameras) if "law" not in {e.kind for e in s.evidence}]
    ways = [s for s in ways if any(e.kind == "answer" for e in s.evidence)]
    return (Section(say("How not to be counted"), tuple(ways)),) if ways else ()


def _why(request: Request, one: Details) -> list[Statement]:
    said = [
        state(
            "The camera counts people. It stores no image and recognizes nobody. What we keep are "
            "totals of many people, made inexact on purpose.",
            SCHEMA,
            RESIDUE,
        ),
        state(
            "So we cannot tell which of the people was you. The law does not make us find out who "
            "you are only to answer you (GDPR Art. 11).",
            _NO_DUTY,
        ),
    ]
    if request.kind != "object":
        said.append(
            state(
                "For the same reason you cannot have data corrected, erased or restricted here, "
                "unless you help us find them.",
                _NO_DUTY,
            )
        )
    return said


def _remedies(one: Details) -> list[Statement]:
    contact = one.said.controller.contact or one.record.contact
    reach = [contact]
    if one.said.dpo.appointed:
        reach.append(one.said.dpo.contact)
    return [
        *remedies(one),
        state(
            "You can also ask us first: {contact}. An answer costs nothing.",
            one.answers.said("controller.contact"),
            Evidence("law", "GDPR Art. 12(5)"),
            contact=Joined(reach),
        ),
    ]


def _forgotten_min(one: Details) -> int:
    """After so many minutes nothing of a visit is known, also where its camera fell silent."""
    privacy = one.site.privacy
    if privacy.epoch_s:
        return -(-privacy.dwell_period_s // 60)
    silent_s = privacy.identity_lifetime_s + longest_window_s(privacy)
    return -(-max(silent_s, longest_absence_s(privacy)) // 60)
