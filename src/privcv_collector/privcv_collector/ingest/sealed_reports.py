# SPDX-License-Identifier: Apache-2.0
"""Sealed reports of a batch, stored in its transaction; and what of a batch stands in the log."""

from collections.abc import Sequence

from sqlalchemy import Connection

from privcv_across.errors import RefusedReport
from privcv_across.messages.basic import Role
from privcv_across.transparency.log_entry import LogEntry
from privcv_collector.ingest.batch import Batch
from privcv_collector.ingest.refusal_log import Refusal
from privcv_collector.refused import Refused
from privcv_collector.sums.log_queue import queue_entries
from privcv_collector.sums.part import Part
from privcv_collector.sums.reception import keep_report, read_report
from privcv_core.protocol.secure_release import AnyRelease, SecureRelease

SEALED_REPORT = "sealed_report"
"""Of the audit's rows about reports that are not counted, whose batch was taken."""

Fresh = Sequence[tuple[AnyRelease, bytes]]


class SealedReports:
    """What one transaction does with sealed reports."""

    def __init__(self, connection: Connection, part: Part) -> None:
        self._connection, self._part = connection, part

    def check(self, fresh: Fresh, device: str) -> None:
        """Refuse a batch with shares for a task that this collector does not lead.

        The device then knows that they went nowhere. Raises ``Refused``.
        """
        sums = self._part.sums
        led = sums.tasks if sums is not None and sums.role is Role.LEADER else {}
        for release, _ in fresh:
            if isinstance(release, SecureRelease) and release.secure.task not in led:
                words = f"release {release.sequence}: this collector does not lead its task"
                raise Refused(422, "invalid", words, device=device)

    def keep(self, batch: Batch, fresh: Fresh) -> tuple[Refusal, ...]:
        """Keep the reports, and what the log is to say; those that are not counted."""
        refused = []
        for release, _ in fresh:
            if not isinstance(release, SecureRelease):
                continue
            try:
                secure = release.secure
                received = read_report(self._part.sums, secure.task, secure.report_bytes)
                keep_report(self._connection, received, batch.received_at)
            except RefusedReport as error:
                refused.append(_refusal(batch, release, error))
        if self._part.writes_log:
            device = batch.envelope.device
            entries = [LogEntry("release", device, digest.hex()) for _, digest in fresh]
            queue_entries(self._connection, entries)
        return tuple(refused)


def _refusal(batch: Batch, release: SecureRelease, error: RefusedReport) -> Refusal:
    words = f"{error.reason}: release {release.sequence}: {error}"[:256]
    device = batch.envelope.device
    return Refusal(batch.received_at, SEALED_REPORT, words, "/v1/batches", device, batch.peer)
