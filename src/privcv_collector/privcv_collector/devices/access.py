# SPDX-License-Identifier: Apache-2.0
"""Access tokens of readers: each has one role, and the sites that it is for."""

import hmac
import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from privcv_collector.clock import is_over, now_utc
from privcv_collector.devices.actions import TOKEN_FILE, Actor, token_id
from privcv_collector.devices.administration import Role, digest_of
from privcv_collector.errors import CollectorError
from privcv_collector.refused import unauthorized
from privcv_collector.storage.tables import access_tokens, sites
from privcv_core.errors import PrivcvError
from privcv_core.files.secret_file import read_secret_text

_log = logging.getLogger(__name__)
_AT_ONCE = 500  # parameters of one query


@dataclass(frozen=True)
class Access:
    """What the bearer of a token may do."""

    actor: Actor
    role: Role
    sites: frozenset[str]  # empty: every site
    places: frozenset[str] = frozenset()  # "camera/place" of a display; empty: every one

    def site_keys(self, connection: Connection, site: str | None = None) -> dict[int, str]:
        """Key and name of the sites to read, ``site`` alone if given.

        A site that this token is not for looks like one that does not exist.
        """
        found = connection.execute(select(sites).order_by(sites.c.pk))
        return {
            row.pk: row.name
            for row in found
            if (not self.sites or row.name in self.sites) and site in (None, row.name)
        }


class AccessTokens:
    """Looks tokens up: the one of the administrator's file, and those in the database."""

    def __init__(self, engine: Engine, admin_token_file: Path | None) -> None:
        self._engine = engine
        self._file = admin_token_file
        self._admin = read_token_file(admin_token_file) if admin_token_file else None

    def refresh(self) -> None:
        """Read the file again: who replaced the token in it, or took it away, revoked the old one.

        One that cannot be used is none, and logged once.
        """
        if self._file is None:
            return
        try:
            now = read_token_file(self._file)
        except PrivcvError as error:
            if self._admin is not None:
                _log.error("%s; nobody is administrator by it until that is mended", error)
            self._admin = None
            return
        if now != self._admin:
            _log.info("%s: read again", self._file)
        self._admin = now

    def access(self, token: str) -> Access:
        """What ``token`` allows; raises ``Refused``."""
        return self.access_by_digest(digest_of(token))

    def access_by_digest(self, digest: str) -> Access:
        """What the token with this digest allows; raises ``Refused``."""
        if self._admin is not None and hmac.compare_digest(self._admin, digest):
            return Access(TOKEN_FILE, "admin", frozenset())
        found = self.accesses_by_digest([digest])
        if digest not in found:
            raise unauthorized("the access token is not known, expired or was revoked")
        return found[digest]

    def accesses_by_digest(self, digests: Collection[str]) -> dict[str, Access]:
        """What the tokens in the database with these digests allow, in one query for hundreds.

        Those that are not known, expired or revoked are not in it.
        """
        found, wanted, now = {}, sorted(digests), now_utc()
        with self._engine.connect() as connection:
            for at in range(0, len(wanted), _AT_ONCE):
                some = access_tokens.c.digest.in_(wanted[at : at + _AT_ONCE])
                for row in connection.execute(select(access_tokens).where(some)):
                    if row.revoked_at is None and not is_over(row.expires_at, now):
                        actor = Actor(token_id(row.digest), row.name)
                        sees = frozenset(row.sites), frozenset(row.places)
                        found[row.digest] = Access(actor, row.role, *sees)
        return found


def read_token_file(path: Path) -> str:
    """Digest of the token in a secret file; raises ``KeyFileError`` and ``CollectorError``."""
    token = read_secret_text(path).strip()
    if len(token) < 20:
        raise CollectorError(f"{path}: needs a token of at least 20 characters")
    return digest_of(token)
