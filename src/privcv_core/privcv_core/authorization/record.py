# SPDX-License-Identifier: Apache-2.0
"""The gate: a camera is looked through only while a signed authorization says so.

An authorization record says for one camera on what lawful basis, for what purpose, where, at which
hours, by whom and until when. Somebody whose Ed25519 key the site trusts signs it. ``Gate`` is
pure: a record, keys and a time give ``Open`` or ``Closed``. ``authorization_file`` keeps the
record on disk and watches it.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import rfc8785
from pydantic import AwareDatetime, Field, field_validator, model_validator

from privcv_core.errors import PrivcvError
from privcv_core.protocol.signing import SigningKey, VerifyKey, verify_signature
from privcv_core.settings.model import Name, Settings, parse_settings

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

LawfulBasis = Literal[
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
]
"""GDPR Art. 6(1) (a) to (f), in order."""

_SIGNED_PREFIX = b"privcv authorization v1\n"


class AuthorizationError(PrivcvError):
    """A camera must not be looked through, or its authorization cannot be read or written."""


class Hours(Settings):
    """A span of the day on some days of the week, in the record's time zone."""

    days: list[Day] = Field(list(DAYS), min_length=1, description="days of the week")
    start: str = Field("00:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="from, HH:MM")
    end: str = Field(
        "24:00",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        description="to, HH:MM, not included; before 'start': the next day",
    )


class AuthorizationRecord(Settings):
    """What is permitted for one camera. Everything here is shown on the notice at the door."""

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
    area: str = Field(min_length=1, max_length=200, description="what the camera sees, in words")
    hours: list[Hours] = Field(
        default_factory=lambda: [Hours()], min_length=1, description="when it may look"
    )
    time_zone: str = Field("UTC", description="IANA time zone of 'hours', such as Europe/Berlin")
    authorized_by: str = Field(min_length=1, max_length=200, description="who decided, and as what")
    issued: AwareDatetime = Field(description="valid from this time on")
    expires: AwareDatetime = Field(description="not valid from this time on")
    notice_url: str = Field(
        "", max_length=300, description="where the full privacy notice is; empty: nowhere"
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            _zone(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"'{value}' is not an IANA time zone on this machine") from error
        return value

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
            record = parse_settings(AuthorizationRecord, content, where)
        except PrivcvError as error:
            raise AuthorizationError(str(error)) from error
        return cls(record, str(document["key_id"]), str(document["signature"]), content)

    def document(self) -> dict[str, Any]:
        """The signed record as JSON can hold it."""
        return {"record": self.content, "key_id": self.key_id, "signature": self.signature}

    def is_signed_by(self, public_key: str) -> bool:
        """Whether the owner of ``public_key`` signed exactly this record."""
        return verify_signature(public_key, self.signature, _signed_bytes(self.content))


@dataclass(frozen=True)
class Open:
    """The camera may look until ``until`` (``None``: nobody requires an authorization)."""

    until: datetime | None


@dataclass(frozen=True)
class Closed:
    """The camera must not look. ``reason`` is for people, ``kind`` for programs.

    ``opens`` is when it may look again by itself: at the next authorized hour. ``None`` means
    that somebody has to act, and that a node should refuse to activate.
    """

    kind: Literal[
        "missing", "unreadable", "untrusted", "other_camera", "withdrawn", "expired", "hours"
    ]
    reason: str
    opens: datetime | None = None


Decision = Open | Closed


class Gate:
    """What one signed record permits. Pure: the answer depends on its arguments only.

    ``withdrawn`` are the ids of withdrawn records. ``trusted_keys`` are public keys, base64url.
    """

    def __init__(
        self,
        signed: SignedRecord | None,
        trusted_keys: Sequence[str],
        camera: str,
        withdrawn: Collection[str] = (),
    ) -> None:
        self.record = signed.record if signed else None
        self._refusal = _refusal(signed, trusted_keys, camera, withdrawn)

    def decide(self, now: datetime) -> Decision:
        """Whether the camera may look at ``now`` (an aware datetime)."""
        if self._refusal is not None:
            return self._refusal
        assert self.record is not None
        record = self.record
        if now >= record.expires:
            return Closed("expired", f"authorization expired on {record.expires:%Y-%m-%d %H:%M %Z}")
        if now < record.issued:
            return Closed(
                "hours", f"authorization begins on {record.issued:%Y-%m-%d %H:%M %Z}", record.issued
            )
        spans = _spans_near(record, now)
        closes = max((end for start, end in spans if start <= now < end), default=None)
        if closes is not None:
            return Open(min(closes, record.expires))
        opens = min((start for start, _ in spans if start > now), default=None)
        if opens is not None and opens >= record.expires:
            opens = None
        return Closed("hours", "outside the authorized hours", opens)


def _refusal(
    signed: SignedRecord | None,
    trusted_keys: Sequence[str],
    camera: str,
    withdrawn: Collection[str],
) -> Closed | None:
    if signed is None:
        return Closed("missing", f"there is no authorization for camera '{camera}'")
    named = [k for k in trusted_keys if VerifyKey.load("Ed25519", k).key_id == signed.key_id]
    if not any(signed.is_signed_by(key) for key in named):
        return Closed("untrusted", "the authorization is not signed by a key that the site trusts")
    if signed.record.camera != camera:
        return Closed(
            "other_camera", f"the authorization is for camera '{signed.record.camera}', not this"
        )
    if signed.record.id in withdrawn:
        return Closed("withdrawn", "the authorization was withdrawn")
    return None


def _spans_near(record: AuthorizationRecord, now: datetime) -> list[tuple[datetime, datetime]]:
    """The authorized spans that begin from yesterday to eight days ahead, in UTC.

    Spans that touch are one. Hours are wall-clock hours of the record's zone, so that a span is an
    hour longer or shorter on the day when daylight saving time ends or begins.
    """
    zone = _zone(record.time_zone)
    today = now.astimezone(zone).date()
    spans = []
    for offset in range(-1, 9):
        day = today + timedelta(days=offset)
        for hours in record.hours:
            if DAYS[day.weekday()] in hours.days:
                start, end = _at(day, hours.start, zone), _at(day, hours.end, zone)
                if _minutes(hours.end) <= _minutes(hours.start):
                    end = _at(day + timedelta(days=1), hours.end, zone)
                spans.append((start, end))
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _zone(name: str) -> tzinfo:
    # UTC has to work where no time zones are installed.
    return timezone.utc if name == "UTC" else ZoneInfo(name)


def _at(day: date, clock: str, zone: tzinfo) -> datetime:
    days, minutes = divmod(_minutes(clock), 24 * 60)
    wall = time(minutes // 60, minutes % 60)
    moment = datetime.combine(day + timedelta(days=days), wall, tzinfo=zone)
    return moment.astimezone(timezone.utc)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _signed_bytes(content: Mapping[str, Any]) -> bytes:
    return _SIGNED_PREFIX + rfc8785.dumps(dict(content))
