# SPDX-License-Identifier: Apache-2.0
"""What follows from the refusal of a batch: enrol, renumber, make smaller, quarantine, date again.

Each case is an answer of the collector's API: an HTTP status and, in its body, an error code.
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

    async def settle(self, reply: Reply, batch: Batch, device: DeviceKeys) -> Outcome:
        """Change what can be changed in answer to a refusal of ``batch``, which ``device`` signed.

        Raises ``StorageFull``, ``KeyFileError`` and ``TransportError``.
        """
        if reply.status == 401:
            return await self._identity.settle(reply, device)
        if reply.status == 409 and reply.error in ("sequence", "conflict"):
            return self._renumber(reply, batch)
        if reply.status == 409 and reply.error == "release_conflict":
            return Outcome(Verdict.BLOCKED, "release numbers were used before: enrol as new")
        if reply.status == 413 or (reply.status == 422 and reply.error != "clock"):
            return self._make_smaller(reply, batch)
        if reply.status == 422:
            return self._date(reply, batch)
        if 300 <= reply.status < 400:
            return Outcome(Verdict.LATER, f"the answer was a redirect ({reply.status}): refused")
        words = f"the collector answered {reply.status} {reply.error}".rstrip()
        return Outcome(Verdict.LATER, words, reply.retry_after_s)

    def _renumber(self, reply: Reply, batch: Batch) -> Outcome:
        expected = reply.content.get("next_sequence")
        if not isinstance(expected, int) or not 0 < expected < 2**53 or expected == batch.sequence:
            return Outcome(Verdict.LATER, "the collector refuses the batch number")
        logger.warning("batch %d becomes %d: the collector says so", batch.sequence, expected)
        self._outbox.renumber(expected)
        return Outcome(Verdict.AT_ONCE)

    def _make_smaller(self, reply: Reply, batch: Batch) -> Outcome:
        """Find the release that the collector refuses; three in a row are its fault, not theirs."""
        words = f"the collector refuses our reports: {reply.error or reply.status}"
        if batch.releases > 1:
            size = batch.releases // 2 if reply.status == 413 else 1
            if reply.status == 413:
                self._read_ahead.releases_at_most = size
            self._outbox.shrink(size)
        elif self._outbox.refused_in_a_row() < QUARANTINED_IN_A_ROW:
            self._outbox.quarantine(words)
        else:
            return Outcome(Verdict.BLOCKED, words)
        return Outcome(Verdict.AT_ONCE, words)

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
