# SPDX-License-Identifier: Apache-2.0
"""What the outbox hands out and tells of itself."""

from dataclasses import dataclass
from datetime import datetime, timezone

from privcv_core.protocol.secure_release import is_secure
from privcv_uplink.outbox.state import State


@dataclass(frozen=True)
class Batch:
    """Releases ``first`` to ``last`` (``releases`` of them) under one number of this device."""

    sequence: int
    first: int
    last: int
    releases: int
    sent_at: datetime
    body_parts: tuple[bytes, ...]  # canonical JSON, in pieces that follow each other
    only_sealed: bool = False  # nothing in it but sealed shares

    @property
    def body_bytes(self) -> bytes:
        """Its body in one piece."""
        return b"".join(self.body_parts)


@dataclass(frozen=True)
class Contents:
    """What the outbox holds and has seen, in releases.

    ``dropped`` counts all that were given up, as the body of a batch does: over the bounds,
    ``quarantined`` or ``missing``.
    """

    accepted_through: int
    pending: int
    pending_bytes: int
    oldest_pending: datetime | None
    delivered: int
    dropped: int
    quarantined: int
    missing: int


def batch_of(state: State, place: int, payloads: list[bytes]) -> Batch:
    """The batch at ``place`` of the plan, which holds the releases ``payloads``."""
    planned = state.plan[place]
    parts = [b","] * (2 * len(payloads) + 1)
    parts[0] = b'{"dropped":%d,"releases":[' % planned.dropped
    parts[1::2] = payloads
    parts[-1] = b"]}"
    return Batch(
        sequence=state.first_batch + place,
        first=planned.first,
        last=planned.last,
        releases=len(payloads),
        sent_at=datetime.fromtimestamp(planned.at, timezone.utc),
        body_parts=tuple(parts),
        only_sealed=all(map(is_secure, payloads)),
    )
