# SPDX-License-Identifier: Apache-2.0
"""Authorization of a request: the bearer's access token must have a role that the route allows."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from privcv_collector.api.requests import collector_of, count_peer
from privcv_collector.devices.access import Access
from privcv_collector.devices.administration import Role
from privcv_collector.refused import Refused, unauthorized

_bearer = HTTPBearer(auto_error=False, description="An access token: privcv collector token.")


def allow(*roles: Role) -> Callable[..., Access]:
    """A dependency of a route: the bearer's access, if its role is one of ``roles``."""

    def dependency(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Access:
        collector = collector_of(request)
        count_peer(collector, request)
        if credentials is None:
            raise unauthorized("send an access token: Authorization: Bearer TOKEN")
        access = collector.tokens.access(credentials.credentials)
        if access.role not in roles:
            raise Refused(
                403, "forbidden", f"needs the role {' or '.join(roles)}, not {access.role}"
            )
        return access

    return dependency
