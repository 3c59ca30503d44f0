# SPDX-License-Identifier: Apache-2.0
"""Timestamps: RFC 3339 text in UTC, and nanoseconds since the Unix epoch.

Four forms of text exist, one for each kind of file or message. They are in bytes that are signed
or hashed, so none of them may ever change:

======================  ================================  =====================================
``rfc3339``             ``2026-01-31T08:00:00Z`` or       releases, the collector's API
                        ``2026-01-31T08:00:00.250000Z``
``rfc3339_whole``       ``2026-01-31T08:00:00Z``          envelopes, key files
``rfc3339_milli``       ``2026-01-31T08:00:00.250Z``      the audit log
``iso8601``             ``2026-01-31T08:00:00+00:00`` or  authorizations, their withdrawals
                        ``2026-01-31T09:00:00+01:00``     and ends
======================  ================================  =====================================
"""

import re
from datetime import datetime, timedelta, timezone

NS_PER_S = 1_000_000_000
"""Nanoseconds in a second."""

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""The Unix epoch."""

LATEST_EVENT_NS = (2**31 - 8 * 86_400) * NS_PER_S
"""The latest event time, ns: a stamp ends in January 2038, and windows end after their frames."""

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z", re.ASCII)
_WHOLE_CHARACTERS = len("2026-01-31T08:00:00Z")


def rfc3339(moment: datetime) -> str:
    """RFC 3339 text of an aware time; microseconds only where they are not zero."""
    return _text(moment, "microseconds" if moment.microsecond else "seconds")


def rfc3339_whole(moment: datetime) -> str:
    """RFC 3339 text of an aware time, cut to whole seconds."""
    return _text(moment, "seconds")


def rfc3339_milli(moment: datetime) -> str:
    """RFC 3339 text of an aware time, cut to milliseconds."""
    return _text(moment, "milliseconds")


def iso8601(moment: datetime) -> str:
    """ISO 8601 text of an aware time with its own offset; microseconds where they are not zero."""
    return moment.isoformat()


def parse_rfc3339(text: str) -> datetime:
    """Inverse of ``rfc3339``: ends in ``Z``, six decimals or none. Raises ``ValueError``."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("must be a time in UTC such as 2026-01-31T08:00:00Z")
    return parse_iso8601(text)


def parse_rfc3339_whole(text: str) -> datetime:
    """Inverse of ``rfc3339_whole``: no decimals. Raises ``ValueError``."""
    if len(text) != _WHOLE_CHARACTERS:
        raise ValueError("must be a time in UTC of whole seconds such as 2026-01-31T08:00:00Z")
    return parse_rfc3339(text)


def parse_iso8601(text: str) -> datetime:
    """Read a time that a person or a tool wrote: any offset, ``Z`` also on Python 3.10.

    UTC where it names an offset; without one it stays naive. Raises ``ValueError``.
    """
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo is None else moment.astimezone(timezone.utc)


def from_ns(time_ns: int) -> datetime:
    """The time in UTC at ``time_ns`` since the epoch, cut to microseconds, exactly."""
    return EPOCH + timedelta(microseconds=time_ns // 1000)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch of an aware time, exactly: no float on the way."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1000


def s_from_ns(time_ns: int) -> float:
    """Seconds of ``time_ns``; a float keeps microseconds of today's times, not nanoseconds."""
    return time_ns / NS_PER_S


def ns_from_s(time_s: float) -> int:
    """Nanoseconds of ``time_s``, rounded."""
    return round(time_s * NS_PER_S)


def _text(moment: datetime, timespec: str) -> str:
    return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"
