# SPDX-License-Identifier: Apache-2.0
"""From the outbox to the collector: in order, at least once, with backoff, never a busy loop."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Literal

from privcv_core.errors import KeyFileError
from privcv_uplink.delivery.batch_refusals import BatchRefusals
from privcv_uplink.delivery.checkpoint_delivery import CheckpointDelivery
from privcv_uplink.delivery.collector_anchor import CollectorAnchor
from privcv_uplink.delivery.enrolment import DeviceIdentity
from privcv_uplink.delivery.evidence_delivery import EvidenceDelivery, MakeEvidence
from privcv_uplink.delivery.health_delivery import HealthDelivery
from privcv_uplink.delivery.outcome import AT_ONCE_IN_A_ROW, Outcome, Verdict
from privcv_uplink.delivery.read_ahead import ReadAhead
from privcv_uplink.delivery.site_record_delivery import SiteRecordDelivery
from privcv_uplink.outbox.outbox import Outbox, StorageFull
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import (
    Reply,
    StandingTransport,
    TooLarge,
    Transport,
    TransportError,
)

logger = logging.getLogger(__name__)

State = Literal["idle", "delivering", "retrying", "blocked"]

CHECKPOINT_GRACE_S = 1.0
"""How long a checkpoint or a site record that is on its way may hold up what comes meanwhile, s."""

HOUSEKEEPING_S = 60.0
"""Longest wait for something new, after which the outbox drops what is too old, s."""


class Delivery:
    """The loop that empties ``outbox`` through ``transport``. Runs in one task of one event loop.

    ``state`` and ``last_error`` may be read from any thread.
    """

    def __init__(
        self,
        settings: UplinkSettings,
        outbox: Outbox,
        transport: Transport,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self.state: State = "idle"
        self.anchor = CollectorAnchor()
        self.last_error = ""
        self._logged = ""
        self._failures = 0  # in a row
        self._settings = settings
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._identity = DeviceIdentity(settings, transport, clock)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._read_ahead = ReadAhead(settings.outbox, outbox, self._identity.keys, clock)
        self._refusals = BatchRefusals(outbox, self._identity, self._read_ahead, clock)
        self._checkpoints = CheckpointDelivery(
            settings.retry, self._identity, transport, clock, self._hear
        )
        self._site_record = SiteRecordDelivery(
            settings.retry, self._identity, transport, clock, outbox, self._hear
        )
        self._health = HealthDelivery(self._identity, transport, clock, self._hear)
        self._evidence = EvidenceDelivery(self._identity, transport, clock, self._hear)
        self._task: asyncio.Task[Any] | None = None

    def wake(self) -> None:
        """Say that something new waits."""
        self._wake.set()

    def checkpoint(self, body: Mapping[str, Any]) -> None:
        """Send the head of the audit log soon; a newer one replaces one that still waits."""
        self._checkpoints.put(body)
        self._wake.set()

    def site_record(self, content: bytes) -> None:
        """Send the record of the site, canonical JSON, soon; a newer one takes its place."""
        self._site_record.put(content)
        self._wake.set()

    def health(self, make: Callable[[], bytes]) -> None:
        """Tell on a schedule what ``make`` says of the device; it is called on a thread."""
        self._health.put(make)
        self._wake.set()

    def evidence(self, quote: MakeEvidence) -> None:
        """Show on a schedule what state the device is in; ``quote`` is called on a thread."""
        self._evidence.show(quote)
        self._wake.set()

    def stop(self) -> None:
        """Send what can be sent without waiting, then let ``run`` return."""
        self._stopping.set()
        self._wake.set()

    def abandon(self) -> None:
        """Let ``run`` end now, by cancelling it."""
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Deliver until stopped; failures of any kind become ``state`` and ``last_error``."""
        self._task = asyncio.current_task()
        try:
            await self._run()
        finally:
            await self._read_ahead.recall()

    async def _run(self) -> None:
        at_once = 0
        while True:
            self._wake.clear()
            outcome = await self._outcome(self._send_batch())
            told = await self._send_aside(self._health)
            if (await self._send_aside(self._evidence) or told) and outcome is None:
                continue
            if outcome is None:
                if await self._send_aside(self._checkpoints):
                    continue
                if await self._send_aside(self._site_record):
                    continue
                self._report_idle()
                if self._stopping.is_set():
                    return
                outcome = await self._outcome(self._keep_connected())
            if outcome is None:
                outcome = await self._idle()
            if outcome is None:
                continue
            if outcome.verdict is Verdict.DELIVERED:
                self._failures = at_once = 0
                self._report("delivering", "")
                continue
            await self._read_ahead.recall()
            if outcome.verdict is Verdict.AT_ONCE and at_once < AT_ONCE_IN_A_ROW:
                at_once += 1
                self._report("delivering", outcome.words)
                continue
            self._report_trouble(outcome)
            if self._stopping.is_set():
                return
            await self._pause(outcome.pause_s(self._settings.retry, self._failures))
            self._failures, at_once = self._failures + 1, 0

    async def _send_batch(self) -> Outcome | None:
        """One request and what came of it; None where nothing waits."""
        head = await self._read_ahead.head()
        if head is None:
            return None
        batch, envelope, device = head
        if self.state == "idle":
            self._report("delivering", "")
        try:
            reply = await self._transport.post("batches", envelope, device.device, batch.sequence)
        except TooLarge as error:
            await self._read_ahead.recall()
            return self._refusals.too_large(str(error), batch)
        self._hear(reply)
        if reply.status == 200 and type(reply.content.get("next_sequence")) is int:
            self._read_ahead.confirm()
            return Outcome(Verdict.DELIVERED)
        await self._read_ahead.recall()
        return await self._refusals.settle(reply, batch, len(envelope), device)

    def _hear(self, reply: Reply) -> None:
        if reply.status == 200 or reply.error:  # the collector's, not a proxy's
            self.anchor.hear(reply.content, self._outbox.accepted_through())

    async def _keep_connected(self) -> None:
        """Be connected also where nothing is to be sent, if the transport is such a one."""
        if isinstance(self._transport, StandingTransport):
            await self._transport.connect(self._identity.keys().device)

    async def _idle(self) -> Outcome | None:
        """Wait for something to do, or for the loss of a connection that is to be kept up."""
        asides = (self._checkpoints, self._site_record, self._health, self._evidence)
        due_s = tuple(aside.due_in_s() for aside in asides)
        wait_s = min(HOUSEKEEPING_S, *due_s)
        woken = asyncio.create_task(self._wake.wait())
        events: set[asyncio.Task[Any]] = {woken}
        lost: asyncio.Task[str] | None = None
        if isinstance(self._transport, StandingTransport):
            lost = asyncio.create_task(self._transport.disconnected())
            events.add(lost)
        try:
            await asyncio.wait(events, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            if lost is not None and lost.done():
                return Outcome(Verdict.LATER, lost.result())
            if not woken.done() and wait_s == HOUSEKEEPING_S:
                self._failures = 0  # whatever was wrong before, the connection has lasted
            return None
        finally:
            for event in events:
                event.cancel()

    async def _send_aside(
        self, aside: CheckpointDelivery | SiteRecordDelivery | HealthDelivery
    ) -> bool:
        """Send what is no batch and is due; False where none is. Its failures delay no batch."""
        if aside.due_in_s() > 0.0:
            return False
        sending = asyncio.ensure_future(self._outcome(aside.send()))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sending, woken}, return_when=asyncio.FIRST_COMPLETED)
            # Something else waits: what hangs has only so long to end.
            await asyncio.wait({sending}, timeout=CHECKPOINT_GRACE_S)
        finally:
            woken.cancel()
            sending.cancel()
        await asyncio.wait({sending})
        outcome = Outcome(Verdict.LATER, f"{aside.what}: no answer while reports wait")
        if not sending.cancelled():
            outcome = sending.result() or outcome
        aside.note(outcome)
        return True

    async def _outcome(self, request: Awaitable[Outcome | None]) -> Outcome | None:
        """The outcome of a request, also where it failed."""
        try:
            return await request
        except StorageFull as error:
            return Outcome(Verdict.LATER, f"the outbox cannot be written: {error}")
        except KeyFileError as error:
            logger.error("%s", error)
            return Outcome(Verdict.BLOCKED, "the signing key cannot be used, see the log")
        except TransportError as error:
            verdict = Verdict.BLOCKED if error.blocked else Verdict.LATER
            return Outcome(verdict, str(error))
        except Exception as error:  # a defect here must delay delivery, not end it unnoticed
            logger.exception("delivery failed")
            return Outcome(Verdict.LATER, f"defect, see the log: {type(error).__name__}")

    def _report_idle(self) -> None:
        if self._checkpoints.trouble is None:
            self._report("idle", "")
        else:
            self._report_trouble(self._checkpoints.trouble)

    def _report_trouble(self, outcome: Outcome) -> None:
        blocked = outcome.verdict is Verdict.BLOCKED
        self._report("blocked" if blocked else "retrying", outcome.words)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _report(self, state: State, words: str) -> None:
        if words and words != self._logged:
            self._logged = words
            logger.warning("%s: %s", state, words)
        self.state = state
        # A bounded string of a message counts bytes; a collector's words may be any.
        self.last_error = " ".join(words.encode("ascii", "replace").decode().split())[:64]
