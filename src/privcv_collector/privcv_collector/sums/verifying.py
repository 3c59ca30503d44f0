# SPDX-License-Identifier: Apache-2.0
"""Aggregation jobs (DAP, 4.6): leader and helper verify reports, and each keeps its output share.

Both parts can be done again after a crash at any point: what the leader sends of a report is the
same each time, and the helper answers what it answered before.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select, update

from privcv_across.errors import MalformedMessage, RefusedReport
from privcv_across.messages.aggregation import (
    AggregationJobInitReq,
    AggregationJobResp,
    VerifyInit,
    VerifyResp,
)
from privcv_across.messages.basic import ReportError
from privcv_across.messages.report import Report
from privcv_across.sealing.sealed_report import check_device
from privcv_across.sealing.verification import answer, begin, end
from privcv_across.vdaf.prio3 import Prepared
from privcv_collector.storage.database import writing
from privcv_collector.storage.sum_tables import secure_reports
from privcv_collector.sums.ending import refuse_ended
from privcv_collector.sums.reception import COUNTED, REFUSED, WAITING, kept_of, refuse_late
from privcv_collector.sums.tasks import RunningTask

MOST_OF_A_JOB = 128
"""Reports; 3 kB each."""

Ask = Callable[[RunningTask, str, bytes], bytes]
"""(task, path below the task, request) -> the other collector's answer; ``CollectorError``."""


def verify_waiting(engine: Engine, task: RunningTask, ask: Ask) -> int:
    """Verify some of what waits, together with the helper; how many were decided.

    Raises ``CollectorError`` where the helper does not answer: then all of it waits on.
    """
    with engine.connect() as connection:
        waiting = (
            select(secure_reports.c.report_id, secure_reports.c.content)
            .where(secure_reports.c.task_pk == task.pk, secure_reports.c.state == WAITING)
            .order_by(secure_reports.c.time)
            .limit(MOST_OF_A_JOB)
        )
        rows = connection.execute(waiting).all()
    if not rows:
        return 0
    decided: dict[bytes, list[int] | RefusedReport] = {}
    prepared: dict[bytes, Prepared] = {}
    messages: list[VerifyInit] = []
    for row in rows:
        report_id = bytes(row.report_id)
        try:
            kept, message = begin(task.aggregator, Report.decode(bytes(row.content)))
        except RefusedReport as error:
            decided[report_id] = error
            continue
        prepared[report_id] = kept
        messages.append(message)
    if messages:
        decided |= _with_the_helper(task, ask, prepared, messages)
    with writing(engine).begin() as connection:
        for report_id, found in decided.items():
            _decide(connection, task, report_id, found)
    return len(decided)


def answer_job(connection: Connection, task: RunningTask, request: bytes, now: datetime) -> bytes:
    """The helper's answer, whose output shares are kept in the same transaction.

    Raises ``MalformedMessage``.
    """
    job = AggregationJobInitReq.decode(request)
    if len(job.reports) > MOST_OF_A_JOB:
        raise MalformedMessage(f"aggregation job: more than {MOST_OF_A_JOB} reports")
    responses = [_answered(connection, task, message, now) for message in job.reports]
    return AggregationJobResp(tuple(responses)).encode()


def _with_the_helper(
    task: RunningTask, ask: Ask, prepared: dict[bytes, Prepared], messages: list[VerifyInit]
) -> dict[bytes, list[int] | RefusedReport]:
    request = AggregationJobInitReq(0, tuple(messages)).encode()
    job = hashlib.sha256(request).hexdigest()
    responses = AggregationJobResp.decode(ask(task, f"aggregation_jobs/{job}", request)).responses
    ids = [message.metadata.report_id for message in messages]
    if [response.report_id for response in responses] != ids:
        raise MalformedMessage("aggregation job answer: is of other reports, or another order")
    found: dict[bytes, list[int] | RefusedReport] = {}
    for report_id, response in zip(ids, responses, strict=True):
        try:
            found[report_id] = end(task.aggregator, prepared[report_id], report_id, response)
        except RefusedReport as error:
            found[report_id] = error
    return found


def _decide(
    connection: Connection, task: RunningTask, report_id: bytes, found: list[int] | RefusedReport
) -> None:
    values: dict[str, object] = {"content": None}
    if isinstance(found, RefusedReport):
        values |= {"state": REFUSED, "reason": found.reason}
    else:
        field = task.aggregator.task.prio3.field
        values |= {"state": COUNTED, "output_share": field.encode(found)}
    connection.execute(
        update(secure_reports)
        .where(
            secure_reports.c.task_pk == task.pk,
            secure_reports.c.report_id == report_id,
            secure_reports.c.state == WAITING,
        )
        .values(values)
    )


def _answered(
    connection: Connection, task: RunningTask, message: VerifyInit, now: datetime
) -> VerifyResp:
    metadata = message.metadata
    digest = hashlib.sha256(message.encode()).digest()
    try:
        refuse_ended(task.task, now)
        device = check_device(task.aggregator.task, metadata, message.public_share)
    except RefusedReport as error:
        return VerifyResp(metadata.report_id, error=ReportError[error.reason.upper()])
    present = kept_of(connection, task.pk, metadata, device)
    if present is not None:
        if bytes(present.sha256) != digest:
            return VerifyResp(metadata.report_id, error=ReportError.REPORT_REPLAYED)
        return AggregationJobResp.decode(bytes(present.answer)).responses[0]
    output, response = answer(task.aggregator, message)
    if output is None:
        return response
    try:
        refuse_late(connection, task.pk, metadata.time)
    except RefusedReport:
        return VerifyResp(metadata.report_id, error=ReportError.BATCH_COLLECTED)
    connection.execute(
        insert(secure_reports).values(
            task_pk=task.pk,
            report_id=metadata.report_id,
            time=metadata.time,
            device=device,
            sha256=digest,
            state=COUNTED,
            reason="",
            received_at=now,
            answer=response.encode(),
            output_share=task.aggregator.task.prio3.field.encode(output),
        )
    )
    return response
