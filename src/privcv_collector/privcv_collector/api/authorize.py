# SPDX-License-Identifier: Apache-2.0
"""Authorization of a request: an access token must have a role that the route allows.

Programs send the token. A browser sends the cookie of a session, which is good for reading only: no
page of another's can make it change anything.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from privcv_collector.api.requests import collector_of, count_peer
from privcv_collector.collector import Collector
from privcv_collector.devices.access import Access
from privcv_collector.devices.administration import Role, digest_of
from privcv_collector.refused import Refused, unauthorized

SESSION_COOKIE = "__Host-privcv"
"""Only over TLS or on the machine itself, only for this host, and out of reach of scripts."""

_READS = ("GET", "HEAD")
_TOKEN, _SESSION = "token", "session"

_bearer = HTTPBearer(auto_error=False, description="An access token: privcv collector token.")


@dataclass(frozen=True)
class Held:
    """What a request was allowed by, as a digest, and what that allows."""

    credential: str
    access: Access


def allow(*roles: Role) -> Callable[..., Access]:
    """A dependency of a route: the bearer's access, if its role is one of ``roles``."""
    held_by = _held_by(*roles)

    def dependency(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Access:
        return held_by(request, credentials).access

    return dependency


def accesses_of(collector: Collector, credentials: Collection[str]) -> dict[str, Access]:
    """What each credential allows now, in two queries; those that ended are not in it."""
    by_kind: dict[str, set[str]] = {_TOKEN: set(), _SESSION: set()}
    for credential in credentials:
        kind, _, digest = credential.partition(":")
        by_kind[kind].add(digest)
    tokens = collector.sessions.tokens_of(by_kind[_SESSION])
    known = collector.tokens.accesses_by_digest({*by_kind[_TOKEN], *tokens.values()})
    found = {f"{_TOKEN}:{one}": known[one] for one in by_kind[_TOKEN] if one in known}
    found |= {f"{_SESSION}:{one}": known[of] for one, of in tokens.items() if of in known}
    return found


def _held_by(*roles: Role) -> Callable[..., Held]:
    def dependency(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Held:
        collector = collector_of(request)
        count_peer(collector, request)
        held = _held(collector, request, credentials)
        if held.access.role not in roles:
            raise Refused(
                403, "forbidden", f"needs the role {' or '.join(roles)}, not {held.access.role}"
            )
        if request.method in _READS:
            route = request.scope["route"].path
            collector.reads.note(held.access, route, request.query_params.get("site"))
        return held

    return dependency


HELD_BY_READERS = _held_by("viewer", "auditor", "display")
"""A dependency of a route that goes on for longer than a request: it asks ``accesses_of`` again."""


def _held(
    collector: Collector, request: Request, credentials: HTTPAuthorizationCredentials | None
) -> Held:
    if credentials is not None:
        token = credentials.credentials
        return Held(f"{_TOKEN}:{digest_of(token)}", collector.tokens.access(token))
    secret = request.cookies.get(SESSION_COOKIE)
    if secret is not None and request.method in _READS:
        return Held(f"{_SESSION}:{digest_of(secret)}", collector.sessions.access(secret))
    raise unauthorized("send an access token: Authorization: Bearer TOKEN")
