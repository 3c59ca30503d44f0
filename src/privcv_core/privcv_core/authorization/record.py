# SPDX-License-Identifier: Apache-2.0
"""The authorization record: on what lawful basis a camera is looked through, and who signed it.

It says for one camera on what lawful basis, for what purpose, where, at which hours, by whom and
until when. Somebody whose Ed25519 key the site trusts signs it. ``gate`` decides by it;
``record_file`` keeps it on disk and watches it.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import AwareDatetime, Field, model_validator

from privcv_core.errors import PrivcvError
from privcv_core.protocol.signing import SigningKey, verify_signature
from privcv_core.settings.hours import Hours
from privcv_core.settings.model import Name, Settings, parse_settings
from privcv_core.settings.time_zone import TimeZone

LawfulBasis = Literal[
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
]
"""GDPR Art. 6(1) (a) to (f), in order."""

Use = Literal["statistics", "operational", "images"]
"""What totals are used for; GDPR Art. 21(6) and 89 know a use for statistics only. Or that images
without people are shown, which is another purpose, and needs a record of its own."""

COUNTING: tuple[Use, ...] = ("statistics", "operational")
SHOWING: tuple[Use, ...] = ("images",)

ReasonCode = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
Reason = Annotated[str, Field(max_length=500)]

_SINCE_0_1_0 = ("use", "reasons")
"""Members that are signed only where they say something."""

_SIGNED_PREFIX = b"privcv authorization v1\n"


class AuthorizationError(PrivcvError):
    """A camera must not be looked through, or its authorization cannot be read or written."""


class AuthorizationRecord(Settings):
    """What is permitted for one camera."""

    id: str = Field(
        default_factory=lambda: secrets.token_hex(16),
        pattern=r"^[0-9a-f]{32}$",
        description="identifies the record; a withdrawal names it",
    )
    site: str = Field(min_length=1, max_length=200, description="name of the site")
    camera: Name = Field(description="the camera's name in the site file")
    controller: str = Field(
        min_length=1, max_length=200, description="who is responsible (GDPR Art. 4(7))"
    )
    contact: str = Field(
        min_length=3, max_length=200, description="where people turn to: e-mail, URL or address"
    )
    lawful_basis: LawfulBasis = Field(description="one of GDPR Art. 6(1) (a) to (f)")
    purpose: str = Field(min_length=1, max_length=500, description="what for, in plain words")
    use: Use = Field(
        "statistics",
        description="'statistics': totals are looked at afterwards; 'operational': somebody acts "
        "on them at once, so that no objection can be refused as one to statistics (GDPR Art. "
        "21(6)); 'images': nothing is counted, and images without people are shown live",
    )
    area: str = Field(min_length=1, max_length=200, description="what the camera sees, in words")
    hours: list[Hours] = Field(
        default_factory=lambda: [Hours()], min_length=1, description="when it may look"
    )
    time_zone: TimeZone = Field(
        "UTC", description="IANA time zone of 'hours', such as Europe/Berlin"
    )
    authorized_by: str = Field(min_length=1, max_length=200, description="who decided, and as what")
    issued: AwareDatetime = Field(description="valid from this time on")
    expires: AwareDatetime = Field(description="not valid from this time on")
    notice_url: str = Field(
        "", max_length=300, description="where the full privacy notice is; empty: nowhere"
    )
    reasons: dict[ReasonCode, Reason] = Field(
        default_factory=dict,
        max_length=20,
        description="why it is right in spite of what 'privcv authorize check' refuses, by code; "
        "shown in the impact assessment, not at the door",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "AuthorizationRecord":
        if self.expires <= self.issued:
            raise ValueError("expires: must be after 'issued'")
        return self


@dataclass(frozen=True)
class SignedRecord:
    """A record, the key that signed it, and the bytes that were signed."""

    record: AuthorizationRecord
    key_id: str
    signature: str
    content: Mapping[str, Any]

    @classmethod
    def sign(cls, record: AuthorizationRecord, key: SigningKey) -> "SignedRecord":
        """Have the owner of ``key`` authorize ``record``."""
        content = record.model_dump(mode="json")
        for name in _SINCE_0_1_0:  # a device of 0.1.0 reads what does not need them
            if content[name] == AuthorizationRecord.model_fields[name].get_default(
                call_default_factory=True
            ):
                del content[name]
        return cls(record, key.key_id, key.sign(_signed_bytes(content)), content)

    @classmethod
    def parse(cls, document: object, where: str) -> "SignedRecord":
        """Read what ``document`` gave; raises ``AuthorizationError``. Parsed is not verified."""
        if not isinstance(document, dict) or set(document) != {"record", "key_id", "signature"}:
            raise AuthorizationError(f"{where}: is not a signed authorization")
        content = document["record"]
        if not isinstance(content, dict):
            raise AuthorizationError(f"{where}: 'record' is not a mapping")
        try:
            # Without an id of its own a record is what was signed, each time it is read: an id
            # drawn anew would leave its withdrawal behind.
            named = {"id": _content_id(content), **content}
            record = parse_settings(AuthorizationRecord, named, where)
        except PrivcvError as error:
            raise AuthorizationError(str(error)) from error
        except (ValueError, OverflowError, RecursionError) as error:
            raise AuthorizationError(f"{where}: is not a signed authorization") from error
        return cls(record, str(document["key_id"]), str(document["signature"]), content)

    def document(self) -> dict[str, Any]:
        """The signed record as JSON can hold it."""
        return {"record": self.content, "key_id": self.key_id, "signature": self.signature}

    def is_signed_by(self, public_key: str) -> bool:
        """Whether the owner of ``public_key`` signed exactly this record."""
        try:
            signed = _signed_bytes(self.content)
        except (ValueError, RecursionError):  # nobody can have signed what has no canonical form
            return False
        return verify_signature(public_key, self.signature, signed)


def _content_id(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_signed_bytes(content)).hexdigest()[:32]


def _signed_bytes(content: Mapping[str, Any]) -> bytes:
    return _SIGNED_PREFIX + rfc8785.dumps(dict(content))
