# SPDX-License-Identifier: Apache-2.0
"""What one collector process holds while it runs. All that must outlive it is in the database."""

import contextlib
import time
from collections.abc import Sequence

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from privcv_across.attestation.policy import AttestationPolicy
from privcv_collector.devices.access import AccessTokens
from privcv_collector.devices.key_cache import KeyCache
from privcv_collector.devices.known_networks import known_networks
from privcv_collector.devices.page_sessions import PageSessions
from privcv_collector.devices.read_log import ReadLog
from privcv_collector.health import Health
from privcv_collector.ingest.ingest import Answer
from privcv_collector.ingest.store import Job, Probe, Store
from privcv_collector.limits.bodies import KNOWN_NETWORKS, BodyReader
from privcv_collector.limits.rate import RateLimit
from privcv_collector.limits.streams import Streams
from privcv_collector.metrics import Metrics
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import open_database
from privcv_collector.storage.group_writer import GroupWriter
from privcv_collector.sums.part import Part, open_part
from privcv_core.settings.model import load_settings


class Collector:
    """Database, writer, limits and figures of one process; ``privcv_collector.api`` serves it.

    Raises ``CollectorError`` where the database or the file with the administrator's token cannot
    be used, ``SettingsError`` where the policy cannot.
    """

    def __init__(self, settings: CollectorSettings) -> None:
        self.settings = settings
        policy = settings.attestation_policy
        self.attestation = (
            load_settings(AttestationPolicy, policy) if policy else AttestationPolicy()
        )
        self.engine: Engine = open_database(settings.db)
        self.tokens = AccessTokens(self.engine, settings.admin_token_file)
        self.sessions = PageSessions(self.engine, self.tokens)
        self.streams = Streams(
            settings.max_streams_of_token, settings.max_streams_of_network, settings.max_streams
        )
        self.reads = ReadLog(self.engine)
        self.metrics = Metrics()
        self.keys = KeyCache(self.engine)
        self._writing: Engine = open_database(settings.db)  # readers cannot use up its pool
        self.sums: Part = open_part(self.engine, settings.sums)
        self._store = Store(self._writing, settings, self.keys, self.sums)
        self.writer: GroupWriter[Job, Answer] = GroupWriter(
            self._store_measured, max_waiting=settings.max_waiting
        )
        self.health = Health(lambda: self.writer.submit(Probe()))
        most_bytes = max(settings.max_bodies_bytes, settings.max_body_bytes)
        self.bodies = BodyReader(most_bytes, known_networks(self.engine, KNOWN_NETWORKS))
        self.kept_networks: dict[str, str] = {}
        """Device -> the network that this process kept of it."""
        self.peer_rate = _rate_limit(settings.peer_rate_hz, settings.burst_s)
        self.open_rate = _rate_limit(settings.open_rate_hz, settings.burst_s)
        self.device_rate = _rate_limit(settings.device_rate_hz, settings.burst_s)

    def close(self) -> None:
        """Store what waits and let go of the database. Blocks."""
        self.writer.close()
        self.sums.close()
        with contextlib.suppress(SQLAlchemyError):  # it is gone: the readers were told so
            self.reads.write()
        self._writing.dispose()
        self.engine.dispose()

    def _store_measured(self, jobs: Sequence[Job]) -> list[Answer]:
        started = time.perf_counter()
        answers = self._store(jobs)
        self.metrics.commit.observe(time.perf_counter() - started)
        self.metrics.group.observe(len(jobs))
        return answers


def _rate_limit(rate_hz: float, burst_s: float) -> RateLimit:
    return RateLimit(rate_hz, rate_hz * burst_s)
