# SPDX-License-Identifier: Apache-2.0
"""Evidence of devices: a nonce for each, its appraisal, and where the device stands since.

Only the last result of a device is kept, and of what its TPM said only registers and firmware. A
refusal is a finding with a grace time; nothing here revokes anybody.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from privcv_across.attestation.evidence import MOST_TPM_BYTES, Evidence, Result
from privcv_across.attestation.policy import AttestationPolicy
from privcv_across.attestation.standing import Standing
from privcv_across.attestation.tpm_verify import Enrolled
from privcv_across.attestation.verifier import Verifier
from privcv_collector.device_bodies import EvidenceAnswer
from privcv_collector.devices.enrolment import lock_device
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.refused import Refused
from privcv_collector.storage.attestation_tables import attesters
from privcv_collector.storage.tables import devices
from privcv_core.protocol import base64url
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.timestamps import rfc3339_whole

NONCE_GIVEN = timedelta(minutes=5)
"""Who asks again within this is given the same nonce, so that nobody spoils it by a repetition."""

NONCE_COUNTS = timedelta(minutes=10)
"""A quote for a nonce that is older is asked for anew; it is no finding."""

_TOLD = ("pcrs", "firmware")
_COUNTS = ("clock_ms", "resets", "restarts")


def store_evidence(
    connection: Connection,
    signer: CachedKey,
    envelope: Envelope,
    raw: bytes,
    policy: AttestationPolicy,
    now: datetime,
) -> EvidenceAnswer:
    """Give a nonce, or appraise evidence for the one that was given. Raises ``Refused``."""
    shown = envelope.body["evidence"]
    evidence = None if shown is None else _read(shown, envelope)
    lock_device(connection, signer, envelope.device, now)
    mine = attesters.c.device_pk == signer.device_pk
    row = connection.execute(select(attesters).where(mine)).first()
    if row is None or row.name is None:
        return _answer(connection, signer, None, b"")
    fresh = row.nonce is not None and now - row.nonce_at < NONCE_COUNTS
    digest = hashlib.sha256(raw).digest()
    # Who repeats what a device sent before, with a broker's means, opens no finding.
    older = row.sent_at is not None and envelope.sent_at < row.sent_at
    repeated = older or digest == row.sha256
    if evidence is None or not fresh or repeated:
        nonce = row.nonce
        if nonce is None or now - row.nonce_at >= NONCE_GIVEN:
            nonce = secrets.token_bytes(32)
            connection.execute(update(attesters).where(mine).values(nonce=nonce, nonce_at=now))
        return _answer(connection, signer, row, nonce)
    values = {"sent_at": envelope.sent_at, "sha256": digest}
    values |= _appraised(evidence, signer, row, policy, now)
    connection.execute(update(attesters).where(mine).values(values))
    return _answer(connection, signer, connection.execute(select(attesters).where(mine)).one(), b"")


def standing_of(row: Row[Any]) -> Standing:
    """Where the device of a row stands."""
    return Standing(row.counts_until, row.finding, row.refused)


def _read(shown: dict[str, Any], envelope: Envelope) -> Evidence:
    evidence = Evidence.model_validate(shown)
    if evidence.format != "tpm2":
        words = "evidence.format: devices show tpm2"
        raise Refused(422, "invalid", words, device=envelope.device)
    if len(evidence.encode()) > MOST_TPM_BYTES:
        words = f"evidence has at most {MOST_TPM_BYTES} bytes"
        raise Refused(413, "too_large", words, device=envelope.device)
    return evidence


def _appraised(
    evidence: Evidence, signer: CachedKey, row: Row[Any], policy: AttestationPolicy, now: datetime
) -> dict[str, Any]:
    """The columns after one more result; the nonce is used up."""
    # Whoever rotates signs the new key with the old one, so that any key of the device will do.
    device = base64url.encode(signer.key.content)
    known = Enrolled(device, row.name, row.clock_ms, row.resets, row.restarts)
    verifier = Verifier({device: known}, lambda: now)
    result: Result = verifier.verify(evidence, row.nonce, policy)
    after, seen = standing_of(row).after(result, policy, now), verifier.enrolled[device]
    return {
        "nonce": None,
        "nonce_at": None,
        "at": now,
        "until": result.until,
        "status": result.status,
        "claims": {name: result.claims[name] for name in _TOLD if name in result.claims},
        "counts_until": after.counts_until,
        "finding": after.finding,
        "refused": after.refused,
        **{name: getattr(seen, name) for name in _COUNTS},
    }


def _answer(
    connection: Connection, signer: CachedKey, row: Row[Any] | None, nonce: bytes
) -> EvidenceAnswer:
    last = select(devices.c.last_release).where(devices.c.pk == signer.device_pk)
    none = "no TPM of this device is enrolled here"
    return EvidenceAnswer(
        status=(row.status or "none") if row is not None else "none",
        reason=row.finding if row is not None else none,
        until=rfc3339_whole(row.until) if row is not None and row.until else None,
        nonce=base64url.encode(nonce),
        last_release=int(connection.execute(last).scalar_one()),
    )
