# SPDX-License-Identifier: Apache-2.0
"""The record of the site: sent when no report and no checkpoint waits, and once a day again.

A collector that is older than site records refuses it: that delays nothing and troubles nobody, and
it is asked again every hour. One that was restored from a backup has it within a day.
"""

import logging
import math
import time
from collections.abc import Callable
from datetime import datetime

from privcv_core.protocol.envelope import seal
from privcv_core.protocol.site_record import digest_of
from privcv_uplink.delivery.enrolment import DeviceIdentity
from privcv_uplink.delivery.outcome import AT_ONCE_IN_A_ROW, Outcome, Verdict
from privcv_uplink.outbox.outbox import Outbox
from privcv_uplink.settings import RetrySettings
from privcv_uplink.transports.transport import Reply, Transport

logger = logging.getLogger(__name__)

AGAIN_S = 86_400.0
"""Time from one that was taken to the next, s."""

REFUSED_S = 3_600.0
"""Wait after a refusal for good, as an older collector gives, s."""


class SiteRecordDelivery:
    """The newest record of the site, for one task of one event loop.

    ``hear`` is told what the collector answered.
    """

    what = "site record"

    def __init__(
        self,
        retry: RetrySettings,
        identity: DeviceIdentity,
        transport: Transport,
        clock: Callable[[], datetime],
        outbox: Outbox,
        hear: Callable[[Reply], None] = lambda reply: None,
    ) -> None:
        self._retry = retry
        self._identity = identity
        self._transport = transport
        self._clock = clock
        self._outbox = outbox
        self._hear = hear
        self._content = b""
        self._least = 1
        self._not_before_s = -math.inf
        self._failures = self._at_once = 0
        self._logged = ""

    def put(self, content: bytes) -> None:
        """Send ``content``, canonical JSON, in the place of what was sent before."""
        self._content, self._not_before_s = content, -math.inf

    def due_in_s(self) -> float:
        """When to send; infinite where there is nothing."""
        if not self._content:
            return math.inf
        return max(0.0, self._not_before_s - time.monotonic())

    async def send(self) -> Outcome:
        """Send it. Raises ``TransportError``, ``KeyFileError`` and ``StorageFull``."""
        content, device = self._content, self._identity.keys()
        version = self._outbox.record_version(digest_of(content), self._least)
        body = b'{"site_record":{"content":%s,"version":%d}}' % (content, version)
        envelope = seal(device.newest, device.device, 0, self._clock(), body)
        reply = await self._transport.post("site-records", envelope, device.device, 0)
        self._hear(reply)
        if reply.status == 200 and ("version" in reply.content or "verdict" in reply.content):
            return Outcome(Verdict.DELIVERED)
        expected = reply.content.get("next_version")
        if reply.status == 409 and reply.error and type(expected) is int and expected > version:
            self._least = expected
            return Outcome(Verdict.AT_ONCE, f"site record: {reply.in_words}")
        if reply.status == 401 and reply.error:
            return await self._identity.settle(reply, device)
        refused = reply.error and reply.status not in (408, 429, 503)
        wait_s = REFUSED_S if refused else reply.retry_after_s
        return Outcome(Verdict.LATER, f"site record: {reply.in_words}", wait_s)

    def note(self, outcome: Outcome) -> None:
        """Draw the consequence of what came of ``send``: it is no trouble of the reports."""
        if outcome.verdict is Verdict.AT_ONCE and self._at_once < AT_ONCE_IN_A_ROW:
            self._at_once += 1
            return
        self._at_once = 0
        if outcome.verdict is Verdict.DELIVERED:
            wait_s, self._failures, self._least = AGAIN_S, 0, 1
        else:
            wait_s, self._failures = (
                outcome.pause_s(self._retry, self._failures),
                self._failures + 1,
            )
            if outcome.words != self._logged:
                self._logged = outcome.words
                logger.warning("%s", outcome.words)
        self._not_before_s = time.monotonic() + wait_s
