# SPDX-License-Identifier: Apache-2.0
"""Signing in and out of the pages: a token is shown once, and a cookie is held instead."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from privcv_collector.api.authorize import SESSION_COOKIE
from privcv_collector.api.error_schema import errors
from privcv_collector.api.requests import Here, count_peer, read_json
from privcv_collector.devices.access import Access
from privcv_collector.devices.administration import Role
from privcv_collector.devices.page_sessions import lasts
from privcv_collector.refused import Refused

router = APIRouter(prefix="/v1", tags=["pages"], responses=errors(401, 403, 422, 429, 503))


class SignIn(BaseModel):
    """What somebody signs in with."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=256, description="An access token.")


class SessionAnswer(BaseModel):
    """Who is signed in."""

    role: Role | None = Field(description="Null where nobody is signed in.")
    sites: list[str] = Field(description="Names of the sites it is for; none: every site.")
    sums: bool = Field(False, description="Whether there are totals over sites for this reader.")


@router.post(
    "/page-session",
    response_model=SessionAnswer,
    summary="Sign in to the pages",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": SignIn.model_json_schema()}},
        }
    },
)
async def sign_in(request: Request, response: Response, collector: Here) -> Any:
    """Sets a cookie that reads what the token reads, for 12 hours, of a display for 400 days.

    Only the own pages may ask.
    """
    given = await read_json(collector, request, SignIn)
    _refuse_other_pages(request)
    secret, access = await run_in_threadpool(collector.sessions.begin, given.token)
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(lasts(access).total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"
    return _about(access, collector)


@router.get("/page-session", response_model=SessionAnswer, summary="Who is signed in")
def get_session(request: Request, response: Response, collector: Here) -> Any:
    """Of the cookie. That nobody is signed in is an answer like any other, and no refusal."""
    count_peer(collector, request)
    response.headers["Cache-Control"] = "no-store"
    try:
        access = collector.sessions.access(request.cookies.get(SESSION_COOKIE, ""))
        return _about(access, collector)
    except Refused:
        return {"role": None, "sites": []}


@router.delete("/page-session", status_code=204, summary="Sign out of the pages")
async def sign_out(request: Request, response: Response, collector: Here) -> None:
    """Ends the session of the cookie, in all of its browser's windows."""
    count_peer(collector, request)
    _refuse_other_pages(request)
    secret = request.cookies.get(SESSION_COOKIE)
    if secret is not None:
        await run_in_threadpool(collector.sessions.end, secret)
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def _about(access: Access, collector: Here) -> dict[str, Any]:
    sums = collector.sums.sums is not None and access.role in ("viewer", "auditor")
    return {
        "role": access.role, "sites": sorted(access.sites), "sums": sums and not access.sites,
    }  # fmt: skip


def _refuse_other_pages(request: Request) -> None:
    """A browser says which page asks; a page of another site signs nobody in or out."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refused(403, "forbidden", "a page of another site asked")
    if request.method == "POST" and not request.headers.get("content-type", "").startswith(
        "application/json"
    ):
        raise Refused(422, "invalid", "the body must be application/json")
