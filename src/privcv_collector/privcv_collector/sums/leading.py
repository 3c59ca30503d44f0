# SPDX-License-Identifier: Apache-2.0
"""What the leader does every few seconds: verify what waits, close what is due."""

from datetime import datetime

from sqlalchemy import Engine

from privcv_across.errors import AcrossError
from privcv_across.messages.closing import CloseResp
from privcv_across.totals.close import Total
from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import writing
from privcv_collector.sums.closing import due_windows, finish, propose, sweep
from privcv_collector.sums.tasks import RunningTask, Sums
from privcv_collector.sums.verifying import Ask, verify_waiting


def lead(engine: Engine, sums: Sums, ask: Ask, now: datetime) -> list[str]:
    """Go as far as that is possible now; what stood in the way, of each task.

    Raises ``SQLAlchemyError``. Whatever ends it, the next call goes on.
    """
    faults = []
    for task in sums.tasks.values():
        try:
            while verify_waiting(engine, task, ask):
                pass
            close_due(engine, task, ask, now)
            with writing(engine).begin() as connection:
                sweep(connection, task)
        except (CollectorError, AcrossError) as error:
            faults.append(f"task {task.id[:16]}: {error}")
    return faults


def close_due(engine: Engine, task: RunningTask, ask: Ask, now: datetime) -> list[Total]:
    """Close all windows of a task that are due; the totals that are new."""
    with engine.connect() as connection:
        times = due_windows(connection, task, now.timestamp())
    made = []
    for time in times:
        with writing(engine).begin() as connection:
            request = propose(connection, task, time, now)
        if request is None:
            continue
        answer = CloseResp.decode(ask(task, f"closes/{time}", request.encode()))
        with writing(engine).begin() as connection:
            total = finish(connection, task, request, answer, now)
        if total is not None:
            made.append(total)
    return made
