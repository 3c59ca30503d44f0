# SPDX-License-Identifier: Apache-2.0
"""Sessions of people who look at the pages: a browser holds a random number, never the token.

A session is what its token is, for as long as that is valid: where the token ends or is revoked, so
do its sessions, at once. The database holds only digests.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select

from privcv_collector.clock import is_over, now_utc
from privcv_collector.devices.access import Access, AccessTokens
from privcv_collector.devices.administration import digest_of
from privcv_collector.refused import unauthorized
from privcv_collector.storage.database import writing
from privcv_collector.storage.tables import page_sessions

LASTS = timedelta(hours=12)
"""How long somebody stays signed in."""

DISPLAY_LASTS = timedelta(days=400)
"""The same of a screen on a wall, where nobody signs in again: as long as a cookie is kept."""

MOST_OF_A_TOKEN = 32
"""Sessions of one token at a time; the oldest ends where one more begins."""


def lasts(access: Access) -> timedelta:
    """How long a session lasts, if its token does."""
    return DISPLAY_LASTS if access.role == "display" else LASTS


_AT_ONCE = 500  # parameters of one query


class PageSessions:
    """Begins, finds and ends sessions, in the database that all processes share."""

    def __init__(self, engine: Engine, tokens: AccessTokens) -> None:
        self._engine = engine
        self._tokens = tokens

    def begin(self, token: str) -> tuple[str, Access]:
        """The secret of a new session, and what it may do. Raises ``Refused``."""
        access = self._tokens.access(token)
        secret, digest, now = secrets.token_urlsafe(32), digest_of(token), now_utc()
        with writing(self._engine).begin() as connection:
            connection.execute(delete(page_sessions).where(page_sessions.c.expires_at <= now))
            _make_room(connection, digest)
            connection.execute(
                insert(page_sessions).values(
                    digest=digest_of(secret),
                    token_digest=digest,
                    created_at=now,
                    expires_at=now + lasts(access),
                )
            )
        return secret, access

    def access(self, secret: str) -> Access:
        """What the session allows. Raises ``Refused``."""
        row = self._row(secret)
        if row is None or is_over(row[1], now_utc()):
            raise unauthorized("the session has ended: sign in again")
        return self._tokens.access_by_digest(row[0])

    def tokens_of(self, digests: Collection[str]) -> dict[str, str]:
        """Digest of the token of each of these sessions, by the session's; of those that go on."""
        wanted, column = sorted(digests), page_sessions.c
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for at in range(0, len(wanted), _AT_ONCE):
                query = select(column.digest, column.token_digest).where(
                    column.digest.in_(wanted[at : at + _AT_ONCE]), column.expires_at > now_utc()
                )
                found |= {row.digest: row.token_digest for row in connection.execute(query)}
        return found

    def end(self, secret: str) -> None:
        """End the session, if there is one."""
        with writing(self._engine).begin() as connection:
            connection.execute(
                delete(page_sessions).where(page_sessions.c.digest == digest_of(secret))
            )

    def _row(self, secret: str) -> tuple[str, datetime] | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(page_sessions.c.token_digest, page_sessions.c.expires_at).where(
                    page_sessions.c.digest == digest_of(secret)
                )
            ).first()
        return None if row is None else (row.token_digest, row.expires_at)


def _make_room(connection: Connection, token_digest: str) -> None:
    """End the oldest sessions of a token that has as many as it may have."""
    column = page_sessions.c
    kept = (
        select(column.digest)
        .where(column.token_digest == token_digest)
        .order_by(column.created_at.desc(), column.digest)
    )
    oldest = list(connection.execute(kept).scalars())[MOST_OF_A_TOKEN - 1 :]
    connection.execute(delete(page_sessions).where(column.digest.in_(oldest)))
