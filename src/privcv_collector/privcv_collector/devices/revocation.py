# SPDX-License-Identifier: Apache-2.0
"""Revocation of tokens and devices; with an administrator's token goes what was issued with it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from privcv_collector.clock import now_utc
from privcv_collector.devices.actions import COMMAND_LINE, Actor, record_action, token_id
from privcv_collector.devices.administration import (
    ENROLMENT_VALID_S,
    add_enrolment_token,
    covers,
    engine_of,
)
from privcv_collector.errors import AmbiguousNameError, CollectorError
from privcv_collector.storage.database import writing
from privcv_collector.storage.tables import access_tokens, devices, enrolment_tokens, sites


@dataclass
class Revoked:
    """What a revocation ended, and which devices enrolled with tokens that it ended."""

    access_tokens: list[str] = field(default_factory=list)
    enrolment_tokens: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    devices_left: list[str] = field(default_factory=list)


def revoke_access_token(
    db: str | Engine,
    name: str,
    within: Collection[str] = (),
    by: Actor = COMMAND_LINE,
    *,
    number: str | None = None,
    keep_issued: bool = False,
    with_devices: bool = False,
) -> Revoked:
    """Refuse the token from now on, and all that was issued with it: tokens, and theirs in turn.

    Devices that enrolled with such a token stay and are named, or go too (``with_devices``).
    ``number`` is the token's id, where several have the name. Raises ``CollectorError`` where there
    is none. With ``within``, a token that is for any other site counts as one that does not exist.
    """
    done = Revoked()
    with writing(engine_of(db)).begin() as connection:
        first = _access_token(connection, name, within, number)
        ended = [first]
        for token in ended:
            _end_access_token(connection, by, token, done)
            if not keep_issued:
                known = {row.digest for row in ended}
                issued = access_tokens.c.issued_by == token_id(token.digest)
                found = connection.execute(select(access_tokens).where(issued)).all()
                ended += [row for row in found if row.digest not in known]
                _end_enrolments(connection, by, token_id(token.digest), with_devices, done)
    return done


def revoke_enrolment_token(
    db: str | Engine, number: str, within: Collection[str] = (), by: Actor = COMMAND_LINE
) -> None:
    """Let nobody enrol with a token, by its id; raises ``CollectorError`` where none is unused."""
    with writing(engine_of(db)).begin() as connection:
        this = enrolment_tokens.c.digest.startswith(number) & enrolment_tokens.c.used_at.is_(None)
        row = connection.execute(_with_site(enrolment_tokens).where(this)).first()
        if row is None or not covers(within, [row.site]):
            raise CollectorError(f"enrolment token {number}: is not known, or was used")
        _end_enrolment_token(connection, by, row, Revoked())


def revoke_device(
    db: str | Engine, device: str, within: Collection[str] = (), by: Actor = COMMAND_LINE
) -> None:
    """Refuse all that the device sends from now on; raises ``CollectorError`` if it is unknown.

    With ``within``, a device of any other site counts as unknown.
    """
    with writing(engine_of(db)).begin() as connection:
        query = _with_site(devices).where(devices.c.device == device)
        row = connection.execute(query).first()
        if row is None or not covers(within, [row.site]):
            raise CollectorError(f"device {device}: is not known")
        _end_device(connection, by, row)


def replace_device(
    db: str | Engine, device: str, valid_s: float = ENROLMENT_VALID_S, by: Actor = COMMAND_LINE
) -> str:
    """A token with which another device enrols at the site of ``device``, which is revoked.

    Both in one transaction: never may both deliver, so that no window is counted by two, also where
    the old one comes back with what had waited on it. Raises ``CollectorError`` where it is not
    known.
    """
    with writing(engine_of(db)).begin() as connection:
        row = connection.execute(_with_site(devices).where(devices.c.device == device)).first()
        if row is None:
            raise CollectorError(f"device {device}: is not known")
        if row.revoked_at is None:
            _end_device(connection, by, row)
        return add_enrolment_token(connection, row.site, valid_s, None, by)


def _access_token(
    connection: Connection, name: str, within: Collection[str], number: str | None
) -> Row[Any]:
    query = select(access_tokens).where(access_tokens.c.name == name)
    if number is not None:
        query = query.where(access_tokens.c.digest.startswith(number))
    visible = [row for row in connection.execute(query) if covers(within, row.sites)]
    found = [row for row in visible if row.revoked_at is None] or visible[:1]
    if not found:
        raise CollectorError(f"token {name}: is not known")
    if len(found) > 1:
        numbers = ", ".join(token_id(row.digest) for row in found)
        raise AmbiguousNameError(f"token {name}: there are several, name one by its id: {numbers}")
    return found[0]


def _end_access_token(connection: Connection, by: Actor, token: Row[Any], done: Revoked) -> None:
    if token.revoked_at is not None:
        return
    record_action(connection, by, "access_token.revoked", token.name, token.sites)
    this = access_tokens.c.digest == token.digest
    connection.execute(update(access_tokens).where(this).values(revoked_at=now_utc()))
    done.access_tokens.append(token.name)


def _end_enrolments(
    connection: Connection, by: Actor, issuer: str, with_devices: bool, done: Revoked
) -> None:
    """End the enrolment tokens of an issuer, and name or end the devices that used one."""
    issued = _with_site(enrolment_tokens).where(enrolment_tokens.c.issued_by == issuer)
    for token in connection.execute(issued).all():
        if token.used_at is None:
            if token.revoked_at is None:
                _end_enrolment_token(connection, by, token, done)
            continue
        used = _with_site(devices).where(devices.c.pk == token.device_pk)
        device = connection.execute(used).one()
        if device.revoked_at is None:
            (done.devices if with_devices else done.devices_left).append(device.device)
            if with_devices:
                _end_device(connection, by, device)


def _end_enrolment_token(connection: Connection, by: Actor, token: Row[Any], done: Revoked) -> None:
    number = token_id(token.digest)
    record_action(connection, by, "enrolment_token.revoked", number, [token.site])
    this = enrolment_tokens.c.digest == token.digest
    connection.execute(update(enrolment_tokens).where(this).values(revoked_at=now_utc()))
    done.enrolment_tokens.append(number)


def _end_device(connection: Connection, by: Actor, device: Row[Any]) -> None:
    record_action(connection, by, "device.revoked", device.device, [device.site])
    this = devices.c.pk == device.pk
    connection.execute(update(devices).where(this).values(revoked_at=now_utc()))


def _with_site(table: Any) -> Any:
    """A query of the rows of ``table``, with the name of their ``site``."""
    return select(table, sites.c.name.label("site")).join(sites, sites.c.pk == table.c.site_pk)
