# SPDX-License-Identifier: Apache-2.0
"""What follows from the refusal of a batch: enrol, renumber, make smaller, quarantine, date again.

Each case is an answer of the collector's API: an HTTP status and, in its body, an error code. What
does not have that form was answered by something on the way, such as a proxy; whatever it says,
nothing is given up for it.
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from privcv_core.protocol.timestamps import parse_rfc3339_whole
from privcv_uplink.delivery.device_keys import DeviceKeys
from privcv_uplink.delivery.enrolment import DeviceIdentity
from privcv_uplink.delivery.outcome import Outcome, Verdict
from privcv_uplink.delivery.read_ahead import ReadAhead
from privcv_uplink.outbox.outbox import Batch, Outbox
from privcv_uplink.transports.transport import Reply

logger = logging.getLogger(__name__)

QUARANTINED_IN_A_ROW = 3
"""Releases set aside one after the other before the fault is taken to be the collector's."""


@dataclass(frozen=True)
class BatchRefusals:
    """Settles refusals for the task that delivers; nothing may be made ready meanwhile."""

    _outbox: Outbox
    _identity: DeviceIdentity
    _read_ahead: ReadAhead
    _clock: Callable[[], datetime]

    async def settle(
        self, reply: Reply, batch: Batch, batch_bytes: int, device: DeviceKeys
    ) -> Outcome:
        """Change what can be changed in answer to a refusal of ``batch``, which ``device`` signed.

        ``batch_bytes`` is the size of its envelope.
        Raises ``StorageFull``, ``KeyFileError`` and ``TransportError``.
        """
        match reply.status, reply.error:
            case 413, "":
                size = f"{batch_bytes} bytes" if batch.releases == 1 else "a batch"
                return self.too_large(f"a proxy's limit (413) refuses {size}", batch)
            case _, "":
                return self._not_by_the_collector(reply)
            case 401, _:
                return await self._identity.settle(reply, device)
            case 409, "sequence" | "conflict":
                return self._renumber(reply, batch)
            case 409, "release_conflict":
                return Outcome(Verdict.BLOCKED, "release numbers were used before: enrol as new")
            case 422, "clock":
                return self._date(reply, batch)
            case (413, _) | (422, _):
                return self._make_smaller(reply, batch)
        return Outcome(Verdict.LATER, reply.in_words, reply.retry_after_s)

    def too_large(self, words: str, batch: Batch) -> Outcome:
        """Send less at a time, below a limit on the way; one release over it has to wait for it."""
        if batch.releases == 1:
            return Outcome(Verdict.BLOCKED, words)
        self._halve(batch)
        return Outcome(Verdict.AT_ONCE, words)

    def _not_by_the_collector(self, reply: Reply) -> Outcome:
        if 300 <= reply.status < 400:
            return Outcome(Verdict.LATER, f"the answer was a redirect ({reply.status}): refused")
        return Outcome(Verdict.LATER, reply.in_words, reply.retry_after_s)

    def _renumber(self, reply: Reply, batch: Batch) -> Outcome:
        expected = reply.content.get("next_sequence")
        if not isinstance(expected, int) or not 0 < expected < 2**53 or expected == batch.sequence:
            return Outcome(Verdict.LATER, "the collector refuses the batch number")
        logger.warning("batch %d becomes %d: the collector says so", batch.sequence, expected)
        self._outbox.renumber(expected)
        return Outcome(Verdict.AT_ONCE)

    def _make_smaller(self, reply: Reply, batch: Batch) -> Outcome:
        """Find the release that the collector refuses; three in a row are its fault, not theirs.

        Sealed shares are no such sign: a collector of before refuses each of them, and takes the
        rest.
        """
        words = f"the collector refuses our reports: {reply.error}"
        if batch.releases > 1 and reply.status == 413:
            self._halve(batch)
        elif batch.releases > 1:
            self._outbox.shrink(1)
        elif batch.only_sealed:
            self._outbox.quarantine(words, in_a_row=False)
        elif self._outbox.refused_in_a_row() < QUARANTINED_IN_A_ROW:
            self._outbox.quarantine(words)
        else:
            return Outcome(Verdict.BLOCKED, words)
        return Outcome(Verdict.AT_ONCE, words)

    def _halve(self, batch: Batch) -> None:
        size = batch.releases // 2
        self._read_ahead.limit(size)
        self._outbox.shrink(size)

    def _date(self, reply: Reply, batch: Batch) -> Outcome:
        now = self._clock()
        self._outbox.date(now)
        if abs((now - batch.sent_at).total_seconds()) > 60.0:
            return Outcome(Verdict.AT_ONCE, "the batch was dated again")
        words = "our clock differs from the collector's"
        with contextlib.suppress(ValueError, TypeError):
            apart_s = (
                now - parse_rfc3339_whole(str(reply.content.get("server_time")))
            ).total_seconds()
            words += f" by {abs(apart_s):.0f} s"
        return Outcome(Verdict.LATER, words)
