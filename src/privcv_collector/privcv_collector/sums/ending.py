# SPDX-License-Identifier: Apache-2.0
"""Tasks that ended: what sites sent and no window was closed over is not kept for ever.

A window that closes takes its reports with it. One that never closes, since the other collector
does not come back, would keep them: they go some time after their task has ended, and from then on
nothing of that task is taken in again, so that what went cannot come back and be counted.
"""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select

from privcv_across.errors import RefusedReport
from privcv_across.task.document import Task
from privcv_across.task.signed_task import SignedTask
from privcv_collector.devices.actions import RETENTION, record_action
from privcv_collector.storage.database import writing
from privcv_collector.storage.sum_tables import secure_reports, sum_tasks, window_closes

KEPT = timedelta(days=30)
"""For so long after the end of a task its windows can still be closed."""


def refuse_ended(task: Task, now: datetime) -> None:
    """Raises ``RefusedReport`` for a report of a task that is over and done with."""
    if is_over(task, now):
        raise RefusedReport("task_expired", "report: its task ended more than 30 days ago")


def is_over(task: Task, now: datetime) -> bool:
    """Whether the time is past in which windows of ``task`` are closed."""
    return now >= task.interval[1] + timedelta(seconds=task.close_after_s) + KEPT


def end_reports(engine: Engine, now: datetime) -> None:
    """Delete what is left of reports of tasks that are over; the audit says of which.

    Reports that a leader proposed to close over stay: it must be able to end what it began. Raises
    ``SQLAlchemyError``.
    """
    with engine.connect() as connection:
        rows = connection.execute(select(sum_tasks)).all()
    for row in rows:
        if not is_over(SignedTask.decode(bytes(row.document)).task, now):
            continue
        proposed = select(window_closes.c.time).where(
            window_closes.c.task_pk == row.pk, window_closes.c.state == "proposed"
        )
        of_task = (secure_reports.c.task_pk == row.pk) & secure_reports.c.time.not_in(proposed)
        with writing(engine).begin() as connection:
            if connection.execute(delete(secure_reports).where(of_task)).rowcount:
                target = f"secure_reports of task {row.task[:16]}"
                record_action(connection, RETENTION, "reports.expired", target, ())
