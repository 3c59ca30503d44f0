# SPDX-License-Identifier: Apache-2.0
"""Tokens that an administrator issues: who may send, and who may read. For API and command line.

Tokens are 256 random bits, shown once. The database keeps their SHA-256, from which nobody can
get them back; no salt is needed where there is nothing to guess.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from privcv_collector.clock import now_utc
from privcv_collector.devices.actions import COMMAND_LINE, Actor, record_action, token_id
from privcv_collector.errors import CollectorError
from privcv_collector.storage.database import open_database, writing
from privcv_collector.storage.tables import access_tokens, enrolment_tokens, sites

Role = Literal["viewer", "auditor", "admin", "display"]
PLACE = r"^([a-z][a-z0-9_]{0,62})?/[a-z][a-z0-9_]{0,62}$"
"""How a display's token names a place: camera ('' where it is summed over them), zone or line."""

ENROLMENT_VALID_S = 24 * 3600.0
_NAMES_LOCK = 0x70726977  # any constant: one name at a time is looked for and taken


def issue_enrolment_token(
    db: str | Engine,
    site: str,
    valid_s: float = ENROLMENT_VALID_S,
    device: str | None = None,
    by: Actor = COMMAND_LINE,
) -> str:
    """A token with which one device can enrol at ``site``, once; it expires with its issuer's.

    With ``device`` only that one can, also if it proves nothing (0.1.0) or its id is older than
    its key: see ``enrolment``.
    """
    with writing(engine_of(db)).begin() as connection:
        return add_enrolment_token(connection, site, valid_s, device, by)


def add_enrolment_token(
    connection: Connection, site: str, valid_s: float, device: str | None, by: Actor
) -> str:
    """As ``issue_enrolment_token``, in the transaction of ``connection``."""
    token = "enrol-" + secrets.token_urlsafe(32)
    digest, now = digest_of(token), now_utc()
    row = {
        "digest": digest,
        "site_pk": site_key(connection, site),
        "created_at": now,
        "expires_at": _expires_at(connection, by, now + timedelta(seconds=valid_s)),
        "device": device,
        "issued_by": by.id,
    }
    connection.execute(insert(enrolment_tokens).values(row))
    record_action(connection, by, "enrolment_token.issued", token_id(digest), [site])
    return token


def issue_access_token(
    db: str | Engine,
    name: str,
    role: Role,
    sites: Sequence[str] = (),
    valid_s: float | None = None,
    by: Actor = COMMAND_LINE,
    within: Collection[str] = (),
    places: Sequence[str] = (),
) -> str:
    """A token to read with, as ``role``; for ``sites`` only, or for every site where none is named.

    That of a display is for one site, and for its ``places`` ("camera/place") only if any is named.

    It expires with the token that issues it at the latest: expiry ends what revocation would end.
    Raises ``CollectorError`` where the name is taken. An administrator ``within`` some sites learns
    nothing of the names that others gave: only tokens for these sites count.
    """
    if (problem := problem_of_display(role, sites, places)) is not None:
        raise CollectorError(f"token {name}: {problem}")
    token = f"{role}-" + secrets.token_urlsafe(32)
    now = now_utc()
    wanted = None if valid_s is None else now + timedelta(seconds=valid_s)
    row = {
        "name": name,
        "digest": digest_of(token),
        "role": role,
        "sites": sorted(set(sites)),
        "places": sorted(set(places)),
        "created_at": now,
        "issued_by": by.id,
    }
    with writing(engine_of(db)).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NAMES_LOCK})
        taken = select(access_tokens.c.sites).where(access_tokens.c.name == name)
        if any(covers(within, found.sites) for found in connection.execute(taken)):
            raise CollectorError(f"token {name}: exists; choose another name")
        row["expires_at"] = _expires_at(connection, by, wanted)
        connection.execute(insert(access_tokens).values(row))
        record_action(connection, by, "access_token.issued", f"{name} ({role})", sites)
    return token


def problem_of_display(role: Role, sites: Sequence[str], places: Sequence[str]) -> str | None:
    """What is wrong with a token for a display, or for places; ``None`` where nothing is."""
    if role == "display" and len(set(sites)) != 1:
        return "a display is at one site: name that site, and no other"
    if role != "display" and places:
        return "only a display is for places: give it the role display"
    return None


def _expires_at(connection: Connection, by: Actor, wanted: datetime | None) -> datetime | None:
    """When a token expires that ``by`` issues: as wanted, but never after the own one.

    ``None`` means never; whoever has no token in the database has one that never expires.
    """
    own = select(access_tokens.c.expires_at).where(access_tokens.c.digest.startswith(by.id))
    until = [when for when in (connection.execute(own).scalar(), wanted) if when is not None]
    return min(until, default=None)


def covers(within: Collection[str], wanted: Collection[str]) -> bool:
    """Whether the sites ``within`` include all of ``wanted``; of both, none means every site."""
    return not within or (bool(wanted) and set(wanted) <= set(within))


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


def engine_of(db: str | Engine) -> Engine:
    """The engine of a database that is given as such or by its URL."""
    return open_database(db) if isinstance(db, str) else db
