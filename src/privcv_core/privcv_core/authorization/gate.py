# SPDX-License-Identifier: Apache-2.0
"""The authorization gate: whether a camera may be looked through now, by its signed record.

Pure: a record, keys and a time give ``Open`` or ``Closed``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal

from privcv_core.authorization.record import DAYS, AuthorizationRecord, SignedRecord, time_zone
from privcv_core.protocol.signing import VerifyKey


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
    zone = time_zone(record.time_zone)
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


def _at(day: date, clock: str, zone: tzinfo) -> datetime:
    days, minutes = divmod(_minutes(clock), 24 * 60)
    wall = time(minutes // 60, minutes % 60)
    moment = datetime.combine(day + timedelta(days=days), wall, tzinfo=zone)
    return moment.astimezone(timezone.utc)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
