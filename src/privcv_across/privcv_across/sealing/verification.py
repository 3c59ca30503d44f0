# SPDX-License-Identifier: Apache-2.0
"""How leader and helper verify a report together: one message each way (DAP, 4.6.3).

The helper decides whether the proof holds; the leader finds out whether what the helper answered
belongs to the shares that it has itself. Nothing is stored here.
"""

import hashlib
from dataclasses import dataclass, field

from privcv_across.errors import AcrossError, ParameterError, RefusedReport
from privcv_across.messages.aggregation import (
    VerifyInit,
    VerifyResp,
    finish,
    initialize,
    read_finish,
    read_initialize,
)
from privcv_across.messages.basic import ReportError, Role
from privcv_across.messages.report import Report
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sealed_report import check_device, open_share
from privcv_across.sealing.sum_task import SumTask
from privcv_across.vdaf.prio3 import Prepared

_LEADER, _HELPER = 0, 1


@dataclass(frozen=True)
class Aggregator:
    """One of the two collectors, with its key and the key that the two of them share.

    Raises ``ParameterError`` where that is not the one that the task was signed with (VDAF, 9.1): a
    key that is chosen once reports are there could be chosen to reveal one.
    """

    task: SumTask
    role: Role
    key: HpkeKey
    verify_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if hashlib.sha256(self.verify_key).digest() != self.task.verification:
            raise ParameterError("verification key: is not the one that the task commits to")


def begin(leader: Aggregator, report: Report) -> tuple[Prepared, VerifyInit]:
    """The leader's part of a report: (what to keep, what to send). Raises ``RefusedReport``."""
    task, metadata = leader.task, report.metadata
    check_device(task, metadata, report.public_share)
    share = open_share(
        task, Role.LEADER, leader.key, metadata, report.public_share, report.leader_share
    )
    prepared, verifier = _verify_init(
        leader, _LEADER, metadata.report_id, report.public_share, share
    )
    message = VerifyInit(metadata, report.public_share, report.helper_share, initialize(verifier))
    return prepared, message


def answer(helper: Aggregator, message: VerifyInit) -> tuple[list[int] | None, VerifyResp]:
    """The helper's part: (its output share or ``None`` where it is refused, the answer)."""
    report_id = message.metadata.report_id
    try:
        output, payload = _answered(helper, message)
    except RefusedReport as error:
        return None, VerifyResp(report_id, error=ReportError[error.reason.upper()])
    return output, VerifyResp(report_id, payload)


def end(
    leader: Aggregator, prepared: Prepared, report_id: bytes, response: VerifyResp
) -> list[int]:
    """The leader's output share. Raises ``RefusedReport`` where the helper refused it, or it is
    no answer about this report."""
    if response.report_id != report_id:
        raise RefusedReport("invalid_message", "report: the answer is about another one")
    if response.error is not None:
        raise RefusedReport(response.error.name.lower(), "report: the helper refused it")
    prio3 = leader.task.prio3
    try:
        return prio3.verify_next(prepared, read_finish(response.payload))
    except AcrossError as error:
        raise RefusedReport("vdaf_verify_error", f"report: {error}") from error


def _answered(helper: Aggregator, message: VerifyInit) -> tuple[list[int], bytes]:
    task, metadata, public = helper.task, message.metadata, message.public_share
    check_device(task, metadata, public)
    share = open_share(task, Role.HELPER, helper.key, metadata, public, message.encrypted_share)
    prepared, verifier = _verify_init(helper, _HELPER, metadata.report_id, public, share)
    try:
        shares = [read_initialize(message.payload), verifier]
        combined = task.prio3.verifier_message(task.context, shares)
        return task.prio3.verify_next(prepared, combined), finish(combined)
    except AcrossError as error:
        raise RefusedReport("vdaf_verify_error", f"report: {error}") from error


def _verify_init(
    who: Aggregator, place: int, report_id: bytes, public_share: bytes, share: bytes
) -> tuple[Prepared, bytes]:
    task = who.task
    try:
        return task.prio3.verify_init(
            who.verify_key, task.context, place, report_id, public_share, share
        )
    except AcrossError as error:
        raise RefusedReport("vdaf_verify_error", f"report: {error}") from error
