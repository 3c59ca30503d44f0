# SPDX-License-Identifier: Apache-2.0
"""A collector in memory that tests of delivery talk to, and the loop that delivers to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import Envelope, parse
from privcv_uplink.delivery.delivery import Delivery
from privcv_uplink.outbox.outbox import Outbox
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Endpoint, Reply

NOW = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
Answer = Callable[[Endpoint, dict[str, Any], bytes], Reply | Exception | None]


class Collector:
    """A collector in memory that keeps what it took; ``answer`` may answer in its place."""

    def __init__(self, answer: Answer = lambda endpoint, content, raw: None) -> None:
        self.answer = answer
        self.requests: list[tuple[Endpoint, dict[str, Any]]] = []
        self.taken: list[Envelope] = []

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        self.requests.append((endpoint, json.loads(content)))
        answer = self.answer(endpoint, self.requests[-1][1], content)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        envelope = parse(content)
        if endpoint == "batches":
            self.taken.append(envelope)
        return {
            "batches": Reply(200, {"next_sequence": sequence + 1}),
            "devices": Reply(201, {"device": device}),
            "keys": Reply(200, {"key_id": envelope.body.get("rotate", {}).get("key_id")}),
            "checkpoints": Reply(200, {"verdict": "not_contradicted"}),
            "site-records": Reply(200, {"version": 1}),
            "health": Reply(200, {"duplicate": False}),
            "evidence": Reply(200, {"status": "none", "reason": "no TPM", "nonce": ""}),
        }[endpoint]

    async def close(self) -> None:
        return None

    @property
    def releases(self) -> list[int]:
        return [item["sequence"] for envelope in self.taken for item in envelope.body["releases"]]


def refusal(status: int, error: str, wait_s: float | None = None, **extra: Any) -> Reply:
    """A refusal in the collector's form."""
    return Reply(status, {"error": error, "message": "in words", **extra}, wait_s)


@asynccontextmanager
async def delivering(
    settings: UplinkSettings, collector: Collector, clock: Callable[[], datetime] = lambda: NOW
) -> AsyncIterator[tuple[Delivery, Outbox]]:
    """Deliver from the outbox of ``settings`` to ``collector`` while a ``with`` block runs."""
    outbox = Outbox(settings.outbox.file)
    delivery = Delivery(settings, outbox, collector, clock)
    task = asyncio.create_task(delivery.run())
    try:
        yield delivery, outbox
    finally:
        delivery.stop()
        await asyncio.wait_for(task, 5.0)
        outbox.close()


async def until(condition: Callable[[], object]) -> None:
    """Return once ``condition`` holds; fail where it does not within 5 s."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("this did not come true in time")


def fill(outbox: Outbox, delivery: Delivery, release: Callable[..., Any], count: int = 5) -> None:
    """Accept releases 1 to ``count`` and wake ``delivery``."""
    for sequence in range(1, count + 1):
        assert outbox.accept(sequence, canonical(release(sequence)))
    delivery.wake()
