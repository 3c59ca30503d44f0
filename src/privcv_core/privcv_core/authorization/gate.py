# SPDX-License-Identifier: Apache-2.0
"""The authorization gate: whether a camera may be looked through now, by its signed record.

Pure: a record, keys and a time give ``Open`` or ``Closed``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from privcv_core.authorization.record import COUNTING, SignedRecord, Use
from privcv_core.event_time.open_hours import open_spans
from privcv_core.protocol.release import FIRST_YEAR, LAST_YEAR
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
        "missing",
        "unreadable",
        "untrusted",
        "other_camera",
        "other_use",
        "withdrawn",
        "expired",
        "hours",
        "paused",
    ]
    reason: str
    opens: datetime | None = None


Decision = Open | Closed


class Gate:
    """What one signed record permits. Pure: the answer depends on its arguments only.

    ``withdrawn`` are the ids of withdrawn records. ``trusted_keys`` are public keys, base64url.
    ``uses``: what the record must be for.
    """

    def __init__(
        self,
        signed: SignedRecord | None,
        trusted_keys: Sequence[str],
        camera: str,
        withdrawn: Collection[str] = (),
        uses: Collection[Use] = COUNTING,
    ) -> None:
        self.record = signed.record if signed else None
        self._refusal = _refusal(signed, trusted_keys, camera, withdrawn, uses)

    def decide(self, now: datetime) -> Decision:
        """Whether the camera may look at ``now`` (an aware datetime)."""
        if self._refusal is not None:
            return self._refusal
        assert self.record is not None
        record = self.record
        if not FIRST_YEAR <= now.year <= LAST_YEAR:  # hours near the ends of the calendar are none
            return Closed("hours", f"the clock says the year {now.year}")
        if now >= record.expires:
            return Closed("expired", f"authorization expired on {record.expires:%Y-%m-%d %H:%M %Z}")
        if now < record.issued:
            return Closed(
                "hours", f"authorization begins on {record.issued:%Y-%m-%d %H:%M %Z}", record.issued
            )
        spans = open_spans(record.hours, record.time_zone, now)
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
    uses: Collection[Use],
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
    if signed.record.use not in uses:
        return Closed(
            "other_use",
            f"the authorization is for the use '{signed.record.use}', not for {' or '.join(uses)}",
        )
    if signed.record.id in withdrawn:
        return Closed("withdrawn", "the authorization was withdrawn")
    return None
