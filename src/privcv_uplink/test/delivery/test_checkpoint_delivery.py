# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of the audit log: after the reports, and never in their way."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fake_collector import Collector, delivering, fill, refusal, until

from privcv_core.protocol.canonical_json import canonical
from privcv_uplink.delivery import delivery as delivery_module
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

Make = Callable[..., Any]


async def test_checkpoints_follow_when_the_outbox_is_empty(
    make_settings: Make, release: Make
) -> None:
    collector = Collector()
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.checkpoint({"checkpoint": {"heads": {}}})
        fill(outbox, delivery, release)
        await until(lambda: len(collector.requests) == 2)
    assert [endpoint for endpoint, _ in collector.requests] == ["batches", "checkpoints"]
    assert collector.requests[1][1]["sequence"] == 0


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(503), "retrying"),
        (refusal(401, "revoked"), "blocked"),
        (TransportError("no answer in time"), "retrying"),
    ],
    ids=str,
)
async def test_a_checkpoint_that_is_not_taken_delays_no_report(
    make_settings: Make, release: Make, reply: Reply | Exception, state: str
) -> None:
    """The waits are far longer than the test: only a way around them lets it pass."""
    collector = Collector(lambda endpoint, *_: reply if endpoint == "checkpoints" else None)
    retry = {"first_s": 60.0, "longest_s": 600.0, "blocked_s": 600.0}
    async with delivering(make_settings(retry=retry), collector) as (delivery, outbox):
        delivery.checkpoint({"checkpoint": {"heads": {}}})
        await until(lambda: delivery.state == state)
        assert delivery.last_error
        for sequence in range(1, 4):
            assert outbox.accept(sequence, canonical(release(sequence)))
            delivery.wake()
            await until(lambda expected=sequence: outbox.contents().delivered == expected)
        await until(lambda: delivery.state == state)
    assert collector.releases == [1, 2, 3]
    assert [endpoint for endpoint, _ in collector.requests].count("checkpoints") == 1


async def test_a_checkpoint_is_sent_again_until_it_is_taken(make_settings: Make) -> None:
    answers = iter([Reply(503), TransportError("no answer in time"), Reply(503)])
    collector = Collector(lambda endpoint, *_: next(answers, None))
    async with delivering(make_settings(), collector) as (delivery, _):
        delivery.checkpoint({"checkpoint": {"heads": {}}})
        await until(lambda: len(collector.requests) == 4)
        await until(lambda: delivery.state == "idle")
        assert delivery.last_error == ""
    assert len(collector.requests) == 4


async def test_a_checkpoint_that_hangs_lets_reports_pass(
    make_settings: Make, release: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer comes to a checkpoint before all reports have passed it."""
    monkeypatch.setattr(delivery_module, "CHECKPOINT_GRACE_S", 0.05)
    hangs = [True]

    class Hanging(Collector):
        async def post(self, endpoint: Endpoint, content: bytes, device: str, number: int) -> Reply:
            while endpoint == "checkpoints" and hangs[0]:  # also one that began to hang just now
                await asyncio.sleep(0.005)
            return await super().post(endpoint, content, device, number)

    collector = Hanging()
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.checkpoint({"checkpoint": {"heads": {}}})
        await asyncio.sleep(0.05)
        for sequence in range(1, 4):
            assert outbox.accept(sequence, canonical(release(sequence)))
            delivery.wake()
            await until(lambda expected=sequence: outbox.contents().delivered == expected)
        hangs[0] = False
        await until(lambda: collector.requests[-1][0] == "checkpoints")
    assert collector.releases == [1, 2, 3]
