# SPDX-License-Identifier: Apache-2.0
"""Time as a collector sees it: now, what has expired, and how far a device's clock may be off."""

from datetime import datetime, timedelta, timezone

from privcv_collector.refused import Refused
from privcv_core.protocol.timestamps import rfc3339_whole


def now_utc() -> datetime:
    """The present time, aware, in UTC."""
    return datetime.now(timezone.utc)


def is_over(expires_at: datetime | None, now: datetime) -> bool:
    """Whether something that expires has; with ``None`` it never does."""
    return expires_at is not None and expires_at <= now


def check_sent_at(
    sent_at: datetime, now: datetime, max_ahead_s: float, max_age_s: float, device: str
) -> None:
    """Refuse a time outside ``now - max_age_s`` to ``now + max_ahead_s``; raises ``Refused``.

    The answer holds ``server_time``, so that the device can say how far its clock is off.
    """
    if sent_at > now + timedelta(seconds=max_ahead_s):
        words = "sent_at is in the future: check the device's clock"
    elif sent_at < now - timedelta(seconds=max_age_s):
        words = "sent_at is too long ago: check the device's clock"
    else:
        return
    raise Refused(422, "clock", words, device=device, server_time=rfc3339_whole(now))
