# SPDX-License-Identifier: Apache-2.0
"""Stores batches: each release exactly once, in order for each device, or a refusal that says why.

A group of batches is one transaction. The rows of their devices are locked first (in the order of
their keys, so that two processes never wait for each other), which makes the checks below hold
until the commit, whichever process runs them.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pydantic import Field, ValidationError
from sqlalchemy import Connection, and_, bindparam, or_, select, update

from privcv_collector.api.answers import Model
from privcv_collector.refused import Answer, Refused
from privcv_collector.settings import CollectorSettings
from privcv_collector.storage.key_cache import KnownKey, Replaced, is_over, revoked, unknown_key
from privcv_collector.storage.rows import Rows, SeriesKeys
from privcv_collector.storage.tables import batches, device_keys, devices, releases
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.release import SEQUENCE_MAX, Release, format_time


class BatchBody(Model):
    """The body of a batch."""

    dropped: int = Field(
        strict=True, ge=0, le=SEQUENCE_MAX, description="Releases this device ever gave up."
    )
    releases: list[Release] = Field(
        min_length=1, max_length=4096, description="In the order of their sequence."
    )


@dataclass(frozen=True)
class Batch:
    """A batch whose signature was good."""

    envelope: Envelope
    key: KnownKey
    received_at: datetime
    body: BatchBody | None
    fault: str  # in words, where the body does not fit the schema
    body_sha256: bytes
    digests: tuple[bytes, ...]  # SHA-256 of each release
    peer: str | None


@dataclass
class _Device:
    """What a transaction knows of a device; kept in step with what it is about to insert."""

    pk: int
    revoked: bool
    last_batch: int
    last_release: int
    dropped: int
    dropped_unused: int
    keys: dict[int, datetime | None]
    stored: dict[int, tuple[bytes, int]]  # batch -> digest of its body, releases accepted
    releases: dict[int, bytes]  # release -> digest; those that this group may meet again
    touched: bool = False


def read_batch(envelope: Envelope, key: KnownKey, received_at: datetime, peer: str | None) -> Batch:
    """Check the schema of a batch; what is wrong with it is answered after the checks of order."""
    body: BatchBody | None = None
    fault = ""
    digests: tuple[bytes, ...] = ()
    try:
        body = BatchBody.model_validate(envelope.body)
        fault = _fault_of(body)
        digests = tuple(_digest(release) for release in envelope.body["releases"])
    except ValidationError as error:
        fault = words_of(error)
    digest = hashlib.sha256(envelope.body_bytes).digest()
    return Batch(envelope, key, received_at, body, fault, digest, digests, peer)


def store_batches(
    connection: Connection,
    group: Sequence[Batch],
    settings: CollectorSettings,
    series: SeriesKeys,
) -> list[Answer]:
    """Decide and store a group of batches inside the transaction of ``connection``.

    Raises ``Replaced``, before it stored anything, where the database is not the one that the keys
    and ``series`` were read from.
    """
    known = _lock(connection, group, series)
    rows = Rows(connection, series)
    answers = [_store(known[batch.key.device_pk], batch, settings, rows) for batch in group]
    rows.insert()
    touched = [device for device in known.values() if device.touched]
    _update(connection, group, touched)
    series.note({device.pk: device.last_batch for device in touched})
    return answers


def words_of(error: ValidationError) -> str:
    """The first problems of a validation, in words."""
    found = [
        f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def check_time(sent_at: datetime, now: datetime, ahead_s: float, age_s: float, device: str) -> None:
    """Refuse what was sent in the future or too long ago."""
    if sent_at > now + timedelta(seconds=ahead_s):
        words = "sent_at is in the future: check the device's clock"
    elif sent_at < now - timedelta(seconds=age_s):
        words = "sent_at is too long ago: check the device's clock"
    else:
        return
    raise Refused(422, "clock", words, device=device, server_time=format_time(_whole(now)))


def _store(device: _Device, batch: Batch, settings: CollectorSettings, rows: Rows) -> Answer:
    try:
        return _accept(device, batch, settings, rows)
    except Refused as refused:
        return Answer(refused.status, refused.content(), refused)


def _accept(device: _Device, batch: Batch, settings: CollectorSettings, rows: Rows) -> Answer:
    envelope, name = batch.envelope, batch.envelope.device
    if device.revoked:
        raise revoked(name)
    if batch.key.key_pk not in device.keys or is_over(
        device.keys[batch.key.key_pk], batch.received_at
    ):
        raise unknown_key(name)
    expected = device.last_batch + 1
    if envelope.sequence in device.stored:
        digest, accepted = device.stored[envelope.sequence]
        if digest == batch.body_sha256:
            return _answer(accepted, True, expected)
        words = f"batch {envelope.sequence} is stored with other content"
        raise Refused(409, "conflict", words, device=name, next_sequence=expected)
    if envelope.sequence != expected:
        words = f"batch {envelope.sequence} is out of order: {expected} comes next"
        raise Refused(409, "sequence", words, device=name, next_sequence=expected)
    check_time(envelope.sent_at, batch.received_at, settings.max_ahead_s, settings.max_age_s, name)
    if batch.body is None or batch.fault:
        raise Refused(422, "invalid", batch.fault, device=name)
    fresh = _fresh(device, batch, batch.body)
    rows.add_releases(batch.key, envelope.sequence, fresh, name)
    _note_gaps(device, batch, batch.body, fresh, rows)
    for release, digest in fresh:
        device.releases[release.sequence] = digest
        device.last_release = max(device.last_release, release.sequence)
    rows.add_batch(device.pk, envelope, batch.body_sha256, len(fresh), batch.received_at)
    device.stored[envelope.sequence] = (batch.body_sha256, len(fresh))
    device.last_batch = envelope.sequence
    device.touched = True
    return _answer(len(fresh), False, device.last_batch + 1)


def _fresh(device: _Device, batch: Batch, body: BatchBody) -> list[tuple[Release, bytes]]:
    """The releases that are new; the same again is skipped, the same with other content refused."""
    fresh = []
    for release, digest in zip(body.releases, batch.digests, strict=True):
        present = device.releases.get(release.sequence)
        if present is None:
            fresh.append((release, digest))
        elif present != digest:
            words = f"release {release.sequence} is stored with other content"
            raise Refused(409, "release_conflict", words, device=batch.envelope.device)
    return fresh


def _note_gaps(
    device: _Device,
    batch: Batch,
    body: BatchBody,
    fresh: list[tuple[Release, bytes]],
    rows: Rows,
) -> None:
    """Record which releases were passed over, and how many of them the device said it dropped."""
    device.dropped_unused += max(0, body.dropped - device.dropped)
    device.dropped = body.dropped
    last = device.last_release
    for release, _ in fresh:
        missing = release.sequence - last - 1
        if missing > 0:
            declared = min(missing, device.dropped_unused)
            device.dropped_unused -= declared
            rows.add_gap(device.pk, last + 1, release.sequence - 1, declared, batch.received_at)
        last = max(last, release.sequence)


def _lock(connection: Connection, group: Sequence[Batch], series: SeriesKeys) -> dict[int, _Device]:
    pks = sorted({batch.key.device_pk for batch in group})
    found = connection.execute(
        select(devices).where(devices.c.pk.in_(pks)).order_by(devices.c.pk).with_for_update()
    )
    rows = {row.pk: row for row in found}
    known = {
        row.pk: _Device(
            row.pk,
            row.revoked_at is not None,
            row.last_batch,
            row.last_release,
            row.dropped,
            row.dropped_unused,
            {},
            {},
            {},
        )
        for row in rows.values()
    }
    key_ids: dict[tuple[int, int], str] = {}
    for row in connection.execute(select(device_keys).where(device_keys.c.device_pk.in_(pks))):
        known[row.device_pk].keys[row.pk] = row.expires_at
        key_ids[row.device_pk, row.pk] = row.key_id
    for batch in group:
        key = batch.key
        mine, key_id = rows.get(key.device_pk), key_ids.get((key.device_pk, key.key_pk))
        if (
            mine is None
            or not key.owns(mine.device, mine.site_pk, key_id)
            or series.are_ahead_of(mine.pk, mine.last_batch)
        ):
            raise Replaced(batch.envelope.device)
    _load_stored(connection, group, known)
    return known


def _load_stored(connection: Connection, group: Sequence[Batch], known: dict[int, _Device]) -> None:
    """Read what this group may repeat: only where its numbers are not beyond the last ones."""
    repeated = []
    for batch in group:
        device = known[batch.key.device_pk]
        if batch.envelope.sequence <= device.last_batch:
            repeated.append(
                and_(batches.c.device_pk == device.pk, batches.c.batch == batch.envelope.sequence)
            )
        numbers = [release.sequence for release in batch.body.releases] if batch.body else []
        old = [number for number in numbers if number <= device.last_release]
        if old:
            rows = connection.execute(
                select(releases.c.release, releases.c.sha256).where(
                    releases.c.device_pk == device.pk, releases.c.release.in_(old)
                )
            )
            device.releases.update({row.release: row.sha256 for row in rows})
    if repeated:
        for row in connection.execute(select(batches).where(or_(*repeated))):
            known[row.device_pk].stored[row.batch] = (row.body_sha256, row.accepted)


def _update(connection: Connection, group: Sequence[Batch], touched: list[_Device]) -> None:
    if not touched:
        return
    seen = max(batch.received_at for batch in group)
    connection.execute(
        update(devices).where(devices.c.pk == bindparam("this")),
        [
            {
                "this": device.pk,
                "last_batch": device.last_batch,
                "last_release": device.last_release,
                "dropped": device.dropped,
                "dropped_unused": device.dropped_unused,
                "last_seen_at": seen,
            }
            for device in touched
        ],
    )


def _fault_of(body: BatchBody) -> str:
    numbers = [release.sequence for release in body.releases]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        return "releases: sequence must rise"
    return ""


def _digest(release: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(release, sort_keys=True).encode()).digest()


def _answer(accepted: int, duplicate: bool, expected: int) -> Answer:
    content: dict[str, Any] = {
        "accepted": accepted,
        "duplicate": duplicate,
        "next_sequence": expected,
    }
    return Answer(200, content)


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
