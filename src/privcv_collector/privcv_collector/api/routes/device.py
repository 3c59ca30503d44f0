# SPDX-License-Identifier: Apache-2.0
"""What devices call: enrolment, batches, rotation of keys, checkpoints, health, evidence."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from privcv_across.transparency.log_entry import LogEntry
from privcv_collector.api.error_answers import record_refusal
from privcv_collector.api.error_schema import errors
from privcv_collector.api.openapi import signed_body_of
from privcv_collector.api.requests import (
    Here,
    SignedRequest,
    body_as,
    collector_of,
    know_peer,
    peer_of,
    read_body,
    read_recent,
    read_signed,
    remember_peer,
)
from privcv_collector.clock import check_sent_at, now_utc
from privcv_collector.collector import Collector
from privcv_collector.device_bodies import (
    NOT_CONTRADICTED,
    BatchAnswer,
    BatchBody,
    CheckpointAnswer,
    CheckpointBody,
    DeviceAnswer,
    EnrolmentBody,
    EnrolmentRequest,
    EvidenceAnswer,
    EvidenceBody,
    HealthAnswer,
    HealthBody,
    KeyAnswer,
    RotationBody,
    SiteRecordAnswer,
    SiteRecordBody,
)
from privcv_collector.devices.attestation import store_evidence
from privcv_collector.devices.checkpoints import store_checkpoint
from privcv_collector.devices.device_health import store_device_health
from privcv_collector.devices.enrolment import enrol, rotate
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.devices.site_records import store_site_record
from privcv_collector.ingest.batch import read_batch
from privcv_collector.refused import Refused, busy
from privcv_collector.storage.database import writing
from privcv_collector.sums.log_queue import queue_entries
from privcv_core.protocol.envelope import Envelope, frame
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.release import words_of

ROTATION_MAX_AGE_S = 300.0
"""A rotation is sent when it is made: what is older is a replay."""

ENROLMENT_MOST_BYTES = 4096
"""A stranger's body is parsed before anybody knows who it is: it is short."""

M = TypeVar("M", bound=BaseModel)
A = TypeVar("A", bound=BaseModel)


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "DEVICE:SEQUENCE of the envelope; the envelope decides.",
}
router = APIRouter(
    prefix="/v1", tags=["devices"], responses=errors(400, 401, 408, 409, 413, 422, 429, 503)
)


@router.post(
    "/batches",
    response_model=BatchAnswer,
    openapi_extra={**signed_body_of(BatchBody), "parameters": [_IDEMPOTENCY_KEY]},
    summary="Store a signed batch of releases",
)
async def post_batch(request: Request) -> JSONResponse:
    """Store each release exactly once. The same batch again gets the same answer."""
    # Of all routes this one is hot: what FastAPI would inject costs as much as the signature.
    here = collector_of(request)
    signed = await read_signed(here, request)
    envelope = signed.envelope
    idempotency_key = request.headers.get("idempotency-key")
    if idempotency_key not in (None, f"{envelope.device}:{envelope.sequence}"):
        words = "Idempotency-Key must be DEVICE:SEQUENCE of the envelope"
        raise Refused(422, "invalid", words, device=envelope.device)
    if envelope.sequence < 1:
        raise Refused(422, "invalid", "sequence: must be 1 or more", device=envelope.device)
    batch = read_batch(envelope, signed.key, now_utc(), peer_of(request))
    answer = await here.writer.submit(batch)
    if answer.status != 401:  # before, the key may be one that was cached and is revoked
        await remember_peer(here, request, envelope.device)
    if answer.refused is not None:
        here.metrics.refused.labels(answer.refused.error).inc()
    else:
        outcome = "duplicate" if answer.content["duplicate"] else "stored"
        here.metrics.batches.labels(outcome).inc()
        if outcome == "stored":
            here.metrics.releases.inc(answer.content["accepted"])
    return JSONResponse(answer.content, answer.status)


@router.post(
    "/devices",
    response_model=DeviceAnswer,
    status_code=201,
    openapi_extra=signed_body_of(EnrolmentBody),
    responses={200: {"model": DeviceAnswer}},
    summary="Enrol a device with a one-time token",
)
async def post_device(request: Request, here: Here) -> JSONResponse:
    """Make a device and its key known at the token's site; the envelope is signed by that key.

    The id of a new device is a digest of its key. A device of version 0.1.0, which sends the
    members of 'enrol' and its id without an envelope, needs a token that was issued for its id.
    """
    raw = await read_body(here, request, ENROLMENT_MOST_BYTES)
    now = now_utc()
    wanted, envelope = _read_enrolment(raw)
    if envelope is not None:
        ahead_s = here.settings.max_ahead_s
        check_sent_at(envelope.sent_at, now, ahead_s, ROTATION_MAX_AGE_S, envelope.device)

    def store() -> tuple[int, DeviceAnswer]:
        with writing(here.engine).begin() as connection:
            return enrol(connection, wanted, envelope, now)

    try:
        status, answer = await run_in_threadpool(store)
    except IntegrityError as error:  # the same device enrolled twice at the same moment
        raise busy("another request enrols this device; try again") from error
    know_peer(here, request)
    return JSONResponse(answer.model_dump(), status)


@router.post(
    "/keys",
    response_model=KeyAnswer,
    openapi_extra=signed_body_of(RotationBody),
    summary="Hand over a device's next key",
)
async def post_key(request: Request, here: Here) -> JSONResponse:
    """Add a key, signed with the current one; the older ones expire after an overlap."""
    signed, body, now = await _read_single(here, request, RotationBody, ROTATION_MAX_AGE_S)
    device, overlap_s = signed.envelope.device, here.settings.key_overlap_s

    def store() -> KeyAnswer:
        with writing(here.engine).begin() as connection:
            return rotate(connection, signed.key, device, body.rotate, now, overlap_s)

    answer = await run_in_threadpool(store)
    know_peer(here, request)
    return JSONResponse(answer.model_dump())


@router.post(
    "/checkpoints",
    response_model=CheckpointAnswer,
    openapi_extra=signed_body_of(CheckpointBody),
    summary="Keep a checkpoint of a device's audit log",
)
async def post_checkpoint(request: Request, here: Here) -> JSONResponse:
    """Store a checkpoint for ever, and say whether it contradicts those before it."""

    def store(
        connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
    ) -> CheckpointAnswer:
        answer = store_checkpoint(connection, signer, envelope, raw, now)
        if here.sums.writes_log and not answer.duplicate:
            digest = hashlib.sha256(raw).hexdigest()
            queue_entries(connection, [LogEntry("audit_head", envelope.device, digest)])
        return answer

    answer, envelope = await _store_single(here, request, CheckpointBody, store)
    if answer.verdict != NOT_CONTRADICTED and not answer.duplicate:
        words = f"a checkpoint of an audit log contradicts an earlier one: {answer.verdict}"
        found = Refused(200, answer.verdict, words, device=envelope.device)
        await record_refusal(here, found, request)
    return JSONResponse(answer.model_dump())


@router.post(
    "/site-records",
    response_model=SiteRecordAnswer,
    openapi_extra=signed_body_of(SiteRecordBody),
    summary="Keep the record of a device's site",
)
async def post_site_record(request: Request, here: Here) -> JSONResponse:
    """Store what the device says of its zones, hours and promise, under its number.

    The newest 100 of a device are kept. A number that is known with other content, or that is below
    the newest, is refused with 409 and 'next_version'.
    """
    answer, _ = await _store_single(here, request, SiteRecordBody, store_site_record)
    return JSONResponse(answer.model_dump())


@router.post(
    "/health",
    response_model=HealthAnswer,
    openapi_extra=signed_body_of(HealthBody),
    summary="Keep how a device does",
)
async def post_health(request: Request, here: Here) -> JSONResponse:
    """Keep the newest report of a device, and which of its states changed. Nothing tells of people.

    A report that is not newer than the one that is here changes nothing.
    """
    answer, _ = await _store_single(here, request, HealthBody, store_device_health)
    return JSONResponse(answer.model_dump())


@router.post(
    "/evidence",
    response_model=EvidenceAnswer,
    openapi_extra=signed_body_of(EvidenceBody),
    summary="Appraise what state a device is in",
)
async def post_evidence(request: Request, here: Here) -> JSONResponse:
    """Give a nonce, or appraise a quote of the device's TPM for the one that was given.

    Only the last result is kept. A refusal is a finding, and revokes nobody.
    """

    def store(
        connection: Connection, signer: CachedKey, envelope: Envelope, raw: bytes, now: datetime
    ) -> EvidenceAnswer:
        return store_evidence(connection, signer, envelope, raw, here.attestation, now)

    answer, _ = await _store_single(here, request, EvidenceBody, store)
    return JSONResponse(answer.model_dump())


def _read_enrolment(raw: bytes) -> tuple[EnrolmentRequest, Envelope | None]:
    """The request, and its envelope where it has one; the signature is not verified yet."""
    try:
        envelope = frame(raw)
        if envelope.sequence != 0:
            raise Refused(422, "invalid", "sequence: must be 0 here", device=envelope.device)
        new = EnrolmentBody.model_validate(envelope.body).enrol
        if new.alg != envelope.alg or new.key_id != envelope.key_id:
            words = "alg, key_id: the key that enrols must be the one that signs"
            raise Refused(422, "invalid", words, device=envelope.device)
        return EnrolmentRequest(device=envelope.device, **new.model_dump()), envelope
    except EnvelopeError as error:
        try:
            return EnrolmentRequest.model_validate_json(raw), None
        except ValidationError:
            raise Refused(422, "invalid", str(error)) from error
    except ValidationError as error:
        raise Refused(422, "invalid", words_of(error)) from error


async def _store_single(
    here: Collector,
    request: Request,
    model: type[BaseModel],
    store: Callable[[Connection, CachedKey, Envelope, bytes, datetime], A],
) -> tuple[A, Envelope]:
    """What ``store`` answers to an envelope that is not in the sequence, in one transaction."""
    signed, _, now = await _read_single(here, request, model, here.settings.max_age_s)
    envelope = signed.envelope

    def run() -> A:
        with writing(here.engine).begin() as connection:
            return store(connection, signed.key, envelope, signed.raw, now)

    answer = await run_in_threadpool(run)
    know_peer(here, request)
    return answer, envelope


async def _read_single(
    here: Collector, request: Request, model: type[M], max_age_s: float
) -> tuple[SignedRequest, M, datetime]:
    """An envelope that is not in the sequence of batches, its body, and when it was received."""
    signed, now = await read_recent(here, request, max_age_s)
    envelope = signed.envelope
    if envelope.sequence != 0:
        raise Refused(422, "invalid", "sequence: must be 0 here", device=envelope.device)
    return signed, body_as(model, envelope), now
