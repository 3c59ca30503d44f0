# SPDX-License-Identifier: Apache-2.0
"""Authorization of a request: an access token must have a role that the route allows.

Programs send the token. A browser sends the cookie of a session, which is good for reading only: no
page of another's can make it change anything.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from privcv_collector.api.requests import collector_of, count_peer
from privcv_collector.collector import Collector
from privcv_collector.devices.access import Access
from privcv_collector.devices.administration import Role
from privcv_collector.refused import Refused, unauthorized

SESSION_COOKIE = "__Host-privcv"
"""Only over TLS or on the machine itself, only for this host, and out of reach of scripts."""

_READS = ("GET", "HEAD")

_bearer = HTTPBearer(auto_error=False, description="An access token: privcv collector token.")


def allow(*roles: Role) -> Callable[..., Access]:
    """A dependency of a route: the bearer's access, if its role is one of ``roles``."""

    def dependency(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Access:
        collector = collector_of(request)
        count_peer(collector, request)
        access = _access(collector, request, credentials)
        if access.role not in roles:
            raise Refused(
                403, "forbidden", f"needs the role {' or '.join(roles)}, not {access.role}"
            )
        return access

    return dependency


def _access(
    collector: Collector, request: Request, credentials: HTTPAuthorizationCredentials | None
) -> Access:
    if credentials is not None:
        return collector.tokens.access(credentials.credentials)
    secret = request.cookies.get(SESSION_COOKIE)
    if secret is not None and request.method in _READS:
        return collector.sessions.access(secret)
    raise unauthorized("send an access token: Authorization: Bearer TOKEN")
