# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of the audit log: sent when no report waits, with waits of their own.

A collector that takes reports but no checkpoints must not hold up the reports.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import seal
from privcv_uplink.delivery.enrolment import DeviceIdentity
from privcv_uplink.delivery.outcome import AT_ONCE_IN_A_ROW, Outcome, Verdict
from privcv_uplink.settings import RetrySettings
from privcv_uplink.transports.transport import Reply, Transport

logger = logging.getLogger(__name__)


class CheckpointDelivery:
    """The newest checkpoint until the collector has it, for one task of one event loop.

    ``trouble`` is what keeps it from getting there, None where nothing does. ``hear`` is told what
    the collector answered.
    """

    what = "checkpoint"

    def __init__(
        self,
        retry: RetrySettings,
        identity: DeviceIdentity,
        transport: Transport,
        clock: Callable[[], datetime],
        hear: Callable[[Reply], None] = lambda reply: None,
    ) -> None:
        self._hear = hear
        self.trouble: Outcome | None = None
        self._retry = retry
        self._identity = identity
        self._transport = transport
        self._clock = clock
        self._body: Mapping[str, Any] | None = None
        self._not_before_s = -math.inf
        self._failures = self._at_once = 0

    def put(self, body: Mapping[str, Any]) -> None:
        """Send ``body``, in the place of one that still waits."""
        self._body = body

    def due_in_s(self) -> float:
        """When to send; infinite where nothing waits."""
        if self._body is None:
            return math.inf
        return max(0.0, self._not_before_s - time.monotonic())

    async def send(self) -> Outcome:
        """Send what waits. Raises ``TransportError`` and ``KeyFileError``."""
        body, device = self._body, self._identity.keys()
        assert body is not None
        envelope = seal(device.newest, device.device, 0, self._clock(), canonical(body))
        reply = await self._transport.post("checkpoints", envelope, device.device, 0)
        self._hear(reply)
        taken = reply.status == 200 and "verdict" in reply.content
        # For what a proxy answers in the collector's place, no checkpoint is given up.
        refused = reply.error and reply.status not in (401, 408, 429, 503)
        if taken or refused:
            if refused:
                logger.error("the collector refuses the checkpoint: %s", reply.error)
            if self._body is body:
                self._body = None
            return Outcome(Verdict.DELIVERED)
        if reply.status == 401 and reply.error:
            return await self._identity.settle(reply, device)
        return Outcome(Verdict.LATER, f"checkpoint: {reply.in_words}", reply.retry_after_s)

    def note(self, outcome: Outcome) -> None:
        """Draw the consequence of what came of ``send``."""
        if outcome.verdict is Verdict.DELIVERED:
            self.trouble = None
            self._failures = self._at_once = 0
        elif outcome.verdict is Verdict.AT_ONCE and self._at_once < AT_ONCE_IN_A_ROW:
            self._at_once += 1
        else:
            self.trouble = outcome
            self._not_before_s = time.monotonic() + outcome.pause_s(self._retry, self._failures)
            self._failures, self._at_once = self._failures + 1, 0
