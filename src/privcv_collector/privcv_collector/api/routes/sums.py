# SPDX-License-Identifier: Apache-2.0
"""Sums over sites, for people and devices: tasks, totals, proofs, the log."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from privcv_across.errors import LogError
from privcv_across.totals.counted import close_entry
from privcv_collector.api.authorize import allow
from privcv_collector.api.error_schema import errors
from privcv_collector.api.openapi import signed_body_of
from privcv_collector.api.requests import Database, Here, body_as, read_recent
from privcv_collector.api.sum_schemas import (
    LogCheckpoint,
    LogEntriesPage,
    ProofAnswer,
    ProofBody,
    SumTotalsPage,
    TasksAnswer,
)
from privcv_collector.devices.access import Access
from privcv_collector.queries import sum_queries
from privcv_collector.refused import Refused, busy
from privcv_collector.sums.log_queue import numbered_entries
from privcv_collector.sums.logbook import Logbook
from privcv_collector.sums.part import Part

QUESTION_MAX_AGE_S = 300.0
router = APIRouter(
    prefix="/v1/across",
    tags=["sums over sites"],
    responses=errors(400, 401, 403, 404, 408, 413, 422, 429, 503),
)
_reader = allow("viewer", "auditor")


def _of_all_sites(access: Annotated[Access, Depends(_reader)]) -> Access:
    """Totals over sites are for who may see every site: a token of some sites sees none."""
    if access.sites:
        raise Refused(403, "forbidden", "totals over sites need a token that is for every site")
    return access


Reader = Annotated[Access, Depends(_of_all_sites)]
TaskId = Annotated[str, Query(pattern=r"^[0-9a-f]{64}$", description="Of one task.")]


@router.get("/tasks", response_model=TasksAnswer, summary="What is summed over which sites")
def get_tasks(_access: Reader, engine: Database) -> Any:
    """All tasks that this collector ever had."""
    with engine.connect() as connection:
        return {"tasks": sum_queries.tasks(connection)}


@router.get("/totals", response_model=SumTotalsPage, summary="Totals over sites")
def get_totals(
    _access: Reader,
    engine: Database,
    task: TaskId,
    before: Annotated[int | None, Query(ge=0, lt=2**53, description="Older windows.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Any:
    """Windows of a task that are closed, the newest first. At the helper they have no numbers.

    Follow ``next`` with ``before``.
    """
    with engine.connect() as connection:
        rows = sum_queries.totals(connection, task, before, limit)
        more = rows[-1].time if len(rows) == limit else None
        return {"totals": [sum_queries.shown(task, row) for row in rows], "next": more}


@router.post(
    "/proofs",
    response_model=ProofAnswer,
    openapi_extra=signed_body_of(ProofBody),
    summary="Whether a device's report was counted, with proof",
)
async def post_proof(request: Request, here: Here) -> Any:
    """404 as long as the window is open."""
    signed, _ = await read_recent(here, request, QUESTION_MAX_AGE_S)
    asked = body_as(ProofBody, signed.envelope).proof

    def find() -> dict[str, Any] | None:
        with here.engine.connect() as connection:
            found = sum_queries.proof(
                connection, asked.task, asked.time, bytes.fromhex(asked.report_id)
            )
        if found is None:
            return None
        return {**found, "log_proof": _logged(here.sums, found["close"])}

    answer = await run_in_threadpool(find)
    if answer is None:
        raise Refused(404, "not_found", "there is no such window, or it is open")
    return answer


@router.get(
    "/log/checkpoint", response_model=LogCheckpoint, summary="The newest checkpoint of the log"
)
def get_checkpoint(_access: Reader, here: Here) -> Any:
    """A signed note (c2sp.org/tlog-checkpoint) with the witnesses' cosignatures."""
    return {"checkpoint": _newest(_logbook(here.sums))}


@router.get("/log/entries", response_model=LogEntriesPage, summary="Entries of the log")
def get_entries(
    _access: Annotated[Access, Depends(allow("auditor"))],
    here: Here,
    first: Annotated[int, Query(ge=0, lt=2**53, description="Number of the first.")] = 0,
) -> Any:
    """What a copy of the log is made of: 'privcv log verify' checks it."""
    if _access.sites:
        raise Refused(403, "forbidden", "the log needs a token that is for every site")
    _logbook(here.sums)
    with here.engine.connect() as connection:
        entries = numbered_entries(connection, first)
    more = first + len(entries) if entries else None
    return {"entries": [entry.encode().decode() for entry in entries], "next": more}


def _logbook(part: Part) -> Logbook:
    if part.logbook is None:
        raise Refused(404, "not_found", "this collector writes no log")
    return part.logbook


def _newest(logbook: Logbook) -> str:
    try:
        return logbook.checkpoint().encode().decode()
    except LogError as error:
        raise busy(str(error)) from error


def _logged(part: Part, close: dict[str, Any]) -> str | None:
    if part.logbook is None:
        return None
    try:
        proof = part.logbook.prove(close_entry(close))
    except LogError as error:
        raise busy(str(error)) from error
    return None if proof is None else proof.encode().decode()
