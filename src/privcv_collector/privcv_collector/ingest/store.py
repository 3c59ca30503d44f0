# SPDX-License-Identifier: Apache-2.0
"""What the writer's thread does with a group: batches, refusals and probes, one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from privcv_collector.devices.key_cache import KeyCache
from privcv_collector.ingest.batch import Batch
from privcv_collector.ingest.ingest import Answer, store_batches
from privcv_collector.ingest.refusal_log import Refusal, RefusalLog, refusal
from privcv_collector.ingest.series_keys import SeriesKeys
from privcv_collector.refused import Replaced
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.database import writing
from privcv_collector.sums.part import NO_PART, Part


@dataclass(frozen=True)
class Probe:
    """A write that changes nothing: whether batches could be stored now."""


Job = Batch | Refusal | Probe

# A row is written, not only locked: a disk without room is found too.
_PROBE = text("UPDATE alembic_version SET version_num = version_num")
_RECORDED = Answer(200, {})


class Store:
    """Commits groups of jobs, one transaction each; used by one thread only."""

    def __init__(
        self,
        engine: Engine,
        settings: CollectorSettings,
        keys: KeyCache,
        part: Part = NO_PART,
    ) -> None:
        self._engine = writing(engine)
        self._settings = settings
        self._keys = keys
        self._part = part
        self._series = SeriesKeys()
        self._refusals = RefusalLog()

    def __call__(self, jobs: Sequence[Job]) -> list[Answer]:
        """Store ``jobs``: an answer for each, in order, durable once this returned.

        Raises ``Replaced`` and ``SQLAlchemyError``; then nothing was stored.
        """
        try:
            with self._engine.begin() as connection:
                return self._store(connection, jobs)
        except Exception as error:
            self._series.clear()
            if isinstance(error, Replaced):
                self._keys.clear()
            raise

    def _store(self, connection: Connection, jobs: Sequence[Job]) -> list[Answer]:
        group = [job for job in jobs if isinstance(job, Batch)]
        answers = iter(
            store_batches(connection, group, self._settings, self._series, self._part)
            if group
            else []
        )
        if any(isinstance(job, Probe) for job in jobs):
            connection.execute(_PROBE)
        results: list[Answer] = []
        refused: list[Refusal] = []
        for job in jobs:
            if isinstance(job, Refusal):
                results.append(_RECORDED)
                refused.append(job)
                continue
            if isinstance(job, Probe):
                results.append(_RECORDED)
                continue
            answer = next(answers)
            results.append(answer)
            refused += answer.refused_reports
            if answer.refused is not None:
                refused.append(refusal(answer.refused, job.received_at, "/v1/batches", job.peer))
        self._refusals.append(connection, refused)
        return results
