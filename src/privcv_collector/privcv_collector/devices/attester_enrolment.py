# SPDX-License-Identifier: Apache-2.0
"""Enrolment of a device's TPM by whoever can open the database: challenge, answer, removal."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from privcv_across.attestation.enrolment_files import (
    EnrolmentAnswer,
    EnrolmentChallenge,
    EnrolmentRequest,
)
from privcv_across.attestation.tpm_credential import Challenge, challenge
from privcv_collector.clock import is_over
from privcv_collector.devices.actions import COMMAND_LINE, record_action
from privcv_collector.errors import CollectorError
from privcv_collector.storage.attestation_tables import attesters
from privcv_collector.storage.database import writing
from privcv_collector.storage.tables import device_keys, devices, sites
from privcv_core.protocol import base64url

ANSWER_WITHIN = timedelta(days=7)
"""A challenge is forgotten after this."""

_NOT_SEEN: dict[str, Any] = {
    "clock_ms": 0,
    "resets": 0,
    "restarts": 0,
    "finding": "",
    "refused": False,
}
_FRESH: dict[str, Any] = {
    **_NOT_SEEN,
    **dict.fromkeys(("asked_name", "asked_secret", "asked_at", "nonce", "nonce_at", "sent_at")),
    **dict.fromkeys(("sha256", "at", "until", "status", "claims", "counts_until")),
}


def ask(
    engine: Engine,
    request: EnrolmentRequest,
    roots: Sequence[x509.Certificate],
    known: Sequence[bytes],
    now: datetime,
) -> EnrolmentChallenge:
    """A challenge for the TPM of the device whose key the request names; the last one alone can be
    answered. What was enrolled before counts until then.

    ``roots``, ``known``: see ``tpm_credential.challenge``. Raises ``CollectorError`` for a key
    that is of no device here, and ``AttestationError``.
    """
    certificates = [x509.load_pem_x509_certificate(one.encode()) for one in request.certificates]
    made = challenge(
        request.device,
        base64url.decode(request.key),
        base64url.decode(request.endorsement),
        certificates,
        roots,
        now,
        known,
    )
    asked = {"asked_name": made.name, "asked_secret": made.secret, "asked_at": now}
    with writing(engine).begin() as connection:
        device = _of_key(connection, request.device, now)
        mine = attesters.c.device_pk == device.pk
        if connection.execute(select(attesters.c.device_pk).where(mine)).first() is None:
            new = insert(attesters).values(device_pk=device.pk, **_NOT_SEEN, **asked)
            connection.execute(new)
        else:
            connection.execute(update(attesters).where(mine).values(asked))
    return EnrolmentChallenge(
        credential=base64url.encode(made.credential), seed=base64url.encode(made.seed)
    )


def enrol_attester(engine: Engine, answer: EnrolmentAnswer, now: datetime) -> str:
    """Take the TPM that answered as the device's; returns the device's id.

    Raises ``CollectorError`` where nothing was asked, and ``AttestationError``.
    """
    with writing(engine).begin() as connection:
        device = _of_key(connection, answer.device, now)
        mine = attesters.c.device_pk == device.pk
        row = connection.execute(select(attesters).where(mine)).first()
        if row is None or row.asked_at is None or is_over(row.asked_at + ANSWER_WITHIN, now):
            raise CollectorError(
                f"device {device.device}: no challenge waits for an answer; make a new one"
            )
        asked = Challenge(answer.device, row.asked_name, b"", b"", row.asked_secret)
        asked.check(base64url.decode(answer.secret), answer.signature)
        fresh = {**_FRESH, "name": row.asked_name, "enrolled_at": now}
        connection.execute(update(attesters).where(mine).values(fresh))
        record_action(
            connection, COMMAND_LINE, "attester.enrolled", str(device.device), [device.site]
        )
    return str(device.device)


def remove_attester(engine: Engine, device: str) -> None:
    """Forget the TPM of a device, which shows evidence in vain from then on.

    Raises ``CollectorError`` where none is enrolled.
    """
    with writing(engine).begin() as connection:
        query = _devices().join(attesters, attesters.c.device_pk == devices.c.pk)
        row = connection.execute(query.where(devices.c.device == device)).first()
        if row is None:
            raise CollectorError(f"device {device}: no TPM of it is enrolled here")
        connection.execute(delete(attesters).where(attesters.c.device_pk == row.pk))
        record_action(connection, COMMAND_LINE, "attester.removed", str(row.device), [row.site])


def _devices() -> Any:
    site = sites.c.name.label("site")
    return select(devices, site).join(sites, sites.c.pk == devices.c.site_pk)


def _of_key(connection: Connection, public: str, now: datetime) -> Row[Any]:
    """The device, not revoked, of a key that counts."""
    query = (
        _devices()
        .add_columns(device_keys.c.expires_at)
        .join(device_keys, device_keys.c.device_pk == devices.c.pk)
        .where(device_keys.c.alg == "Ed25519", device_keys.c.key == public)
        .where(devices.c.revoked_at.is_(None))
    )
    found = [row for row in connection.execute(query) if not is_over(row.expires_at, now)]
    if len(found) != 1:
        raise CollectorError(
            "the device's key is of no device here: let it enrol and send first, or rotate after"
        )
    row: Row[Any] = found[0]
    return row
