# SPDX-License-Identifier: Apache-2.0
"""From the outbox to the collector: in order, at least once, with backoff, never a busy loop."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Literal

from privcv_core.protocol.envelope import parse_time
from privcv_uplink.delivery.checkpoint_delivery import Checkpoints
from privcv_uplink.delivery.device_keys import DeviceKeys
from privcv_uplink.delivery.enrolment import Identity
from privcv_uplink.delivery.outcome import AT_ONCE_IN_A_ROW, Outcome, Verdict
from privcv_uplink.delivery.read_ahead import Ahead
from privcv_uplink.errors import KeyFileError
from privcv_uplink.outbox.outbox import Batch, Outbox, StorageFull
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Reply, Transport, TransportError

logger = logging.getLogger(__name__)

State = Literal["idle", "delivering", "retrying", "blocked"]

QUARANTINED_IN_A_ROW = 3
HOUSEKEEPING_S = 60.0


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
        self.last_error = ""
        self._logged = ""
        self._settings = settings
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._identity = Identity(settings, transport, clock)
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._ahead = Ahead(settings.outbox, outbox, self._identity.keys, clock)
        self._checkpoints = Checkpoints(settings.retry, self._identity, transport, clock)
        self._task: asyncio.Task[Any] | None = None

    def wake(self) -> None:
        """Something new waits."""
        self._wake.set()

    def checkpoint(self, body: Mapping[str, Any]) -> None:
        """Send the head of the audit log soon; a newer one replaces one that still waits."""
        self._checkpoints.put(body)
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
        """Deliver until stopped."""
        self._task = asyncio.current_task()
        try:
            await self._run()
        finally:
            await self._ahead.recall()

    async def _run(self) -> None:
        failures = at_once = 0
        while True:
            self._wake.clear()
            outcome = await self._outcome(self._send_batch())
            if outcome is None:
                if await self._send_checkpoint():
                    continue
                self._report_idle()
                if self._stopping.is_set():
                    return
                wait_s = min(HOUSEKEEPING_S, self._checkpoints.due_in_s())
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait_s)
                continue
            if outcome.verdict is Verdict.DELIVERED:
                failures = at_once = 0
                self._report("delivering", "")
                continue
            await self._ahead.recall()
            if outcome.verdict is Verdict.AT_ONCE and at_once < AT_ONCE_IN_A_ROW:
                at_once += 1
                self._report("delivering", outcome.words)
                continue
            self._report_trouble(outcome)
            if self._stopping.is_set():
                return
            await self._pause(outcome.pause_s(self._settings.retry, failures))
            failures, at_once = failures + 1, 0

    async def _send_batch(self) -> Outcome | None:
        """One request and what came of it; None where nothing waits."""
        head = await self._ahead.head()
        if head is None:
            return None
        batch, envelope, device = head
        if self.state == "idle":
            self._report("delivering", "")
        reply = await self._transport.post("batches", envelope, device.device, batch.sequence)
        if reply.status == 200 and isinstance(reply.content.get("next_sequence"), int):
            self._ahead.confirm()
            return Outcome(Verdict.DELIVERED)
        await self._ahead.recall()
        return await self._judge(reply, batch, device)

    async def _send_checkpoint(self) -> bool:
        """Send a checkpoint that is due; False where none is. Its failures delay no batch."""
        if self._checkpoints.due_in_s() > 0.0:
            return False
        outcome = await self._outcome(self._checkpoints.send())
        assert outcome is not None
        self._checkpoints.note(outcome)
        return True

    async def _outcome(self, request: Awaitable[Outcome | None]) -> Outcome | None:
        """What came of a request, also where it failed."""
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

    async def _judge(self, reply: Reply, batch: Batch, device: DeviceKeys) -> Outcome:
        """What follows from a refusal."""
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
                self._ahead.releases_at_most = size
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
            apart_s = (now - parse_time(str(reply.content.get("server_time")))).total_seconds()
            words += f" by {abs(apart_s):.0f} s"
        return Outcome(Verdict.LATER, words)

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
