# SPDX-License-Identifier: Apache-2.0
"""What administrators do: enrolment tokens, access tokens, revocation; and the lists of these.

An administrator of some sites does all of this for these sites only. What is of other sites looks
like what does not exist. Whatever is done leaves a row in ``/v1/admin-actions``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from privcv_collector.api.admin_schemas import (
    AccessTokenRequest,
    AccessTokensAnswer,
    ActionsPage,
    Done,
    EnrolmentTokenRequest,
    EnrolmentTokensAnswer,
    RevokedAnswer,
    TokenAnswer,
)
from privcv_collector.api.authorize import allow
from privcv_collector.api.error_schema import errors
from privcv_collector.api.openapi import body_of
from privcv_collector.api.parameters import Before, Limit
from privcv_collector.api.parameters import Name as Filter
from privcv_collector.api.requests import Database, json_body
from privcv_collector.devices import administration, revocation
from privcv_collector.devices.access import Access
from privcv_collector.errors import AmbiguousNameError, CollectorError
from privcv_collector.queries import token_queries
from privcv_collector.refused import Refused
from privcv_core.settings.model import Name

router = APIRouter(
    prefix="/v1",
    tags=["administration"],
    responses=errors(400, 401, 403, 404, 408, 409, 413, 422, 429, 503),
)

Admin = Annotated[Access, Depends(allow("admin"))]
AdminOrAuditor = Annotated[Access, Depends(allow("admin", "auditor"))]
DeviceId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
Number = Annotated[str | None, Query(alias="id", pattern=r"^[0-9a-f]{16}$")]
Active = Annotated[bool, Query(description="Only those that can still be used.")]


WantedEnrolment = Annotated[EnrolmentTokenRequest, Depends(json_body(EnrolmentTokenRequest))]
WantedAccess = Annotated[AccessTokenRequest, Depends(json_body(AccessTokenRequest))]


@router.post(
    "/enrolment-tokens",
    response_model=TokenAnswer,
    status_code=201,
    openapi_extra=body_of(EnrolmentTokenRequest),
)
def post_enrolment_token(access: Admin, engine: Database, wanted: WantedEnrolment) -> Any:
    """Make a token with which one device can enrol, once."""
    _check_sites(access, [wanted.site])
    if wanted.device is not None and access.sites:
        # With it, an id is taken without the key that it is a digest of: also another site's.
        words = "device: only an administrator of every site issues a token for an id"
        raise Refused(403, "forbidden", words)
    token = administration.issue_enrolment_token(
        engine, wanted.site, wanted.valid_s, wanted.device, access.actor
    )
    return {"token": token}


@router.get("/enrolment-tokens", response_model=EnrolmentTokensAnswer)
def get_enrolment_tokens(
    access: Admin, engine: Database, site: Filter = None, active: Active = False
) -> Any:
    """Tokens with which devices enrol or enrolled: never the token, but its id."""
    with engine.connect() as connection:
        found = token_queries.list_enrolment_tokens(connection, access.sites, site, active)
    return {"enrolment_tokens": found}


@router.delete("/enrolment-tokens/{id}", response_model=Done)
def delete_enrolment_token(access: Admin, engine: Database, id: TokenId) -> Any:
    """Let nobody enrol with a token that was not used yet."""
    with _refused_as(404, "not_found"):
        revocation.revoke_enrolment_token(engine, id, access.sites, access.actor)
    return {"done": True}


@router.post(
    "/access-tokens",
    response_model=TokenAnswer,
    status_code=201,
    openapi_extra=body_of(AccessTokenRequest),
)
def post_access_token(access: Admin, engine: Database, wanted: WantedAccess) -> Any:
    """Make a token for a reader."""
    _check_sites(access, wanted.sites)
    with _refused_as(409, "exists"):
        token = administration.issue_access_token(
            engine,
            wanted.name,
            wanted.role,
            wanted.sites,
            wanted.valid_s,
            access.actor,
            access.sites,
            wanted.places,
        )
    return {"token": token}


@router.get("/access-tokens", response_model=AccessTokensAnswer)
def get_access_tokens(
    access: Admin, engine: Database, site: Filter = None, active: Active = False
) -> Any:
    """Who may read and administer: names and roles, never a token."""
    with engine.connect() as connection:
        found = token_queries.list_access_tokens(connection, access.sites, site, active)
    return {"access_tokens": found}


@router.delete("/access-tokens/{name}", response_model=RevokedAnswer)
def delete_access_token(
    access: Admin,
    engine: Database,
    name: Name,
    number: Number = None,
    keep_issued: bool = False,
    with_devices: bool = False,
) -> Any:
    """Refuse a token from now on, and what was issued with it unless 'keep_issued' says otherwise.

    'with_devices' also revokes the devices that enrolled with tokens that it issued.
    """
    with _refused_as(404, "not_found"):
        return revocation.revoke_access_token(
            engine,
            name,
            access.sites,
            access.actor,
            number=number,
            keep_issued=keep_issued,
            with_devices=with_devices,
        )


@router.delete("/devices/{device}", response_model=Done)
def delete_device(access: Admin, engine: Database, device: DeviceId) -> Any:
    """Revoke a device: all it sends is refused from now on; what it sent stays."""
    with _refused_as(404, "not_found"):
        revocation.revoke_device(engine, device, access.sites, access.actor)
    return {"done": True}


@router.get("/admin-actions", response_model=ActionsPage, summary="What administrators did")
def get_admin_actions(
    access: AdminOrAuditor, engine: Database, limit: Limit = 1000, before: Before = None
) -> Any:
    """Newest first: who did what, when, and for which sites."""
    with engine.connect() as connection:
        return {"actions": token_queries.list_actions(connection, access.sites, limit, before)}


@contextmanager
def _refused_as(status: int, error: str) -> Iterator[None]:
    """What the storage cannot do becomes a refusal."""
    try:
        yield
    except AmbiguousNameError as cause:
        raise Refused(409, "ambiguous", str(cause)) from cause
    except CollectorError as cause:
        raise Refused(status, error, str(cause)) from cause


def _check_sites(access: Access, wanted: list[str]) -> None:
    if not administration.covers(access.sites, wanted):
        words = f"this token is for {', '.join(sorted(access.sites))}: name these sites only"
        raise Refused(403, "forbidden", words)
