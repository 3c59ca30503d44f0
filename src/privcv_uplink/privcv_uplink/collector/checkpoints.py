# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of devices' audit logs: kept for ever, so that a log cannot be rewritten in silence.

A checkpoint says "my log holds ``records`` records and the hash of the last is ``head``". A second
``head`` for one number of records is a fork: the log was edited. Fewer records than an earlier
checkpoint had: the log was cut.
"""

from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection, insert, select

from privcv_uplink.collector.answers import CheckpointAnswer, Model
from privcv_uplink.collector.enrolment import lock_device
from privcv_uplink.collector.known import KnownKey
from privcv_uplink.collector.tables import checkpoints
from privcv_uplink.envelope import Envelope
from privcv_uplink.report import SEQUENCE_MAX


class Checkpoint(Model):
    """State of one log of a device."""

    head: str = Field(pattern=r"^[0-9a-f]{64}$", description="Hash of the last record.")
    log: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Which log.")
    records: int = Field(
        strict=True, ge=1, le=SEQUENCE_MAX, description="Records in the chain so far."
    )


class CheckpointBody(Model):
    """The body of a checkpoint."""

    checkpoint: Checkpoint


def store_checkpoint(
    connection: Connection, signer: KnownKey, envelope: Envelope, raw: bytes, now: datetime
) -> CheckpointAnswer:
    """Keep a checkpoint with its verdict; the same again gets the same answer."""
    this = CheckpointBody.model_validate(envelope.body).checkpoint
    lock_device(connection, signer, envelope.device, now)
    known = checkpoints.c
    mine = select(checkpoints).where(known.device_pk == signer.device_pk, known.log == this.log)
    same_length = connection.execute(mine.where(known.records == this.records)).all()
    for row in same_length:
        if row.head == this.head:
            return CheckpointAnswer(verdict=row.verdict, duplicate=True)
    longer = mine.where(known.records > this.records, known.sent_at < envelope.sent_at)
    if same_length:
        verdict = "fork"
    elif connection.execute(longer.limit(1)).first() is not None:
        verdict = "truncated"
    else:
        verdict = "ok"
    connection.execute(
        insert(checkpoints).values(
            device_pk=signer.device_pk,
            log=this.log,
            records=this.records,
            head=this.head,
            verdict=verdict,
            sent_at=envelope.sent_at,
            received_at=now,
            envelope=raw.decode(),
        )
    )
    return CheckpointAnswer(verdict=verdict, duplicate=False)
