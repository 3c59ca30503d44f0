# SPDX-License-Identifier: Apache-2.0
"""The health of the device: told on a fixed schedule, whatever happens, and never in between.

So that it is sent tells nothing, least of all whether somebody was there. What fails is not tried
again before its next time: that is a newer one. It comes after a batch was answered or refused, so
that also a device whose reports are stuck tells that it needs somebody.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from datetime import datetime

from privcv_core.protocol.device_health import EVERY_S
from privcv_core.protocol.envelope import seal
from privcv_uplink.delivery.device_keys import DeviceKeys
from privcv_uplink.delivery.enrolment import DeviceIdentity
from privcv_uplink.delivery.outcome import Outcome, Verdict
from privcv_uplink.transports.transport import Endpoint, Reply, Transport

logger = logging.getLogger(__name__)


class HealthDelivery:
    """What ``make`` says of the device, for one task of one event loop.

    ``make`` may read files: it is called on a thread. ``hear`` is told what the collector answered.
    """

    what = "health"
    endpoint: Endpoint = "health"
    every_s = EVERY_S
    """Between two, s."""

    def __init__(
        self,
        identity: DeviceIdentity,
        transport: Transport,
        clock: Callable[[], datetime],
        hear: Callable[[Reply], None] = lambda reply: None,
    ) -> None:
        self._identity = identity
        self._transport = transport
        self._clock = clock
        self._hear = hear
        self._make: Callable[[], bytes] | None = None
        self._next_s = -math.inf
        self._logged = ""

    def put(self, make: Callable[[], bytes]) -> None:
        """From now on, tell what ``make`` says then: canonical JSON."""
        self._make, self._next_s = make, time.monotonic()

    def due_in_s(self) -> float:
        """When to send; infinite where nobody makes any."""
        if self._make is None:
            return math.inf
        return max(0.0, self._next_s - time.monotonic())

    async def send(self) -> Outcome:
        """Send what is so now. Raises ``TransportError`` and ``KeyFileError``."""
        assert self._make is not None
        body = b'{"health":%s}' % await asyncio.to_thread(self._make)
        reply, device = await self._post(body)
        if reply.status == 401 and reply.error:
            settled = await self._identity.settle(reply, device)
            if settled.verdict is not Verdict.AT_ONCE:
                return settled
            reply, _ = await self._post(body)  # enrolled: a new device is told of at once
        if reply.status == 200:
            return Outcome(Verdict.DELIVERED)
        return Outcome(Verdict.LATER, f"health: {reply.in_words}")

    async def _post(self, body: bytes) -> tuple[Reply, DeviceKeys]:
        device = self._identity.keys()
        envelope = seal(device.newest, device.device, 0, self._clock(), body)
        reply = await self._transport.post(self.endpoint, envelope, device.device, 0)
        self._hear(reply)
        return reply, device

    def note(self, outcome: Outcome) -> None:
        """Draw the consequence of what came of ``send``: the next time is always the same."""
        passed = max(0.0, time.monotonic() - self._next_s)
        self._next_s += self.every_s * (1 + passed // self.every_s)
        if outcome.words != self._logged:
            self._logged = outcome.words
            if outcome.verdict is not Verdict.DELIVERED:
                logger.warning("%s", outcome.words)
