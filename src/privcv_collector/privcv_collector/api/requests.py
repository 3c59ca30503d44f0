# SPDX-License-Identifier: Apache-2.0
"""Reads requests within the limits: rate of the peer, size and time of the body, signature."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from privcv_collector.clock import check_sent_at, now_utc
from privcv_collector.collector import Collector
from privcv_collector.devices.key_cache import CachedKey
from privcv_collector.devices.known_networks import remember_network
from privcv_collector.limits.rate import network_of
from privcv_collector.refused import Refused, bad_signature
from privcv_core.protocol.envelope import Envelope, frame
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.release import words_of

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class SignedRequest:
    """An envelope whose signature was good; ``raw`` are the bytes of the request's body."""

    envelope: Envelope
    key: CachedKey
    raw: bytes


async def read_signed(collector: Collector, request: Request) -> SignedRequest:
    """The envelope in a request, verified; raises ``Refused``."""
    raw = await read_body(collector, request)
    try:
        envelope = frame(raw)
    except EnvelopeError as error:
        raise Refused(422, "invalid", str(error)) from error
    key = collector.keys.cached(envelope)
    if key is None:
        key = await run_in_threadpool(collector.keys.find, envelope, now_utc())
    if not envelope.verify(key.key):
        raise bad_signature(envelope.device)
    collector.device_rate.acquire(envelope.device, envelope.device)
    try:
        _ = envelope.body  # not before: to read a megabyte of JSON takes long, for anyone
    except EnvelopeError as error:
        raise Refused(422, "invalid", str(error), device=envelope.device) from error
    return SignedRequest(envelope, key, raw)


async def read_recent(
    collector: Collector, request: Request, max_age_s: float
) -> tuple[SignedRequest, datetime]:
    """``read_signed`` of what was sent lately, and when it was received; raises ``Refused``."""
    signed = await read_signed(collector, request)
    envelope, now, ahead_s = signed.envelope, now_utc(), collector.settings.max_ahead_s
    check_sent_at(envelope.sent_at, now, ahead_s, max_age_s, envelope.device)
    return signed, now


def body_as(model: type[M], envelope: Envelope) -> M:
    """The body of an envelope as ``model``; raises ``Refused``."""
    try:
        return model.model_validate(envelope.body)
    except ValidationError as error:
        raise Refused(422, "invalid", words_of(error), device=envelope.device) from error


async def read_json(collector: Collector, request: Request, model: type[M]) -> M:
    """The body of a request as ``model``; raises ``Refused``."""
    try:
        return model.model_validate_json(await read_body(collector, request))
    except ValidationError as error:
        raise Refused(422, "invalid", words_of(error)) from error


async def read_body(collector: Collector, request: Request, most_bytes: int | None = None) -> bytes:
    """The body of a request, within the bounds of size, time and rate; raises ``Refused``."""
    count_peer(collector, request)
    settings = collector.settings
    most_bytes = min(most_bytes or settings.max_body_bytes, settings.max_body_bytes)
    return await collector.bodies.read(
        request, network_of(peer_of(request) or ""), most_bytes, settings.body_timeout_s
    )


def count_peer(collector: Collector, request: Request) -> None:
    """Count a request against the rate of its network address; raises ``Refused``."""
    request.state.counted = True
    collector.peer_rate.acquire(network_of(peer_of(request) or ""))


def know_peer(collector: Collector, request: Request) -> None:
    """Its network speaks for a device that was welcome in the transaction that stored."""
    collector.bodies.know(network_of(peer_of(request) or ""))


async def remember_peer(collector: Collector, request: Request, device: str) -> None:
    """As ``know_peer``, and kept over a restart where the device's network is a new one."""
    network = network_of(peer_of(request) or "")
    collector.bodies.know(network)
    if network and collector.kept_networks.get(device) != network:
        collector.kept_networks[device] = network
        await run_in_threadpool(remember_network, collector.engine, device, network, now_utc())


def count_refused(collector: Collector, request: Request) -> None:
    """As ``count_peer``, for a request that was refused before anything had counted it."""
    counted = getattr(request.state, "counted", False)
    if is_counted_by_route(request.scope["path"]) and not counted:
        count_peer(collector, request)


def is_counted_by_route(path: str) -> bool:
    """Whether requests to ``path`` are counted by ``count_peer``; all others have a rate of theirs.

    Where no route takes them, the answer that says so counts them.
    """
    return path == "/metrics" or path.startswith("/v1/")


def peer_of(request: Request) -> str | None:
    """The network address that a request came from."""
    return request.client.host[:64] if request.client else None


def collector_of(request: Request) -> Collector:
    """The collector whose application serves the request."""
    collector: Collector = request.app.state.collector
    return collector


async def _collector(request: Request) -> Collector:
    return collector_of(request)


async def _engine(request: Request) -> Engine:
    return collector_of(request).engine


def json_body(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency: the body as ``model``, read after those before it, such as who asks."""

    async def dependency(request: Request) -> M:
        return await read_json(collector_of(request), request, model)

    return dependency


Here = Annotated[Collector, Depends(_collector)]
"""A parameter of a route: the collector."""

Database = Annotated[Engine, Depends(_engine)]
"""A parameter of a route: the database of the collector, to read."""
