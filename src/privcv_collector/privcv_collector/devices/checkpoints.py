# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of devices' audit logs: kept for ever, so that a log cannot be rewritten in silence.

A checkpoint names the head of every chain: its number of entries and the hash of the last. A
second hash for one number is a fork: the chain was edited. Fewer entries than an earlier checkpoint
had, or none: the chain was cut. Whether the entries between two heads belong to both, only the log
itself can show: ``privcv audit log verify`` takes these checkpoints.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from privcv_collector.device_bodies import CheckpointAnswer, CheckpointBody, Head
from privcv_collector.devices.enrolment import lock_device
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.storage.tables import checkpoint_heads, checkpoints
from privcv_core.protocol.envelope import Envelope


def store_checkpoint(
    connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
) -> CheckpointAnswer:
    """Keep a checkpoint with its verdict; the same again gets the same answer."""
    heads = CheckpointBody.model_validate(envelope.body).checkpoint.heads
    lock_device(connection, signer, envelope.device, now)
    digest = hashlib.sha256(raw).digest()
    known = checkpoints.c
    same = select(known.verdict).where(known.device_pk == signer.device_pk, known.sha256 == digest)
    stored = connection.execute(same).scalar()
    if stored is not None:
        return CheckpointAnswer(verdict=stored, duplicate=True)
    verdict = _verdict(connection, signer.device_pk, heads, envelope.sent_at)
    row = {
        "device_pk": signer.device_pk,
        "sha256": digest,
        "verdict": verdict,
        "sent_at": envelope.sent_at,
        "received_at": now,
        "envelope": raw.decode(),
    }
    added = connection.execute(insert(checkpoints).values(row).returning(known.pk)).scalar_one()
    rows: list[dict[str, Any]] = [
        {
            "checkpoint_pk": added,
            "device_pk": signer.device_pk,
            "chain": chain,
            "sequence": head.sequence,
            "hash": head.hash,
        }
        for chain, head in heads.items()
    ]
    if rows:
        connection.execute(insert(checkpoint_heads), rows)
    return CheckpointAnswer(verdict=verdict, duplicate=False)


def _verdict(
    connection: Connection, device_pk: int, heads: dict[str, Head], sent_at: datetime
) -> str:
    """'fork', 'truncated' or 'ok': compared with all that this device ever sent."""
    known = checkpoint_heads.c
    mine = select(checkpoint_heads).where(known.device_pk == device_pk)
    for chain, head in heads.items():
        same = mine.where(known.chain == chain, known.sequence == head.sequence)
        if any(row.hash != head.hash for row in connection.execute(same)):
            return "fork"
    # Checkpoints may arrive late and in any order: only those made before count as earlier.
    earlier = (
        select(known.chain, func.max(known.sequence).label("sequence"))
        .join(checkpoints, checkpoints.c.pk == known.checkpoint_pk)
        .where(known.device_pk == device_pk, checkpoints.c.sent_at < sent_at)
        .group_by(known.chain)
    )
    for row in connection.execute(earlier):
        if row.chain not in heads or heads[row.chain].sequence < row.sequence:
            return "truncated"
    return "ok"
