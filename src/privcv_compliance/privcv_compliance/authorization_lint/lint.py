# SPDX-License-Identifier: Apache-2.0
"""The lint of an authorization record: what is refused, what is warned of, and the law for it.

It reads words, so it can be wrong both ways. Where it refuses by a word, whoever signs may say why
it is right all the same, under ``reasons`` of the record; that is signed with it and shown in the
assessment. Words are looked for in English, German, French, Spanish and Japanese.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from privcv_compliance.authorization_lint import lint_words as words
from privcv_compliance.authorization_lint.reachable import is_placeholder, reaches_somebody
from privcv_compliance.languages.phrase import Phrase, say
from privcv_compliance.site_file import CameraFile
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.settings.hours import DAYS

SHORTEST_REASON = 20
"""Characters of a reason: less says nothing."""

_LONGEST_DAYS = 731
_EDPB = "EDPB Guidelines 3/2019"


@dataclass(frozen=True)
class Finding:
    """What speaks against a record. ``law`` says why, ``field`` where it stands."""

    code: str
    severity: Literal["refusal", "warning"]
    field: str
    what: Phrase
    law: str
    may_be_explained: bool = True
    reason: str = ""

    @property
    def refuses(self) -> bool:
        """Whether the record is not to be signed: a refusal that nobody explained."""
        return self.severity == "refusal" and not self.reason

    def __str__(self) -> str:
        """One line for people."""
        how = f"; or say why it is right, in the record: reasons: {{{self.code}: …}}"
        return f"{self.field}: {self.what} ({self.law}){how if self._explainable else ''}"

    @property
    def _explainable(self) -> bool:
        return self.refuses and self.may_be_explained


def lint(record: AuthorizationRecord, camera: CameraFile | None = None) -> list[Finding]:
    """Every finding of ``record``; with ``camera`` the names of its zones are read too.

    A refusal that the record's ``reasons`` explain, at some length, carries the reason.
    """
    found = [finding for check in _CHECKS for finding in check(record, camera)]
    return [_explained(finding, record) for finding in found]


def _explained(finding: Finding, record: AuthorizationRecord) -> Finding:
    reason = record.reasons.get(finding.code, "").strip()
    says_something = len(reason) >= SHORTEST_REASON and not is_placeholder(reason)
    if not finding.may_be_explained or not says_something:
        return finding
    return Finding(
        finding.code, finding.severity, finding.field, finding.what, finding.law, True, reason
    )


def _refusal(code: str, field: str, what: Phrase, law: str, *, hard: bool = False) -> Finding:
    return Finding(code, "refusal", field, what, law, not hard)


def _warning(code: str, field: str, what: Phrase, law: str) -> Finding:
    return Finding(code, "warning", field, what, law, False)


def _texts(record: AuthorizationRecord, camera: CameraFile | None) -> Iterator[Finding]:
    for name in ("controller", "purpose", "area", "authorized_by", "site"):
        if is_placeholder(getattr(record, name)):
            yield _refusal(
                "placeholder",
                name,
                say("'{text}' says nothing: fill it in", text=getattr(record, name)),
                "GDPR Art. 13(1)",
                hard=True,
            )
    if not reaches_somebody(record.contact):
        yield _refusal(
            "contact",
            "contact",
            say(
                "'{text}' reaches nobody: name an e-mail, a page, a phone number or an address",
                text=record.contact,
            ),
            "GDPR Art. 13(1)(a)",
            hard=True,
        )
    if len(record.purpose.split()) < 3 and not any(
        ord(letter) > 0x2E80 for letter in record.purpose
    ):
        yield _warning(
            "purpose_short",
            "purpose",
            say("is too short to be a specified purpose"),
            f"GDPR Art. 5(1)(b); {_EDPB}, section 3.1",
        )


def _places(record: AuthorizationRecord, camera: CameraFile | None) -> Iterator[Finding]:
    places = [("area", record.area)]
    if camera is not None:
        zones = (*camera.zones, *camera.lines)
        places += [("zones", name.replace("_", " ")) for name in zones]
    for field, text in places:
        if word := words.found(words.INTIMATE, text):
            yield _refusal(
                "intimate_place",
                field,
                say("'{word}': no camera belongs where people undress, wash or are treated",
                    word=word),
                f"{_EDPB}, section 3.1.3",
            )  # fmt: skip
        if word := words.found(words.STAFF_ROOMS, text):
            yield _refusal(
                "staff_room",
                field,
                say("'{word}': staff withdraw there; national law decides, ask counsel", word=word),
                "GDPR Art. 88; " + _EDPB + ", section 3.1.3",
            )
        if word := words.found(words.REST, text):
            yield _warning(
                "place_of_rest",
                field,
                say("'{word}': people may expect not to be watched where they rest", word=word),
                f"{_EDPB}, section 3.1.3",
            )
        if word := words.found(words.TELLING, text):
            yield _warning(
                "telling_place",
                field,
                say("'{word}': being there may tell health, religion or opinion", word=word),
                "GDPR Art. 9(1)",
            )
        if word := words.found(words.CHILDREN, text):
            yield _warning(
                "children",
                field,
                say("'{word}': children merit specific protection", word=word),
                "GDPR Recital 38",
            )


def _purposes(record: AuthorizationRecord, camera: CameraFile | None) -> Iterator[Finding]:
    if word := words.found(words.SINGLING_OUT, record.purpose):
        yield _refusal(
            "singles_out",
            "purpose",
            say("'{word}': counts tell nothing of single people", word=word),
            "GDPR Art. 5(1)(b)",
        )
    if word := words.found(words.STAFF_WATCH, record.purpose):
        yield _refusal(
            "watches_staff",
            "purpose",
            say("'{word}': this must not measure staff; national law: ask counsel", word=word),
            "GDPR Art. 88",
        )
    if word := words.found(words.MARKETING, record.purpose):
        yield _refusal(
            "marketing",
            "purpose",
            say("'{word}': people who pass do not expect to be watched for marketing", word=word),
            "GDPR Recital 47; Art. 21(2) and (3)",
        )
    if word := words.found(words.VAGUE, record.purpose):
        yield _warning(
            "purpose_vague",
            "purpose",
            say("'{word}' alone is not specific enough, and counting hardly serves it", word=word),
            f"GDPR Art. 5(1)(b); {_EDPB}, section 3",
        )


def _bases(record: AuthorizationRecord, camera: CameraFile | None) -> Iterator[Finding]:
    basis, law = record.lawful_basis, f"{_EDPB}, section 3.3; GDPR Art. 4(11), Art. 7"
    if basis == "consent":
        yield _refusal(
            "consent",
            "lawful_basis",
            say("who walks by consents to nothing, and staff hardly freely: another basis, or say "
                "how each person agrees before the camera sees them"),
            law,
        )  # fmt: skip
    if basis == "public_task" and words.found(words.COMPANIES, record.controller):
        yield _warning(
            "company_task",
            "lawful_basis",
            say("a company needs a law that gives it a public task: ask counsel"),
            "GDPR Art. 6(1)(e), Art. 6(3)",
        )
    if basis == "legitimate_interests" and words.found(words.AUTHORITIES, record.controller):
        yield _warning(
            "authority_interest",
            "lawful_basis",
            say("a public authority cannot rest its tasks on legitimate interests"),
            "GDPR Art. 6(1), second subparagraph",
        )
    if basis in ("vital_interests", "contract"):
        yield _warning(
            "unusual_basis",
            "lawful_basis",
            say("counting people rarely rests on this basis: ask counsel"),
            "GDPR Art. 6(1)(b) and (d), Recital 46",
        )
    if basis == "legal_obligation":
        yield _warning(
            "which_law",
            "lawful_basis",
            say("name the law in the assessment (purpose.legal_task): ask counsel"),
            "GDPR Art. 6(3)",
        )


def _spans(record: AuthorizationRecord, camera: CameraFile | None) -> Iterator[Finding]:
    always = any(
        set(span.days) == set(DAYS) and (span.start, span.end) == ("00:00", "24:00")
        for span in record.hours
    )
    if always:
        yield _warning(
            "always",
            "hours",
            say("all day, every day: fewer hours may do"),
            f"GDPR Art. 5(1)(c); {_EDPB}, section 3.1.2",
        )
    if (record.expires - record.issued).days > _LONGEST_DAYS:
        yield _warning(
            "long",
            "expires",
            say("is valid for more than two years: what is right may change before that"),
            "GDPR Art. 35(11)",
        )
    if not record.notice_url:
        yield _warning(
            "no_notice",
            "notice_url",
            say("is empty: people at the door find no full notice"),
            f"GDPR Art. 13; {_EDPB}, section 7.2",
        )


_CHECKS: tuple[Callable[[AuthorizationRecord, CameraFile | None], Iterator[Finding]], ...] = (
    _texts,
    _places,
    _purposes,
    _bases,
    _spans,
)
