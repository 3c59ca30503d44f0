# SPDX-License-Identifier: Apache-2.0
"""A window is closed once: over which reports, with what noise, is committed before it is told.

The leader proposes what it has counted, and never proposes another list; the helper closes over
what both have, stores its noisy share, and answers the same bytes for ever; the leader then stores
its own, and the total. Each step is one transaction, and can be asked for again.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from privcv_across.errors import MalformedMessage, TooFewSites
from privcv_across.messages.closing import CloseReq, CloseResp, encode_ids, read_ids
from privcv_across.totals.close import Close, Total, close, combine, in_both
from privcv_across.totals.counted import close_entry
from privcv_collector.refused import Refused
from privcv_collector.storage.sum_tables import secure_reports, sum_totals, window_closes
from privcv_collector.sums.log_queue import queue_entries
from privcv_collector.sums.reception import COUNTED, WAITING
from privcv_collector.sums.tasks import RunningTask

PROPOSED, CLOSED, TOO_FEW = "proposed", "closed", "too_few"
CONFIDENCE = 0.9


def due_windows(connection: Connection, task: RunningTask, now: float) -> list[int]:
    """Windows with reports, past the time of closing, that are not closed."""
    of_task = secure_reports.c.task_pk == task.pk
    times = connection.execute(select(secure_reports.c.time).where(of_task).distinct()).scalars()
    return sorted(time for time in times if task.closes_at(time) <= now)


def sweep(connection: Connection, task: RunningTask) -> None:
    """Take away reports of closed windows, and count them as late: they came while it closed."""
    of_closed = (
        select(window_closes.c.time)
        .where(window_closes.c.task_pk == task.pk, window_closes.c.state != PROPOSED)
    )  # fmt: skip
    late = connection.execute(
        delete(secure_reports)
        .where(secure_reports.c.task_pk == task.pk, secure_reports.c.time.in_(of_closed))
        .returning(secure_reports.c.time)
    ).scalars()
    for time, number in Counter(late).items():
        connection.execute(
            update(window_closes)
            .where(window_closes.c.task_pk == task.pk, window_closes.c.time == time)
            .values(late=window_closes.c.late + number)
        )


def propose(connection: Connection, task: RunningTask, time: int, now: datetime) -> CloseReq | None:
    """What the leader proposes to close over; ``None`` while some of it waits to be verified, or
    the window is closed."""
    row = _locked(connection, task.pk, time)
    if row is None:
        states = connection.execute(
            select(secure_reports.c.report_id, secure_reports.c.state).where(
                secure_reports.c.task_pk == task.pk, secure_reports.c.time == time
            )
        ).all()
        if any(state == WAITING for _, state in states):
            return None
        ids = tuple(sorted(bytes(one) for one, state in states if state == COUNTED))
        _insert(connection, task.pk, time, PROPOSED, ids, ids, None, now)
        return CloseReq(time, ids)
    return CloseReq(time, read_ids(bytes(row.report_ids))) if row.state == PROPOSED else None


def answer_close(
    connection: Connection, task: RunningTask, request: CloseReq, now: datetime
) -> CloseResp:
    """The helper's part. Raises ``Refused``: 409 for another list than the window was closed with,
    and for a window that has not ended."""
    row = _locked(connection, task.pk, request.time)
    if row is not None:
        if bytes(row.proposed) != _digest(request.report_ids):
            raise Refused(409, "conflict", "the window is closed, over other reports")
        return CloseResp(read_ids(bytes(row.report_ids)), bytes(row.noisy_share or b""))
    if (request.time + 1) * task.task.window_s > now.timestamp():
        raise Refused(409, "sequence", "the window has not ended")
    held = _output_shares(connection, task, request.time)
    ids = in_both(request.report_ids, held)
    mine = _close(task, request.time, ids, held)
    _commit(connection, task, request, ids, mine, now)
    return CloseResp(ids, mine.noisy_share if mine else b"")


def finish(
    connection: Connection, task: RunningTask, request: CloseReq, answer: CloseResp, now: datetime
) -> Total | None:
    """The leader's part, with the helper's answer; ``None`` where it was done, or sites are too
    few. Raises ``MalformedMessage`` and ``MalformedShare`` for an answer that fits no proposal."""
    row = _locked(connection, task.pk, request.time)
    if row is None or row.state != PROPOSED:
        return None
    held = _output_shares(connection, task, request.time)
    ids = answer.report_ids
    if in_both(ids, held) != ids or not set(ids) <= set(request.report_ids):
        raise MalformedMessage("close answer: names reports that were not proposed")
    mine = _close(task, request.time, ids, held)
    if mine is not None and not answer.noisy_share:
        raise MalformedMessage("close answer: says too few sites of enough")
    _commit(connection, task, request, ids, mine, now)
    if mine is None:
        return None
    theirs = Close(request.time, ids, answer.noisy_share)
    total = combine(task.aggregator.task, task.noise, mine, theirs, CONFIDENCE)
    connection.execute(
        insert(sum_totals).values(
            task_pk=task.pk,
            time=request.time,
            sites=total.sites,
            counts=list(total.counts),
            half_width=total.half_width,
            confidence=total.confidence,
            at=now,
        )
    )
    return total


def close_content(task_id: str, time: int, state: str, ids: tuple[bytes, ...]) -> dict[str, Any]:
    """What is said of a close; its digest stands in the log."""
    root = Close(time, ids, b"").root.hex()
    return {"root": root, "sites": len(ids), "state": state, "task": task_id, "time": time}


def _close(
    task: RunningTask, time: int, ids: tuple[bytes, ...], held: dict[bytes, list[int]]
) -> Close | None:
    try:
        return close(task.aggregator.task, task.noise, time, ids, held)
    except TooFewSites:
        return None


def _commit(
    connection: Connection,
    task: RunningTask,
    request: CloseReq,
    ids: tuple[bytes, ...],
    mine: Close | None,
    now: datetime,
) -> None:
    state = CLOSED if mine else TOO_FEW
    share = mine.noisy_share if mine else None
    of_window = (window_closes.c.task_pk == task.pk) & (window_closes.c.time == request.time)
    ended = connection.execute(
        update(window_closes)
        .where(of_window)
        .values(state=state, report_ids=encode_ids(ids), noisy_share=share, at=now)
    )
    if not ended.rowcount:
        _insert(connection, task.pk, request.time, state, request.report_ids, ids, share, now)
    connection.execute(
        delete(secure_reports).where(
            secure_reports.c.task_pk == task.pk, secure_reports.c.time == request.time
        )
    )
    queue_entries(connection, [close_entry(close_content(task.id, request.time, state, ids))])


def _insert(
    connection: Connection,
    task_pk: int,
    time: int,
    state: str,
    proposed: tuple[bytes, ...],
    ids: tuple[bytes, ...],
    share: bytes | None,
    now: datetime,
) -> None:
    connection.execute(
        insert(window_closes).values(
            task_pk=task_pk,
            time=time,
            state=state,
            proposed=_digest(proposed),
            report_ids=encode_ids(ids),
            noisy_share=share,
            at=now,
            late=0,
        )
    )


def _locked(connection: Connection, task_pk: int, time: int) -> Any:
    return connection.execute(
        select(window_closes)
        .where(window_closes.c.task_pk == task_pk, window_closes.c.time == time)
        .with_for_update()
    ).first()


def _output_shares(connection: Connection, task: RunningTask, time: int) -> dict[bytes, list[int]]:
    field = task.aggregator.task.prio3.field
    length = task.aggregator.task.prio3.circuit.output_length
    rows = connection.execute(
        select(secure_reports.c.report_id, secure_reports.c.output_share).where(
            secure_reports.c.task_pk == task.pk,
            secure_reports.c.time == time,
            secure_reports.c.state == COUNTED,
        )
    )
    return {bytes(row.report_id): field.decode(bytes(row.output_share), length) for row in rows}


def _digest(ids: Iterable[bytes]) -> bytes:
    return hashlib.sha256(b"".join(ids)).digest()
