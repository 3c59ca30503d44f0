# SPDX-License-Identifier: Apache-2.0
"""What an administrator does: who may send, and who may read. For the API and the command line.

Tokens are 256 random bits, shown once. The database keeps their SHA-256, from which nobody can
get them back; no salt is needed where there is nothing to guess.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from privcv_collector.clock import now_utc
from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import open_database, writing
from privcv_collector.storage.tables import access_tokens, devices, enrolment_tokens, sites

Role = Literal["viewer", "auditor", "admin"]
ENROLMENT_VALID_S = 24 * 3600.0


def issue_enrolment_token(db: str | Engine, site: str, valid_s: float = ENROLMENT_VALID_S) -> str:
    """A token with which one device can enrol at ``site``, once."""
    token = "enrol-" + secrets.token_urlsafe(32)
    now = now_utc()
    with writing(_engine(db)).begin() as connection:
        row = {
            "digest": digest_of(token),
            "site_pk": site_key(connection, site),
            "created_at": now,
            "expires_at": now + timedelta(seconds=valid_s),
        }
        connection.execute(insert(enrolment_tokens).values(row))
    return token


def issue_access_token(
    db: str | Engine,
    name: str,
    role: Role,
    sites: Sequence[str] = (),
    valid_s: float | None = None,
) -> str:
    """A token to read with, as ``role``; for ``sites`` only, or for every site where none is named.

    Raises ``CollectorError`` where the name is taken.
    """
    token = f"{role}-" + secrets.token_urlsafe(32)
    now = now_utc()
    row = {
        "name": name,
        "digest": digest_of(token),
        "role": role,
        "sites": sorted(set(sites)),
        "created_at": now,
        "expires_at": None if valid_s is None else now + timedelta(seconds=valid_s),
    }
    try:
        with writing(_engine(db)).begin() as connection:
            connection.execute(insert(access_tokens).values(row))
    except IntegrityError as error:
        raise CollectorError(f"token {name}: exists; choose another name") from error
    return token


def revoke_access_token(db: str | Engine, name: str, within: Collection[str] = ()) -> None:
    """Refuse the token from now on. Raises ``CollectorError`` where there is none.

    With ``within``, a token that is for any other site counts as one that does not exist.
    """
    this = access_tokens.c.name == name
    with writing(_engine(db)).begin() as connection:
        found = connection.execute(select(access_tokens.c.sites).where(this)).first()
        if found is None or not covers(within, found.sites):
            raise CollectorError(f"token {name}: is not known")
        connection.execute(update(access_tokens).where(this).values(revoked_at=now_utc()))


def revoke_device(db: str | Engine, device: str, within: Collection[str] = ()) -> None:
    """Refuse all that the device sends from now on; raises ``CollectorError`` if it is unknown.

    With ``within``, a device of any other site counts as unknown.
    """
    change = update(devices).where(devices.c.device == device)
    if within:
        theirs = select(sites.c.pk).where(sites.c.name.in_(within))
        change = change.where(devices.c.site_pk.in_(theirs))
    with writing(_engine(db)).begin() as connection:
        if not connection.execute(change.values(revoked_at=now_utc())).rowcount:
            raise CollectorError(f"device {device}: is not known")


def covers(within: Collection[str], wanted: Collection[str]) -> bool:
    """Whether the sites ``within`` include all of ``wanted``; of both, none means every site."""
    return not within or (bool(wanted) and set(wanted) <= set(within))


def list_access_tokens(db: str | Engine) -> list[dict[str, Any]]:
    """Names, roles and sites of all tokens; never the tokens."""
    columns = [column for column in access_tokens.c if column.name != "digest"]
    with _engine(db).connect() as connection:
        found = connection.execute(select(*columns).order_by(access_tokens.c.name))
        return [dict(row._mapping) for row in found]


def site_key(connection: Connection, name: str) -> int:
    """The key of a site, which is added if it is new."""
    query = select(sites.c.pk).where(sites.c.name == name)
    present = connection.execute(query).scalar()
    if present is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(sites).values(name=name))
        except IntegrityError:
            pass  # another process added it meanwhile
        present = connection.execute(query).scalar_one()
    return int(present)


def digest_of(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _engine(db: str | Engine) -> Engine:
    return open_database(db) if isinstance(db, str) else db
