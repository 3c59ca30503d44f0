# SPDX-License-Identifier: Apache-2.0
"""What a proxy answers in the collector's place: it is not believed, and nothing is given up."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fake_collector import Collector, delivering, fill, refusal, until

from privcv_uplink.transports.transport import Endpoint, Reply, TooLarge

Make = Callable[..., Any]
HTML = "text/html"
PAGES = [
    Reply(200, media_type=HTML),
    Reply(401, media_type=HTML),
    Reply(403, media_type=HTML),
    Reply(404, media_type=HTML),
    Reply(407, media_type=HTML),
    Reply(409, media_type=HTML),
    Reply(422, media_type=HTML),
    Reply(451, media_type=HTML),
    Reply(511, media_type=HTML),
    Reply(422, {"error": "Unprocessable Entity", "message": "blocked"}, media_type="json"),
    Reply(422, {"error": "invalid"}, media_type="json"),
    Reply(422, {"error": "too_large", "message": "of another status"}, media_type="json"),
    Reply(409, {"error": {"code": 409}, "message": "x", "next_sequence": 9}, media_type="json"),
]


@pytest.mark.parametrize("page", PAGES, ids=str)
async def test_no_page_of_a_proxy_gives_anything_up(
    make_settings: Make, release: Make, page: Reply
) -> None:
    """For every endpoint, alone and in batches: all waits, and arrives once the proxy is gone."""
    collector = Collector(lambda *_: page)
    settings = make_settings()
    for batch_releases in (1, 10):
        outbox_file = settings.outbox.file.with_name(f"outbox-{batch_releases}.db")
        outbox_settings = {"file": outbox_file, "batch_releases": batch_releases}
        settings = make_settings(outbox=outbox_settings)
        collector.answer = lambda *_: page
        async with delivering(settings, collector) as (delivery, outbox):
            delivery.checkpoint({"checkpoint": {"heads": {}}})
            fill(outbox, delivery, release, 10)
            await until(lambda: len(collector.requests) >= 4)
            assert delivery.state == "retrying"
            assert f"answered {page.status} {page.media_type}, not by" in delivery.last_error
            contents = outbox.contents()
            assert (contents.pending, contents.dropped) == (10, 0)
            collector.answer = lambda *_: None
            await until(lambda: outbox.contents().delivered == 10)
            await until(lambda: collector.requests[-1][0] == "checkpoints")
        collector.requests.clear()


async def test_a_checkpoint_waits_until_the_collector_answers(make_settings: Make) -> None:
    answers = iter([*PAGES, Reply(413, media_type=HTML)])
    collector = Collector(lambda *_: next(answers, None))
    async with delivering(make_settings(), collector) as (delivery, _):
        delivery.checkpoint({"checkpoint": {"heads": {}}})
        await until(lambda: delivery.state == "idle" and len(collector.requests) == len(PAGES) + 2)


@pytest.mark.parametrize("page", [Reply(200, media_type=HTML), Reply(409, media_type=HTML)])
async def test_enrolment_believes_no_page(
    make_settings: Make, release: Make, tmp_path: Any, page: Reply
) -> None:
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text("enrol-" + "A" * 43)
    enrolled = asyncio.Event()

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if endpoint == "devices" and not enrolled.is_set():
            return page
        return None if enrolled.is_set() else refusal(401, "unknown_device")

    collector = Collector(answer)
    settings = make_settings(enrolment_token_file=token)
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: "enrolment: answered" in delivery.last_error)
        assert delivery.state == "retrying"
        enrolled.set()
        await until(lambda: outbox.contents().delivered == 5)


@pytest.mark.parametrize(
    "too_large",
    [Reply(413, media_type=HTML), TooLarge("the broker takes 1000 bytes a packet, this has 2000")],
    ids=str,
)
async def test_a_limit_on_the_way_makes_batches_smaller_and_is_named(
    make_settings: Make, release: Make, too_large: Reply | TooLarge
) -> None:
    most = [3]

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Any:
        return too_large if len(content["body"]["releases"]) > most[0] else None

    collector = Collector(answer)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 20)
        await until(lambda: outbox.contents().delivered == 20)
        assert len(collector.requests) < 16
        most[0] = 0  # not even one passes: it waits, for the limit is not the collector's
        assert outbox.accept(21, b'{"sequence":21}')
        delivery.wake()
        await until(lambda: delivery.state == "blocked")
        assert "1000 bytes" in delivery.last_error or "limit (413)" in delivery.last_error
        for _ in range(5):
            seen = len(collector.requests)
            await until(lambda seen=seen: len(collector.requests) > seen)
        assert outbox.contents().dropped == 0
        most[0] = 3
        await until(lambda: outbox.contents().delivered == 21)
    assert collector.releases == list(range(1, 22))


async def test_larger_batches_come_back_once_a_limit_is_gone(
    make_settings: Make, release: Make
) -> None:
    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        size = len(content["body"]["releases"])
        return Reply(413, media_type=HTML) if not collector.taken and size > 1 else None

    collector = Collector(answer)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 400)
        await until(lambda: outbox.contents().delivered == 400)
    sizes = [len(envelope.body["releases"]) for envelope in collector.taken]
    assert sizes[:5] == [1] * 5
    assert max(sizes) >= 4
    assert collector.releases == list(range(1, 401))
