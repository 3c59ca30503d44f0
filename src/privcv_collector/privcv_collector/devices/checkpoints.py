# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of devices' audit logs: kept for ever, so that a log cannot be rewritten in silence.

A checkpoint names the head of every chain: its number of entries and the hash of the last. A
second hash for one number is a fork: the chain was edited. Fewer entries than an earlier checkpoint
had, or none: the chain was cut. More entries than a later checkpoint has, another order of the
times when they were taken than of those when they were sent, or two states at one time: times do
not fit. More new ones than a device can write: a head was put ahead, so that true ones look cut.
Whether the entries between two heads belong to both, only the log itself can show: ``privcv audit
log verify`` takes these checkpoints. So the best verdict is that nothing contradicts one.
"""

import hashlib
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select

from privcv_collector.device_bodies import (
    NOT_CONTRADICTED,
    Checkpoint,
    CheckpointAnswer,
    CheckpointBody,
    verdict_in_words,
)
from privcv_collector.devices.enrolment import lock_device
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.storage.tables import checkpoint_heads, checkpoints, devices
from privcv_core.protocol.envelope import Envelope, frame
from privcv_core.protocol.errors import EnvelopeError

MOST_AT_ONCE, MOST_PER_S = 10_000, 100
"""Entries that a chain grows by: each waits for the disk, so a device writes far fewer."""

MOST_BEFORE = 100_000_000
"""Entries of a chain before a device's first checkpoint here: three each second for a year."""


def store_checkpoint(
    connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
) -> CheckpointAnswer:
    """Keep a checkpoint with its verdict; the same again gets the same answer."""
    taken = CheckpointBody.model_validate(envelope.body).checkpoint
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
    verdict = _verdict(connection, signer.device_pk, taken, envelope.sent_at)
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
        for chain, head in taken.heads.items()
    ]
    if rows:
        connection.execute(insert(checkpoint_heads), rows)
    return CheckpointAnswer(verdict=verdict, duplicate=False, last_release=last)


def _verdict(connection: Connection, device_pk: int, taken: Checkpoint, sent_at: datetime) -> str:
    """What speaks against it: compared with all that this device ever sent."""
    known, heads = checkpoint_heads.c, taken.heads
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
            func.count().label("times"),
        )
        .join(checkpoints, checkpoints.c.pk == known.checkpoint_pk)
        .where(known.device_pk == device_pk)
        .group_by(known.chain)
    )
    earlier = {row.chain: row for row in connection.execute(ends.where(at < sent_at))}
    if any(
        chain not in heads or heads[chain].sequence < row.most for chain, row in earlier.items()
    ):
        return "truncated"
    of_device = select(func.count(), func.max(at)).where(checkpoints.c.device_pk == device_pk)
    later = {row.chain: row for row in connection.execute(ends.where(at > sent_at))}
    sent_later, _ = connection.execute(of_device.where(at > sent_at)).one()
    for chain, head in heads.items() if sent_later else ():
        # Each later one has the chain, and at least as long.
        if chain not in later or later[chain].times < sent_later:
            return "disordered"
        if head.sequence > later[chain].least:
            return "disordered"
    if not _in_order(connection, device_pk, taken, sent_at):
        return "disordered"
    _, last = connection.execute(of_device.where(at < sent_at)).one()
    for chain, head in heads.items():
        row = earlier.get(chain)
        before, since = (row.most, row.last) if row else (0, last)
        grown = head.sequence - before
        if since is None:
            most: float = MOST_BEFORE
        else:
            most = MOST_AT_ONCE + MOST_PER_S * (sent_at - since).total_seconds()
        if grown > most:
            return "fast_forward"
    return NOT_CONTRADICTED


def _in_order(connection: Connection, device_pk: int, taken: Checkpoint, sent_at: datetime) -> bool:
    """Whether it was taken between those sent before and after it that nothing contradicted.

    What a device sends again is sealed anew: the same time and the same heads, sent later.
    """
    if taken.time > sent_at:
        return False
    known = checkpoints.c
    # Until 0.1.0 the best verdict was stored as ``ok``.
    good = known.verdict.in_([NOT_CONTRADICTED, "ok"])
    passed = select(known.envelope).where(known.device_pk == device_pk, good).limit(1)
    before = passed.where(known.sent_at <= sent_at).order_by(known.sent_at.desc(), known.pk.desc())
    after = passed.where(known.sent_at >= sent_at).order_by(known.sent_at, known.pk)
    previous = _kept(connection.execute(before).scalar())
    following = _kept(connection.execute(after).scalar())
    return (
        (previous is None or previous.time <= taken.time)
        and (following is None or taken.time <= following.time)
        and all(
            other.heads == taken.heads
            for other in (previous, following)
            if other is not None and other.time == taken.time
        )
    )


def _kept(envelope: str | None) -> Checkpoint | None:
    """A checkpoint that is kept; ``None`` for one that only 0.1.0 took."""
    try:
        if envelope is not None:
            body = frame(envelope.encode()).body
            return CheckpointBody.model_validate(body).checkpoint
    except (EnvelopeError, ValidationError):
        pass
    return None
