# SPDX-License-Identifier: Apache-2.0
"""Alerts: rules and what they found for who reads a site; added and disabled by administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Engine

from privcv_collector.alerts import administration
from privcv_collector.alerts.evaluation import as_window, windows_after
from privcv_collector.alerts.false_alarms import alarms_per_week, noise_of
from privcv_collector.alerts.rule import Rule
from privcv_collector.api.admin_schemas import Done
from privcv_collector.api.alert_schemas import (
    AlertsAnswer,
    Certainty,
    ChannelAnswer,
    ChannelRequest,
    ChannelsAnswer,
    ForecastAnswer,
    RuleAnswer,
    RuleRequest,
    Watched,
)
from privcv_collector.api.authorize import allow
from privcv_collector.api.entity_tag import NOT_MODIFIED, tagged
from privcv_collector.api.error_schema import errors
from privcv_collector.api.openapi import body_of
from privcv_collector.api.parameters import Name
from privcv_collector.api.requests import Database, json_body
from privcv_collector.clock import now_utc
from privcv_collector.devices.access import Access
from privcv_collector.devices.administration import covers
from privcv_collector.errors import CollectorError
from privcv_collector.queries.alert_queries import list_channels, list_events, list_rules
from privcv_collector.queries.now_queries import LOOK_BACK
from privcv_collector.refused import Refused

router = APIRouter(
    prefix="/v1",
    tags=["alerts"],
    responses=errors(400, 401, 403, 404, 408, 409, 413, 422, 429, 503),
)

Reader = Annotated[Access, Depends(allow("viewer", "auditor", "admin"))]
Admin = Annotated[Access, Depends(allow("admin"))]
AdminOrAuditor = Annotated[Access, Depends(allow("admin", "auditor"))]
Number = Annotated[int, Path(ge=1, le=2**31)]
WantedRule = Annotated[RuleRequest, Depends(json_body(RuleRequest))]
WantedChannel = Annotated[ChannelRequest, Depends(json_body(ChannelRequest))]
People = Annotated[float, Query(ge=0, le=1e6)]
_WINDOWS = 50


@router.get(
    "/alerts", response_model=AlertsAnswer, responses=NOT_MODIFIED, summary="Rules and alarms"
)
def get_alerts(request: Request, access: Reader, engine: Database, site: Name = None) -> Response:
    """Rules in force, those first that fire, and the last changes of each. Noisy, as all is here.

    An alarm of more people than a threshold tells of released values only.
    """
    viewer = access.role == "viewer"
    with engine.connect() as connection:
        rules = list_rules(connection, access.site_keys(connection, site), for_viewer=viewer)
        numbers = [rule["number"] for rule in rules]
        events = list_events(connection, numbers, for_viewer=viewer)
    return tagged(request, {"rules": rules, "events": events})


@router.post(
    "/alert-rules",
    response_model=RuleAnswer,
    status_code=201,
    openapi_extra=body_of(RuleRequest),
    summary="Add a rule",
)
def post_alert_rule(access: Admin, engine: Database, wanted: WantedRule) -> Any:
    """Watch a place from now on. See '/v1/alert-forecast' for the false alarms to expect."""
    rule = Rule(wanted.kind, wanted.wait_s, wanted.threshold, wanted.recovery, wanted.certainty)
    with _refused_as_missing():
        number = administration.add_rule(
            engine,
            wanted.site,
            (wanted.camera, wanted.place),
            wanted.statistic,
            rule,
            wanted.title,
            wanted.channels,
            access.actor,
            access.sites,
        )
    return {"number": number}


@router.delete("/alert-rules/{number}", response_model=Done, summary="Disable a rule")
def delete_alert_rule(access: Admin, engine: Database, number: Number) -> Any:
    """Look at a rule no more."""
    with _refused_as_missing():
        administration.disable_rule(engine, number, access.actor, access.sites)
    return {"done": True}


@router.get("/alert-channels", response_model=ChannelsAnswer, summary="Who is told")
def get_alert_channels(access: AdminOrAuditor, engine: Database) -> Any:
    """Channels, without their secrets: of a webhook the host, of a mail the number of addresses."""
    with engine.connect() as connection:
        return {"channels": list_channels(connection, access.sites)}


@router.post(
    "/alert-channels",
    response_model=ChannelAnswer,
    status_code=201,
    openapi_extra=body_of(ChannelRequest),
    summary="Add a channel",
)
def post_alert_channel(access: Admin, engine: Database, wanted: WantedChannel) -> Any:
    """A webhook is told over TLS at a public address, signed with the secret of the answer."""
    if not covers(access.sites, wanted.sites):
        words = f"this token is for {', '.join(sorted(access.sites))}: name these sites only"
        raise Refused(403, "forbidden", words)
    try:
        number, secret = administration.add_channel(
            engine, wanted.name, wanted.kind, wanted.target, wanted.sites, access.actor
        )
    except CollectorError as error:
        raise Refused(422, "invalid", str(error)) from error
    return {"number": number, "secret": secret}


@router.delete("/alert-channels/{number}", response_model=Done, summary="Disable a channel")
def delete_alert_channel(access: Admin, engine: Database, number: Number) -> Any:
    """Tell nobody by it any more; where it led and its secret are forgotten."""
    with _refused_as_missing():
        administration.disable_channel(engine, number, access.actor, access.sites)
    return {"done": True}


@router.get("/alert-forecast", response_model=ForecastAnswer, summary="False alarms to expect")
def get_alert_forecast(
    access: AdminOrAuditor,
    engine: Database,
    site: Annotated[str, Query(max_length=64)],
    place: Annotated[str, Query(max_length=64)],
    statistic: Watched,
    kind: Annotated[str, Query(pattern="^(over|under)$")],
    threshold: People,
    usual: People,
    camera: Annotated[str, Query(max_length=64)] = "",
    certainty: Certainty = "surely",
    wait_s: Annotated[int, Query(ge=0, le=86_400)] = 0,
) -> Any:
    """How often noise alone would fire a rule in a week, if 'usual' people were there all the time.

    By the intervals of the last 50 windows that were published within a day; no value is told.
    """
    rule = Rule("over" if kind == "over" else "under", wait_s, threshold, threshold, certainty)
    return _forecast(engine, access, site, (camera, place), statistic, rule, usual)


def _forecast(
    engine: Engine,
    access: Access,
    site: str,
    place: tuple[str, str],
    statistic: str,
    rule: Rule,
    usual: float,
) -> dict[str, Any]:
    found: list[Any] = []
    with engine.connect() as connection:
        for site_pk in access.site_keys(connection, site):
            where = SimpleNamespace(
                site_pk=site_pk, camera=place[0], place=place[1], statistic=statistic
            )
            found = windows_after(connection, where, now_utc() - LOOK_BACK, 500)
    published = [row for row in found if row.status == "published"][-_WINDOWS:]
    if not published:
        names = ("noise_sd", "window_s", "per_week", "per_week_at_threshold")
        return {"windows": 0, **dict.fromkeys(names)}
    newest = published[-1]
    ends = [(one.value or 0.0, one.high or 0.0) for one in map(as_window, published)]
    noise = noise_of(ends, newest.confidence, newest.mechanism)
    length_s = newest.length_s
    return {
        "windows": len(published),
        "noise_sd": noise.sd,
        "window_s": length_s,
        "per_week": alarms_per_week(rule, noise, usual, length_s),
        "per_week_at_threshold": alarms_per_week(rule, noise, rule.threshold, length_s),
    }


@contextmanager
def _refused_as_missing() -> Iterator[None]:
    try:
        yield
    except CollectorError as cause:
        raise Refused(404, "not_found", str(cause)) from cause
