# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of devices' audit logs: kept for ever, so that a log cannot be rewritten in silence.

A checkpoint names the head of every chain: its number of entries and the hash of the last. A
second hash for one number is a fork: the chain was edited. Fewer entries than an earlier checkpoint
had, or none: the chain was cut. More entries than a later checkpoint has: times do not fit. More
new ones than a device can write: a head was put ahead, so that true ones look cut. Whether the
entries between two heads belong to both, only the log itself can show: ``privcv audit log verify``
takes these checkpoints. So the best verdict is that nothing contradicts one.
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from privcv_collector.device_bodies import (
    NOT_CONTRADICTED,
    CheckpointAnswer,
    CheckpointBody,
    Head,
    verdict_in_words,
)
from privcv_collector.devices.enrolment import lock_device
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.storage.tables import checkpoint_heads, checkpoints, devices
from privcv_core.protocol.envelope import Envelope

MOST_AT_ONCE, MOST_PER_S = 10_000, 100
"""Entries that a chain grows by: each waits for the disk, so a device writes far fewer."""


def store_checkpoint(
    connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
) -> CheckpointAnswer:
    """Keep a checkpoint with its verdict; the same again gets the same answer."""
    taken = CheckpointBody.model_validate(envelope.body).checkpoint
    heads = taken.heads
    lock_device(connection, signer, envelope.device, now)
    mine = devices.c.pk == signer.device_pk
    last = int(connection.execute(select(devices.c.last_release).where(mine)).scalar_one())
    digest = hashlib.sha256(raw).digest()
    known = checkpoints.c
    same = select(known.verdict).where(known.device_pk == signer.device_pk, known.sha256 == digest)
    stored = connection.execute(same).scalar()
    if stored is not None:
        words = verdict_in_words(stored)
        return CheckpointAnswer(verdict=words, duplicate=True, last_release=last)
    verdict = _verdict(connection, signer.device_pk, heads, envelope.sent_at)
    if verdict == NOT_CONTRADICTED and taken.time > envelope.sent_at:
        verdict = "disordered"  # it was sent before it was taken
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
    return CheckpointAnswer(verdict=verdict, duplicate=False, last_release=last)


def _verdict(
    connection: Connection, device_pk: int, heads: dict[str, Head], sent_at: datetime
) -> str:
    """What speaks against it: compared with all that this device ever sent."""
    known = checkpoint_heads.c
    mine = select(checkpoint_heads).where(known.device_pk == device_pk)
    for chain, head in heads.items():
        same = mine.where(known.chain == chain, known.sequence == head.sequence)
        if any(row.hash != head.hash for row in connection.execute(same)):
            return "fork"
    # Checkpoints may arrive late and in any order: what counts is when they were made.
    at = checkpoints.c.sent_at
    ends = (
        select(
            known.chain,
            func.max(known.sequence).label("most"),
            func.min(known.sequence).label("least"),
            func.max(at).label("last"),
        )
        .join(checkpoints, checkpoints.c.pk == known.checkpoint_pk)
        .where(known.device_pk == device_pk)
        .group_by(known.chain)
    )
    earlier = connection.execute(ends.where(at < sent_at)).all()
    if any(row.chain not in heads or heads[row.chain].sequence < row.most for row in earlier):
        return "truncated"
    for row in connection.execute(ends.where(at > sent_at)):
        if row.chain in heads and heads[row.chain].sequence > row.least:
            return "disordered"
    for row in earlier:
        passed_s = (sent_at - row.last).total_seconds()
        if heads[row.chain].sequence - row.most > MOST_AT_ONCE + MOST_PER_S * passed_s:
            return "fast_forward"
    return NOT_CONTRADICTED
