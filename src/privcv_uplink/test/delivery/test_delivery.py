# SPDX-License-Identifier: Apache-2.0
"""Delivery: in order, at least once, the same bytes again, and no busy loop."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_collector import NOW, Collector, delivering, fill, refusal, until

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import VerifyKey
from privcv_uplink.delivery import device_keys
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

Make = Callable[..., Any]


async def test_releases_arrive_in_order_signed_and_once(make_settings: Make, release: Make) -> None:
    settings = make_settings()
    collector = Collector()
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 5)
        await until(lambda: delivery.state == "idle")
    device = device_keys.read(settings.key_file)
    assert collector.releases == [1, 2, 3, 4, 5]
    for envelope in collector.taken:
        assert envelope.device == device.device
        assert envelope.verify(VerifyKey.load("Ed25519", device.newest.public))


async def test_a_retry_carries_the_same_bytes(make_settings: Make, release: Make) -> None:
    raws: list[bytes] = []

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | Exception | None:
        raws.append(raw)
        return None if len(raws) > 3 else TransportError("the answer was lost")

    times = (NOW + timedelta(seconds=n) for n in range(10**6))
    async with delivering(make_settings(), Collector(answer), lambda: next(times)) as (
        delivery,
        outbox,
    ):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
    assert len(raws) == 4
    assert len(set(raws)) == 1


async def test_failures_do_not_make_a_busy_loop(make_settings: Make, release: Make) -> None:
    collector = Collector(lambda endpoint, content, raw: refusal(409, "sequence"))
    retry = {"first_s": 0.1, "longest_s": 0.4}
    async with delivering(make_settings(retry=retry), collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await asyncio.sleep(1.0)  # waits of 0.1, 0.2, 0.4, 0.4 s, at least half of each
    assert 2 <= len(collector.requests) <= 8


async def test_a_full_disk_delays_but_sends_nothing_twice(
    make_settings: Make, release: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox cannot be written between the answer and its recording."""
    collector = Collector()
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
        outbox._file.execute("PRAGMA query_only = 1")
        assert not outbox.accept(2, canonical(release(2)))
        delivery.wake()
        await until(lambda: delivery.state == "retrying")
        outbox._file.execute("PRAGMA query_only = 0")
        assert outbox.accept(2, canonical(release(2)))
        await until(lambda: outbox.contents().delivered == 2)
    assert collector.releases == [1, 2]
