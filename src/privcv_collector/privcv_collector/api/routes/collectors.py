# SPDX-License-Identifier: Apache-2.0
"""What the leader of a task asks its helper: aggregation jobs, and closes of windows.

Who asks is decided by the keys in the task, over the bytes of the request; answers are signed too.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from privcv_across.errors import AcrossError
from privcv_across.messages.basic import Role
from privcv_across.messages.closing import CloseReq
from privcv_across.messages.collector_signature import CollectorRequest
from privcv_collector.api.error_answers import record_refusal
from privcv_collector.api.error_schema import errors
from privcv_collector.api.requests import Here, read_body
from privcv_collector.clock import now_utc
from privcv_collector.collector import Collector
from privcv_collector.refused import Refused, busy
from privcv_collector.storage.database import writing
from privcv_collector.sums.closing import answer_close
from privcv_collector.sums.exchange import PREFIX, SIGNATURE, TIME, check_leader
from privcv_collector.sums.tasks import RunningTask
from privcv_collector.sums.verifying import answer_job

_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
}
router = APIRouter(
    prefix=f"/{PREFIX}",
    tags=["collectors"],
    responses={**errors(400, 401, 404, 408, 409, 413, 422, 429, 503), **_ANSWER},
)
TaskId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]

_BYTES = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string"}}},
    },
}


@router.put(
    "/{task_id}/aggregation_jobs/{job}",
    response_class=Response,
    openapi_extra=_BYTES,
    summary="Verify reports with the leader",
)
async def put_job(
    request: Request, here: Here, task_id: TaskId, job: Annotated[str, Path(max_length=64)]
) -> Response:
    """AggregationJobInitReq to AggregationJobResp of DAP 18; the same again gets the same."""

    def answer(connection: Connection, task: RunningTask, body: bytes, now: datetime) -> bytes:
        return answer_job(connection, task, body, now)

    return await _answered(request, here, task_id, f"aggregation_jobs/{job}", answer)


@router.put(
    "/{task_id}/closes/{window}",
    response_class=Response,
    openapi_extra=_BYTES,
    summary="Close a window over what both collectors have",
)
async def put_close(
    request: Request,
    here: Here,
    task_id: TaskId,
    window: Annotated[int, Path(ge=0, lt=2**53)],
) -> Response:
    """The same list gets the same bytes for ever; another list for a closed window 409."""

    def answer(connection: Connection, task: RunningTask, body: bytes, now: datetime) -> bytes:
        asked = CloseReq.decode(body)
        if asked.time != window:
            raise Refused(422, "invalid", "close: is of another window than its address")
        return answer_close(connection, task, asked, now).encode()

    return await _answered(request, here, task_id, f"closes/{window}", answer)


Answer = Callable[[Connection, RunningTask, bytes, datetime], bytes]


async def _answered(
    request: Request, here: Collector, task_id: str, below: str, answer: Answer
) -> Response:
    body = await read_body(here, request)
    sums = here.sums.sums
    task = sums.tasks.get(task_id) if sums is not None and sums.role is Role.HELPER else None
    if sums is None or task is None:
        raise Refused(404, "not_found", "this collector is no helper of such a task")
    sent = request.headers.get(TIME, "")
    asked = CollectorRequest(
        f"/{PREFIX}/{task_id}/{below}", int(sent) if _is_time(sent) else 0, body
    )
    check_leader(task, asked, request.headers.get(SIGNATURE, ""), time.time())

    def store() -> bytes:
        with writing(here.engine).begin() as connection:
            return answer(connection, task, body, now_utc())

    status, content = 200, b""
    try:
        content = await run_in_threadpool(store)
    except (AcrossError, Refused, IntegrityError) as error:
        refused = _refused(error)
        await record_refusal(here, refused, request)
        status, content = refused.status, json.dumps(refused.content()).encode()
    signature = asked.sign_answer(sums.signing_key, status, content)
    kind = "application/octet-stream" if status == 200 else "application/json"
    return Response(content, status, {SIGNATURE: signature}, kind)


def _refused(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, IntegrityError):
        return busy("another request does this; try again")
    return Refused(422, "invalid", str(error))


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 15
