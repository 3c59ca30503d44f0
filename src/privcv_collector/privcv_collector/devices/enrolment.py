# SPDX-License-Identifier: Apache-2.0
"""How a device and its keys become known: one-time tokens, and rotation with overlap."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from privcv_collector.clock import is_over
from privcv_collector.device_bodies import DeviceAnswer, EnrolmentRequest, KeyAnswer, NewKey
from privcv_collector.devices.administration import digest_of
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.refused import Refused, Replaced, bad_signature, revoked, unknown_key
from privcv_collector.storage.tables import device_keys, devices, enrolment_tokens
from privcv_core.protocol.enrolment import device_id
from privcv_core.protocol.envelope import Envelope
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.signing import VerifyKey
from privcv_core.protocol.timestamps import rfc3339


def enrol(
    connection: Connection, request: EnrolmentRequest, envelope: Envelope | None, now: datetime
) -> tuple[int, DeviceAnswer]:
    """Make a device known; the same request again gets the same answer. Raises ``Refused``.

    ``envelope`` is the request as the key signed it; ``None`` where nothing proves that the sender
    has the key, as in 0.1.0. Nobody takes an id that is another's: a new device has signed, and its
    id is that of the key, unless the token was issued for this very device.
    """
    token = connection.execute(
        select(enrolment_tokens)
        .where(enrolment_tokens.c.digest == digest_of(request.token))
        .with_for_update()
    ).first()
    device = connection.execute(select(devices).where(devices.c.device == request.device)).first()
    if token is None or (token.used_at is None and _is_void(token, now)):
        raise _token(request, "is not known or has expired")
    if token.used_at is not None and (device is None or token.device_pk != device.pk):
        raise _token(request, "was used by another device")
    if token.device not in (None, request.device):
        raise _token(request, "is for another device")
    key = _check(request, request.device)
    if envelope is not None and not envelope.verify(key):
        raise bad_signature(request.device)
    if device is None:
        if token.device is None:
            _check_id(request, envelope is not None)
        pk = _add(connection, request, token.site_pk, now)
        _use(connection, token, pk, now)
        return 201, DeviceAnswer(device=request.device, next_sequence=1)
    if device.revoked_at is not None:
        raise revoked(request.device)
    if device.site_pk != token.site_pk or not _has(connection, device.pk, request):
        words = "this device is enrolled with another key or at another site"
        raise Refused(409, "device_exists", words, device=request.device)
    _use(connection, token, device.pk, now)
    return 200, DeviceAnswer(device=request.device, next_sequence=device.last_batch + 1)


def rotate(
    connection: Connection,
    signer: CachedKey,
    device: str,
    new: NewKey,
    now: datetime,
    overlap_s: float,
) -> KeyAnswer:
    """Add a key, and let the older ones expire after the overlap. Raises ``Refused``.

    Only the current key names the next one. An older key still signs batches during its overlap,
    but whoever got hold of it must not take the device over; from it, only the rotation that
    replaced it is answered again.
    """
    _check(new, device)
    signer_expires_at = lock_device(connection, signer, device, now)
    keys = device_keys.c
    same = connection.execute(
        select(device_keys).where(keys.device_pk == signer.device_pk, keys.key_id == new.key_id)
    ).first()
    until = now + timedelta(seconds=overlap_s)
    if same is None:
        if signer_expires_at is not None:
            words = "this key was rotated out; only the current one can name the next"
            raise Refused(409, "key_used", words, device=device)
        row = {"device_pk": signer.device_pk, "added_at": now, **new.model_dump()}
        older = or_(keys.expires_at.is_(None), keys.expires_at > until)
        connection.execute(
            update(device_keys)
            .where(keys.device_pk == signer.device_pk, older)
            .values(expires_at=until)
        )
        connection.execute(insert(device_keys).values(row))
    elif same.expires_at is not None:
        words = "this key was rotated out; make a new one"
        raise Refused(409, "key_used", words, device=device)
    else:
        until = signer_expires_at or until
    return KeyAnswer(key_id=new.key_id, previous_expires_at=rfc3339(until))


def lock_device(
    connection: Connection, signer: CachedKey, device: str, now: datetime
) -> datetime | None:
    """Lock the row of a device until the commit: when the signer's key expires, if it does.

    Raises ``Refused`` where the device or its key is over, or the row is another device's.
    """
    query = select(devices).where(devices.c.pk == signer.device_pk).with_for_update()
    found = connection.execute(query).first()
    keys = device_keys.c
    mine = select(device_keys).where(keys.pk == signer.key_pk, keys.device_pk == signer.device_pk)
    key = connection.execute(mine).first()
    if found is None or key is None or not signer.owns(found.device, found.site_pk, key.key_id):
        raise Replaced(device)
    if found.revoked_at is not None:
        raise revoked(device)
    expires_at: datetime | None = key.expires_at
    if is_over(expires_at, now):
        raise unknown_key(device)
    return expires_at


def _is_void(token: Row[Any], now: datetime) -> bool:
    return token.revoked_at is not None or is_over(token.expires_at, now)


def _check_id(request: EnrolmentRequest, signed: bool) -> None:
    """Refuse a new device whose id could be another's; raises ``Refused``."""
    if not signed:
        words = "the request is not signed by the key (a device of version 0.1.0?)"
    elif device_id(request.alg, request.key) != request.device:
        words = "the device's id is not that of the key"
    else:
        return
    words += ": update it and make its key anew, or have a token issued for this id"
    raise Refused(401, "unproven", words, device=request.device)


def _check(new: NewKey, device: str) -> VerifyKey:
    try:
        key = VerifyKey.load(new.alg, new.key)
    except EnvelopeError as error:
        raise Refused(422, "invalid", str(error), device=device) from error
    if key.key_id != new.key_id:
        raise Refused(422, "invalid", "key_id does not belong to the key", device=device)
    return key


def _token(request: EnrolmentRequest, words: str) -> Refused:
    return Refused(401, "token", f"the enrolment token {words}", device=request.device)


def _add(connection: Connection, request: EnrolmentRequest, site_pk: int, now: datetime) -> int:
    row = {
        "device": request.device,
        "site_pk": site_pk,
        "enrolled_at": now,
        "last_batch": 0,
        "last_release": 0,
        "dropped": 0,
        "dropped_unused": 0,
    }
    pk = connection.execute(insert(devices).values(row).returning(devices.c.pk)).scalar_one()
    connection.execute(
        insert(device_keys).values(
            device_pk=pk, key_id=request.key_id, alg=request.alg, key=request.key, added_at=now
        )
    )
    return int(pk)


def _use(connection: Connection, token: Row[tuple[object, ...]], pk: int, now: datetime) -> None:
    if token.used_at is None:
        this = enrolment_tokens.c.digest == token.digest
        connection.execute(update(enrolment_tokens).where(this).values(used_at=now, device_pk=pk))


def _has(connection: Connection, device_pk: int, new: NewKey) -> bool:
    keys = device_keys.c
    same = select(keys.pk).where(
        keys.device_pk == device_pk, keys.alg == new.alg, keys.key == new.key
    )
    return connection.execute(same).first() is not None
