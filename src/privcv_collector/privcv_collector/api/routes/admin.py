# SPDX-License-Identifier: Apache-2.0
"""What administrators do: enrolment tokens, access tokens, revocation.

An administrator of some sites does all of this for these sites only. What is of other sites looks
like what does not exist.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from privcv_collector.api.authorize import allow
from privcv_collector.api.error_schema import errors
from privcv_collector.api.openapi import body_of
from privcv_collector.api.requests import Database, Here, read_json
from privcv_collector.device_bodies import Model
from privcv_collector.devices import administration
from privcv_collector.devices.access import Access
from privcv_collector.devices.administration import Role
from privcv_collector.errors import CollectorError
from privcv_collector.refused import Refused
from privcv_core.settings.model import Name

router = APIRouter(
    prefix="/v1",
    tags=["administration"],
    responses=errors(400, 401, 403, 404, 408, 409, 413, 422, 429, 503),
)

Admin = Annotated[Access, Depends(allow("admin"))]
DeviceId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class EnrolmentTokenRequest(Model):
    """A token for one device."""

    site: Name = Field(description="Where the device will stand.")
    valid_s: float = Field(24 * 3600.0, ge=60, le=30 * 86400.0)


class AccessTokenRequest(Model):
    """A token to read with."""

    name: Name
    role: Role
    sites: list[Name] = Field([], max_length=256, description="Empty: every site.")
    valid_s: float | None = Field(None, ge=60, le=10 * 366 * 86400.0)


class TokenAnswer(BaseModel):
    """A token, shown this once."""

    token: str


class Done(BaseModel):
    """It is done."""

    done: bool = True


def _body(model: type[BaseModel]) -> Any:
    """A dependency: the body, read after the bearer was found to be an administrator."""

    async def dependency(request: Request, here: Here) -> BaseModel:
        return await read_json(here, request, model)

    return Depends(dependency)


WantedEnrolment = Annotated[EnrolmentTokenRequest, _body(EnrolmentTokenRequest)]
WantedAccess = Annotated[AccessTokenRequest, _body(AccessTokenRequest)]


@router.post(
    "/enrolment-tokens",
    response_model=TokenAnswer,
    status_code=201,
    openapi_extra=body_of(EnrolmentTokenRequest),
)
def post_enrolment_token(access: Admin, engine: Database, wanted: WantedEnrolment) -> Any:
    """Make a token with which one device can enrol, once."""
    _check_sites(access, [wanted.site])
    return {"token": administration.issue_enrolment_token(engine, wanted.site, wanted.valid_s)}


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
            engine, wanted.name, wanted.role, wanted.sites, wanted.valid_s
        )
    return {"token": token}


@router.delete("/access-tokens/{name}", response_model=Done)
def delete_access_token(access: Admin, engine: Database, name: Name) -> Any:
    """Refuse a token from now on."""
    with _refused_as(404, "not_found"):
        administration.revoke_access_token(engine, name, access.sites)
    return {"done": True}


@router.delete("/devices/{device}", response_model=Done)
def delete_device(access: Admin, engine: Database, device: DeviceId) -> Any:
    """Revoke a device: all it sends is refused from now on; what it sent stays."""
    with _refused_as(404, "not_found"):
        administration.revoke_device(engine, device, access.sites)
    return {"done": True}


@contextmanager
def _refused_as(status: int, error: str) -> Iterator[None]:
    """What the storage cannot do becomes a refusal."""
    try:
        yield
    except CollectorError as cause:
        raise Refused(status, error, str(cause)) from cause


def _check_sites(access: Access, wanted: list[str]) -> None:
    if not administration.covers(access.sites, wanted):
        words = f"this token is for {', '.join(sorted(access.sites))}: name these sites only"
        raise Refused(403, "forbidden", words)
