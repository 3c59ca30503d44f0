# SPDX-License-Identifier: Apache-2.0
"""What follows when a collector refuses a batch; nothing is lost by it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fake_collector import NOW, Collector, delivering, fill, refusal, until

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.secure_release import SecureRelease
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        (refusal(401, "revoked"), "blocked", "this device was revoked"),
        (refusal(401, "unknown_device"), "blocked", "enrol"),
        (refusal(401, "unknown_key"), "blocked", "key"),
        (refusal(401, "bad_signature"), "blocked", "signature"),
        (refusal(409, "release_conflict"), "blocked", "enrol as new"),
        (refusal(409, "sequence"), "retrying", "batch number"),
        (Reply(302), "retrying", "redirect (302): refused"),
        (Reply(500, {"error": "x" * 500}), "retrying", "answered 500"),
        (Reply(200, {"welcome": "to this hotel"}), "retrying", "answered 200"),
        (refusal(429, "rate", 0.01), "retrying", "answered 429 rate"),
        (TransportError("the pin is wrong", blocked=True), "blocked", "the pin is wrong"),
        (TransportError("no answer in time"), "retrying", "no answer in time"),
        (RuntimeError("a defect"), "retrying", "defect, see the log: RuntimeError"),
    ],
    ids=str,
)
async def test_a_refusal_is_told_in_words_and_loses_nothing(
    make_settings: Make, release: Make, reply: Reply | Exception, state: str, words: str
) -> None:
    collector = Collector(lambda endpoint, content, raw: reply)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: delivery.last_error)
        assert delivery.state == state
        assert words in delivery.last_error
        assert len(delivery.last_error) <= 64
        collector.answer = lambda endpoint, content, raw: None
        await until(lambda: outbox.contents().delivered == 5)
    assert collector.releases == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("answer", ["sequence", "clock", "unknown_key", "too_large", "invalid"])
async def test_even_a_collector_that_never_agrees_makes_no_busy_loop(
    make_settings: Make, release: Make, answer: str
) -> None:
    """Refusals that the uplink answers at once, for ever: each must run into a wait."""
    status = {"sequence": 409, "too_large": 413, "unknown_key": 401}.get(answer, 422)
    numbers = iter(range(100, 10**6))
    collector = Collector(
        lambda endpoint, content, raw: refusal(status, answer, next_sequence=next(numbers))
    )
    ticks = (NOW + timedelta(hours=n) for n in range(10**6))
    settings = make_settings(retry={"first_s": 5.0, "blocked_s": 5.0})
    async with delivering(settings, collector, lambda: next(ticks)) as (delivery, outbox):
        fill(outbox, delivery, release, 40)
        await asyncio.sleep(0.3)
        assert delivery.state in ("retrying", "blocked")
        assert len(collector.requests) <= 20


async def test_a_lost_number_is_taken_from_the_collector(
    make_settings: Make, release: Make
) -> None:
    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if content["sequence"] < 41:
            return refusal(409, "conflict", next_sequence=41)
        return None

    collector = Collector(answer)
    settings = make_settings(outbox={"file": make_settings().outbox.file, "batch_releases": 2})
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 5)
    assert collector.taken[0].sequence == 41
    assert collector.releases == [1, 2, 3, 4, 5]
    numbers = [envelope.sequence for envelope in collector.taken]
    assert numbers == list(range(41, 41 + len(numbers)))


async def test_one_release_that_is_refused_does_not_hold_up_the_others(
    make_settings: Make, release: Make
) -> None:
    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        bad = any(item["sequence"] == 3 for item in content["body"]["releases"])
        return refusal(422, "invalid") if bad else None

    collector = Collector(answer)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 4)
        assert outbox.contents().dropped == 1
    assert collector.releases == [1, 2, 4, 5]
    numbers = [envelope.sequence for envelope in collector.taken]
    assert numbers == list(range(1, len(numbers) + 1))
    assert collector.taken[-1].body["dropped"] == 1


async def test_a_collector_that_refuses_everything_does_not_empty_the_outbox(
    make_settings: Make, release: Make
) -> None:
    collector = Collector(lambda endpoint, content, raw: refusal(422, "invalid"))
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 20)
        await until(lambda: delivery.state == "blocked")
        assert outbox.contents().pending == 17


async def test_a_collector_that_knows_no_sealed_shares_gets_all_the_rest(
    make_settings: Make, release: Make
) -> None:
    """Also where many of them follow each other, which of reports would be its fault."""

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        unknown = any("zones" not in item for item in content["body"]["releases"])
        return refusal(422, "invalid") if unknown else None

    collector = Collector(answer)
    settings = make_settings()
    async with delivering(settings, collector) as (delivery, outbox):
        for sequence in range(1, 21):
            if sequence in (3, 12, 20):
                payload = canonical(release(sequence))
            else:
                payload = SecureRelease.of(sequence, bytes(32), bytes(400)).canonical()
            assert outbox.accept(sequence, payload)
        delivery.wake()
        await until(lambda: outbox.contents().pending == 0)
        assert outbox.contents().quarantined == 17
    assert collector.releases == [3, 12, 20]
    assert collector.taken[-1].body["dropped"] == 17


async def test_nor_do_restarts_let_it_empty_the_outbox(make_settings: Make, release: Make) -> None:
    refused = refusal(422, "invalid")
    collector = Collector(lambda endpoint, content, raw: refused)
    settings = make_settings()
    for _ in range(3):
        async with delivering(settings, collector) as (delivery, outbox):
            fill(outbox, delivery, release, 20)
            await until(lambda: delivery.state == "blocked")
            assert outbox.contents().pending == 17
    # Taken again, it may refuse three more.
    collector.answer = lambda *_: refused if len(collector.taken) >= 1 else None
    settings = make_settings(outbox={"file": settings.outbox.file, "batch_releases": 1})
    async with delivering(settings, collector) as (delivery, outbox):
        await until(lambda: delivery.state == "blocked")
        contents = outbox.contents()
        assert (contents.delivered, contents.quarantined) == (1, 6)


async def test_too_large_a_batch_is_cut_until_it_fits(make_settings: Make, release: Make) -> None:
    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        return refusal(413, "too_large") if len(content["body"]["releases"]) > 3 else None

    collector = Collector(answer)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 20)
        await until(lambda: outbox.contents().delivered == 20)
    assert collector.releases == list(range(1, 21))


async def test_a_batch_formed_while_the_clock_was_wrong_is_dated_again(
    make_settings: Make, release: Make
) -> None:
    """The clock stands in 1970 when the batch is formed and jumps to the present later."""
    now = [datetime(1970, 1, 1, tzinfo=timezone.utc)]

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if content["sent_at"] < "2026":
            return refusal(422, "clock", server_time="2026-01-31T08:00:00Z")
        return None

    collector = Collector(answer)
    async with delivering(make_settings(), collector, lambda: now[0]) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: "our clock differs" in delivery.last_error)
        assert delivery.last_error.endswith("by 1769846400 s")
        now[0] = NOW
        await until(lambda: outbox.contents().delivered == 5)
    assert collector.taken[0].sent_at == NOW
