# SPDX-License-Identifier: Apache-2.0
"""What one collector process holds while it runs. All that must outlive it is in the database."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from privcv_collector.api.access import Tokens
from privcv_collector.limits.requests import Bodies, Rate, payer_of
from privcv_collector.metrics import Metrics
from privcv_collector.refused import Answer, Refused
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.administration import now_utc
from privcv_collector.storage.database import open_database
from privcv_collector.storage.group_writer import GroupWriter
from privcv_collector.storage.ingest import words_of
from privcv_collector.storage.key_cache import KnownKey, KnownKeys, Replaced, bad_signature
from privcv_collector.storage.store import Job, Store, refusal
from privcv_core.protocol.envelope import Envelope, frame
from privcv_core.protocol.errors import EnvelopeError

M = TypeVar("M", bound=BaseModel)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Signed:
    """An envelope whose signature was good."""

    envelope: Envelope
    key: KnownKey
    raw: bytes


class Collector:
    """Database, writer, limits and figures of one process."""

    def __init__(self, settings: CollectorSettings) -> None:
        self.settings = settings
        self.engine: Engine = open_database(settings.db)
        self.tokens = Tokens(self.engine, settings.admin_token_file)
        self.metrics = Metrics()
        self._keys = KnownKeys(self.engine)
        self._writing: Engine = open_database(settings.db)  # readers cannot use up its pool
        self._store = Store(self._writing, settings, self._keys)
        self.writer: GroupWriter[Job, Answer] = GroupWriter(
            self._store_measured, max_waiting=settings.max_waiting
        )
        self._bodies = Bodies(max(settings.max_bodies_bytes, settings.max_body_bytes))
        self._peers = Rate(settings.peer_rate_hz, settings.peer_rate_hz * settings.burst_s)
        self._devices = Rate(settings.device_rate_hz, settings.device_rate_hz * settings.burst_s)

    def close(self) -> None:
        """Store what waits and let go of the database. Blocks."""
        self.writer.close()
        self._writing.dispose()
        self.engine.dispose()

    def take_peer(self, request: Request) -> None:
        """Count a request against the rate of its network address; raises ``Refused``."""
        self._peers.take(payer_of(peer_of(request) or ""))

    async def body(self, request: Request) -> bytes:
        """The body of a request, within the bounds of size, time and rate."""
        self.take_peer(request)
        settings = self.settings
        return await self._bodies.read(request, settings.max_body_bytes, settings.body_timeout_s)

    async def json(self, request: Request, model: type[M]) -> M:
        """The body of a request as ``model``; raises ``Refused``."""
        try:
            return model.model_validate_json(await self.body(request))
        except ValidationError as error:
            raise Refused(422, "invalid", words_of(error)) from error

    async def signed(self, request: Request) -> Signed:
        """The envelope in a request, verified; raises ``Refused``."""
        raw = await self.body(request)
        try:
            envelope = frame(raw)
        except EnvelopeError as error:
            raise Refused(422, "invalid", str(error)) from error
        key = self._keys.remembered(envelope)
        if key is None:
            key = await run_in_threadpool(self._keys.find, envelope, now_utc())
        if not envelope.verify(key.key):
            raise bad_signature(envelope.device)
        self._devices.take(envelope.device, envelope.device)
        try:
            _ = envelope.body  # not before: to read a megabyte of JSON takes long, for anyone
        except EnvelopeError as error:
            raise Refused(422, "invalid", str(error), device=envelope.device) from error
        return Signed(envelope, key, raw)

    async def record(self, refused: Refused, request: Request) -> None:
        """Count a refusal and append it to the audit."""
        self.metrics.refused.labels(refused.error).inc()
        if isinstance(refused, Replaced):
            self._keys.clear()
        if refused.status == 503:
            return
        try:
            await self.writer.submit(
                refusal(refused, now_utc(), request.url.path, peer_of(request))
            )
        except Refused:
            _log.warning("a refusal could not be recorded: %s", refused.error)

    def _store_measured(self, jobs: Sequence[Job]) -> list[Answer]:
        started = time.perf_counter()
        answers = self._store(jobs)
        self.metrics.commit.observe(time.perf_counter() - started)
        self.metrics.group.observe(len(jobs))
        return answers


def peer_of(request: Request) -> str | None:
    """The network address that a request came from."""
    return request.client.host[:64] if request.client else None
