# SPDX-License-Identifier: Apache-2.0
"""What the leader does with a sealed report: whose it is, and whether it comes in time.

It asks no more than that before it keeps it, since a batch of a device waits for it. What is
refused here costs this report, never the batch in which it came.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from privcv_across.errors import AcrossError, RefusedReport
from privcv_across.messages.basic import ReportMetadata, Role
from privcv_across.messages.report import Report
from privcv_across.sealing.sealed_report import check_device
from privcv_collector.storage.sum_tables import secure_reports, window_closes
from privcv_collector.sums.ending import refuse_ended
from privcv_collector.sums.tasks import RunningTask, Sums

EARLY_S = 300
"""How far ahead of this collector's clock a window may end, s."""

WAITING, COUNTED, REFUSED = "waiting", "counted", "refused"


@dataclass(frozen=True)
class Received:
    """A report that fits its task and that a device of the roster signed."""

    task: RunningTask
    report: Report
    content: bytes
    device: bytes
    """Its public key."""

    @property
    def report_id(self) -> bytes:
        """16 bytes."""
        return self.report.metadata.report_id


def read_report(sums: Sums | None, task_id: str, content: bytes) -> Received:
    """Check a report as far as that needs no database; raises ``RefusedReport``."""
    task = sums.tasks.get(task_id) if sums is not None and sums.role is Role.LEADER else None
    if task is None:
        raise RefusedReport("invalid_message", "report: this collector leads no such task")
    try:
        report = Report.decode(content)
    except AcrossError as error:
        raise RefusedReport("invalid_message", f"report: {error}") from error
    if len(content) != task.aggregator.task.report_size:
        raise RefusedReport("invalid_message", "report: has another size than the task says")
    device = check_device(task.aggregator.task, report.metadata, report.public_share)
    return Received(task, report, content, device)


def keep_report(connection: Connection, received: Received, now: datetime) -> bool:
    """Keep it until its window closes; False where it is here already. Raises ``RefusedReport``.

    A window that is closed stays so: what comes later is counted as late, and refused.
    """
    task, time = received.task, received.report.metadata.time
    if (time + 1) * task.task.window_s > now.timestamp() + EARLY_S:
        raise RefusedReport("report_too_early", "report: of a window that has not ended")
    refuse_ended(task.task, now)
    digest = hashlib.sha256(received.content).digest()
    present = kept_of(connection, task.pk, received.report.metadata, received.device)
    if present is not None:
        if bytes(present.sha256) != digest:
            raise RefusedReport("report_replayed", "report: another of this window is here already")
        return False
    refuse_late(connection, task.pk, time)
    connection.execute(
        insert(secure_reports).values(
            task_pk=task.pk,
            report_id=received.report_id,
            time=time,
            device=received.device,
            sha256=digest,
            state=WAITING,
            reason="",
            received_at=now,
            content=received.content,
        )
    )
    return True


def kept_of(connection: Connection, task_pk: int, metadata: ReportMetadata, device: bytes) -> Any:
    """The report with this id, or of this device and window, that is here; ``None`` for none."""
    column = secure_reports.c
    of_device = (column.time == metadata.time) & (column.device == device)
    return connection.execute(
        select(column.sha256, column.answer).where(
            column.task_pk == task_pk, (column.report_id == metadata.report_id) | of_device
        )
    ).first()


def refuse_late(connection: Connection, task_pk: int, time: int) -> None:
    """Count and refuse a report of a window that is closed; raises ``RefusedReport``."""
    closed = connection.execute(
        update(window_closes)
        .where(window_closes.c.task_pk == task_pk, window_closes.c.time == time)
        .values(late=window_closes.c.late + 1)
    )
    if closed.rowcount:
        raise RefusedReport("batch_collected", "report: its window is closed")
