# SPDX-License-Identifier: Apache-2.0
"""The uplink as a library: accept releases on any thread, deliver them in one of its own."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from privcv_across.attestation.rollback import Rollback
from privcv_across.errors import TpmError
from privcv_core.event_time.running_time import running_time
from privcv_core.protocol.release import Release
from privcv_core.protocol.secure_release import SecureRelease
from privcv_core.protocol.timestamps import s_from_ns
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.delivery import Delivery, State
from privcv_uplink.delivery.evidence_delivery import quoting
from privcv_uplink.device_health import HealthReport
from privcv_uplink.outbox.outbox import Outbox, StorageFull
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.open import open_transport

logger = logging.getLogger(__name__)

DRAIN_S = 5.0
"""How long a stop may go on delivering, s."""


@dataclass(frozen=True)
class DeliveryStatus:
    """What the uplink holds and has delivered; the fields of ``privcv_msgs/DeliveryStatus``.

    Counts are of releases; ``accepted_through`` is the number up to which all are on disk, here or
    at the collector.
    """

    accepted_through: int
    pending: int
    oldest_pending: datetime | None
    delivered: int
    dropped: int
    state: State
    last_error: str


class Uplink:
    """Outbox, keys, transport and the thread that delivers.

    >>> uplink = Uplink(settings)              # doctest: +SKIP
    >>> uplink.start()                         # doctest: +SKIP
    >>> uplink.accept(release)                 # doctest: +SKIP
    True
    >>> uplink.stop()                          # doctest: +SKIP
    """

    def __init__(
        self,
        settings: UplinkSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        site_record: bytes = b"",
        health: HealthReport | None = None,
    ) -> None:
        """``site_record``: canonical JSON of what the collector is told of the site; b'' for none.

        ``health``: makes what it is told of the device; none is told without it.

        Raises ``UplinkError`` where key, outbox, pins or certificates cannot be used."""
        self._settings = settings
        self._clock = clock
        self._site_record = site_record
        self._health = health
        device_keys.read(settings.key_file)
        self._transport = open_transport(settings)
        self._outbox = Outbox(
            settings.outbox.file,
            max_bytes=settings.outbox.max_mb * 1_000_000,
            max_age_s=settings.outbox.max_age_days * 86400.0,
            set_aside_s=settings.outbox.set_aside_days * 86400.0,
        )
        self._rollback = self._compared()
        self._count_fault = ""
        self._contents = self._outbox.contents()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._delivery: Delivery | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that delivers; returns once it runs."""
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._deliver(started)), name="uplink", daemon=True
        )
        self._thread.start()
        started.wait()

    def accept(self, release: Release | SecureRelease) -> bool:
        """Store one release; True once it is safe on disk.

        The same release again changes nothing. False: it could not be stored; offer it again.
        """
        accepted = self._outbox.accept(release.sequence, release.canonical())
        self._call("wake")
        return accepted

    def checkpoint(self, body: Mapping[str, Any]) -> None:
        """Send the head of the audit log to the collector; a newer one replaces one that waits."""
        self._call("checkpoint", body)

    def status(self) -> DeliveryStatus:
        """What is held and delivered now; the last known counts where the outbox cannot be read."""
        delivery = self._delivery
        state: State = delivery.state if delivery is not None else "idle"
        last_error = delivery.last_error if delivery is not None else ""
        try:
            self._contents = self._outbox.contents()
        except StorageFull as error:
            last_error = f"the outbox cannot be read: {error}"[:64]
        anchored = delivery.anchor.last_release if delivery is not None else 0
        return DeliveryStatus(
            accepted_through=max(self._contents.accepted_through, anchored),
            pending=self._contents.pending,
            oldest_pending=self._contents.oldest_pending,
            delivered=self._contents.delivered,
            dropped=self._contents.dropped,
            state=state,
            last_error=last_error,
        )

    def count_hourly(self) -> None:
        """Count in the TPM where an hour passed; that it failed is a finding."""
        try:
            if self._rollback and self._rollback.count_hourly(s_from_ns(running_time().at_ns)):
                self._count_fault = ""
        except (TpmError, StorageFull) as error:
            self._count_fault = str(error)

    def end_set_aside(self) -> int:
        """Delete what was set aside for too long; returns how much, 0 where it cannot be now."""
        try:
            return self._outbox.end_set_aside()
        except StorageFull:
            return 0

    @property
    def finding(self) -> str:
        """That this outbox is an old copy, '' otherwise: the collector has what it never had, or a
        counter in the TPM counted for a newer one."""
        if self._rollback is not None and (self._rollback.found or self._count_fault):
            return self._rollback.found or self._count_fault
        if self._delivery is None:
            return ""
        return self._delivery.anchor.finding(self._outbox.accepted_through())

    def stop(self, drain_s: float = DRAIN_S) -> None:
        """Deliver what can be delivered within ``drain_s``, then close; the rest waits on disk."""
        if self._thread is not None:
            self._call("stop")
            self._thread.join(drain_s)
            if self._thread.is_alive():
                self._call("abandon")
                self._thread.join(1.0)
            self._thread = None
        self._outbox.close()

    async def _deliver(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._delivery = Delivery(self._settings, self._outbox, self._transport, self._clock)
        if self._site_record:
            self._delivery.site_record(self._site_record)
        if self._health is not None:
            self._delivery.health(partial(self._made, self._health))
        key, tpm = self._settings.attestation_key, self._settings.tpm
        if tpm is not None and key.exists():
            self._delivery.evidence(quoting(tpm.tcti, key))
        started.set()
        try:
            await self._delivery.run()
        except asyncio.CancelledError:  # abandoned: what was not confirmed stays in the outbox
            logger.warning("stopped in the middle of a delivery")
        finally:
            self._loop = None
            await self._transport.close()

    def _compared(self) -> Rollback | None:
        """With the counter in the TPM, where there is to be one. Raises ``TpmError``."""
        if self._settings.tpm is None:
            return None
        try:
            counter = self._settings.tpm.counter("outbox")
            return Rollback(self._outbox, counter, str(self._settings.outbox.file))
        except BaseException:
            self._outbox.close()
            raise

    def _made(self, health: HealthReport) -> bytes:
        status = self.status()
        return health.make(status.state, status.oldest_pending)

    def _call(self, method: str, *arguments: Any) -> None:
        loop, delivery = self._loop, self._delivery
        if loop is not None and delivery is not None:
            loop.call_soon_threadsafe(getattr(delivery, method), *arguments)
