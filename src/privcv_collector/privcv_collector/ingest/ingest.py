# SPDX-License-Identifier: Apache-2.0
"""Stores batches: each release exactly once, in order for each device, or a refusal that says why.

A group of batches is one transaction. The rows of their devices are locked first, which makes the
checks below hold until the commit, whichever process runs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from privcv_collector.clock import check_sent_at, is_over
from privcv_collector.device_bodies import BatchBody
from privcv_collector.ingest.batch import Batch, digest_of_0_1_0
from privcv_collector.ingest.device_state import DeviceState, lock_devices, update_devices
from privcv_collector.ingest.refusal_log import Refusal
from privcv_collector.ingest.rows import Rows
from privcv_collector.ingest.sealed_reports import SealedReports
from privcv_collector.ingest.series_keys import SeriesKeys
from privcv_collector.refused import Refused, revoked, unknown_key
from privcv_collector.settings import CollectorSettings
from privcv_collector.sums.part import Part
from privcv_core.protocol.secure_release import AnyRelease


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer that was decided inside a transaction."""

    status: int
    content: dict[str, Any]
    refused: Refused | None = None
    refused_reports: tuple[Refusal, ...] = ()
    """Sealed reports of a batch that was taken which are not counted."""


def store_batches(
    connection: Connection,
    group: Sequence[Batch],
    settings: CollectorSettings,
    series: SeriesKeys,
    part: Part,
) -> list[Answer]:
    """Decide and store a group of batches inside the transaction of ``connection``.

    Raises ``Replaced``, before it stored anything, where the database is not the one that the keys
    and ``series`` were read from.
    """
    states = lock_devices(connection, group, series)
    rows = Rows(connection, series)
    sealed = SealedReports(connection, part)
    answers = [
        _store(states[batch.key.device_pk], batch, settings, rows, sealed) for batch in group
    ]
    rows.insert()
    touched = [device for device in states.values() if device.touched]
    update_devices(connection, touched, max(batch.received_at for batch in group))
    series.note({device.pk: device.last_batch for device in touched})
    return answers


def _store(
    device: DeviceState,
    batch: Batch,
    settings: CollectorSettings,
    rows: Rows,
    sealed: SealedReports,
) -> Answer:
    try:
        return _accept(device, batch, settings, rows, sealed)
    except Refused as refused:
        return Answer(refused.status, refused.content(), refused)


def _accept(
    device: DeviceState,
    batch: Batch,
    settings: CollectorSettings,
    rows: Rows,
    sealed: SealedReports,
) -> Answer:
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
            return _answer(device, accepted, True)
        words = f"batch {envelope.sequence} is stored with other content"
        raise Refused(409, "conflict", words, device=name, **_numbers(device))
    if envelope.sequence != expected:
        words = f"batch {envelope.sequence} is out of order: {expected} comes next"
        raise Refused(409, "sequence", words, device=name, **_numbers(device))
    check_sent_at(
        envelope.sent_at, batch.received_at, settings.max_ahead_s, settings.max_age_s, name
    )
    if batch.body is None or batch.fault:
        raise Refused(422, "invalid", batch.fault, device=name)
    fresh = _fresh(device, batch, batch.body)
    sealed.check(fresh, name)
    rows.add_releases(batch.key, envelope.sequence, fresh, name)
    refused = sealed.keep(batch, fresh)
    _note_gaps(device, batch, batch.body, fresh, rows)
    for release, digest in fresh:
        device.releases[release.sequence] = digest
        device.last_release = max(device.last_release, release.sequence)
    rows.add_batch(device.pk, envelope, batch.body_sha256, len(fresh), batch.received_at)
    device.stored[envelope.sequence] = (batch.body_sha256, len(fresh))
    device.last_batch = envelope.sequence
    device.touched = True
    return replace(_answer(device, len(fresh), False), refused_reports=refused)


def _fresh(device: DeviceState, batch: Batch, body: BatchBody) -> list[tuple[AnyRelease, bytes]]:
    """The releases that are new; the same again is skipped, the same with other content refused."""
    fresh: list[tuple[AnyRelease, bytes]] = []
    for index, (release, digest) in enumerate(zip(body.releases, batch.digests, strict=True)):
        present = device.releases.get(release.sequence)
        if present is None:
            fresh.append((release, digest))
        elif present not in (digest, digest_of_0_1_0(batch.envelope.body["releases"][index])):
            words = f"release {release.sequence} is stored with other content"
            name = batch.envelope.device
            raise Refused(
                409, "release_conflict", words, device=name, last_release=device.last_release
            )
    return fresh


def _note_gaps(
    device: DeviceState,
    batch: Batch,
    body: BatchBody,
    fresh: list[tuple[AnyRelease, bytes]],
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


def _answer(device: DeviceState, accepted: int, duplicate: bool) -> Answer:
    return Answer(200, {"accepted": accepted, "duplicate": duplicate, **_numbers(device)})


def _numbers(device: DeviceState) -> dict[str, Any]:
    """Where the device stands, as it is known here: by it a device finds that it lost its own."""
    return {"next_sequence": device.last_batch + 1, "last_release": device.last_release}
