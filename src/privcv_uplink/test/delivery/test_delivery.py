# SPDX-License-Identifier: Apache-2.0
"""Each answer of a collector has its consequence; none of them loses, repeats or reorders."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from privcv_core.protocol.envelope import Envelope, parse
from privcv_core.protocol.signing import VerifyKey
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.delivery import Delivery
from privcv_uplink.outbox.outbox import Outbox
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

Make = Callable[..., Any]
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
        if endpoint == "batches":
            self.taken.append(parse(content))
        return Reply(200, {"next_sequence": sequence + 1})

    async def close(self) -> None:
        return None

    @property
    def releases(self) -> list[int]:
        return [item["sequence"] for envelope in self.taken for item in envelope.body["releases"]]


@asynccontextmanager
async def delivering(
    settings: UplinkSettings, collector: Collector, clock: Callable[[], datetime] = lambda: NOW
) -> AsyncIterator[tuple[Delivery, Outbox]]:
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
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("this did not come true in time")


def fill(outbox: Outbox, delivery: Delivery, release: Make, count: int = 5) -> None:
    for sequence in range(1, count + 1):
        assert outbox.accept(sequence, release(sequence))
    delivery.wake()


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


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        (Reply(401, {"error": "revoked"}), "blocked", "this device was revoked"),
        (Reply(401, {"error": "unknown_device"}), "blocked", "enrol"),
        (Reply(401, {"error": "unknown_key"}), "blocked", "key"),
        (Reply(401, {"error": "bad_signature"}), "blocked", "signature"),
        (Reply(409, {"error": "release_conflict"}), "blocked", "enrol as new"),
        (Reply(409, {"error": "sequence"}), "retrying", "batch number"),
        (Reply(302), "retrying", "redirect (302): refused"),
        (Reply(500, {"error": "x" * 500}), "retrying", "answered 500"),
        (Reply(200, {"welcome": "to this hotel"}), "retrying", "answered 200"),
        (Reply(429, {"error": "rate"}, 0.01), "retrying", "answered 429 rate"),
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


async def test_failures_do_not_make_a_busy_loop(make_settings: Make, release: Make) -> None:
    collector = Collector(lambda endpoint, content, raw: Reply(409, {"error": "sequence"}))
    retry = {"first_s": 0.1, "longest_s": 0.4}
    async with delivering(make_settings(retry=retry), collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await asyncio.sleep(1.0)  # waits of 0.1, 0.2, 0.4, 0.4 s, at least half of each
    assert 2 <= len(collector.requests) <= 8


@pytest.mark.parametrize("answer", ["sequence", "clock", "unknown_key", "too_large", "invalid"])
async def test_even_a_collector_that_never_agrees_makes_no_busy_loop(
    make_settings: Make, release: Make, answer: str
) -> None:
    """Refusals that the uplink answers at once, for ever: each must run into a wait."""
    status = {"sequence": 409, "too_large": 413, "unknown_key": 401}.get(answer, 422)
    numbers = iter(range(100, 10**6))
    collector = Collector(
        lambda endpoint, content, raw: Reply(
            status, {"error": answer, "next_sequence": next(numbers)}
        )
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
            return Reply(409, {"error": "conflict", "next_sequence": 41})
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
        return Reply(422, {"error": "invalid"}) if bad else None

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
    collector = Collector(lambda endpoint, content, raw: Reply(422, {"error": "invalid"}))
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 20)
        await until(lambda: delivery.state == "blocked")
        assert outbox.contents().pending == 17


async def test_nor_do_restarts_let_it_empty_the_outbox(make_settings: Make, release: Make) -> None:
    refusal = Reply(422, {"error": "invalid"})
    collector = Collector(lambda endpoint, content, raw: refusal)
    settings = make_settings()
    for _ in range(3):
        async with delivering(settings, collector) as (delivery, outbox):
            fill(outbox, delivery, release, 20)
            await until(lambda: delivery.state == "blocked")
            assert outbox.contents().pending == 17
    # Taken again, it may refuse three more.
    collector.answer = lambda *_: refusal if len(collector.taken) >= 1 else None
    settings = make_settings(outbox={"file": settings.outbox.file, "batch_releases": 1})
    async with delivering(settings, collector) as (delivery, outbox):
        await until(lambda: delivery.state == "blocked")
        contents = outbox.contents()
        assert (contents.delivered, contents.quarantined) == (1, 6)


async def test_too_large_a_batch_is_cut_until_it_fits(make_settings: Make, release: Make) -> None:
    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        return Reply(413) if len(content["body"]["releases"]) > 3 else None

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
            return Reply(422, {"error": "clock", "server_time": "2026-01-31T08:00:00Z"})
        return None

    collector = Collector(answer)
    async with delivering(make_settings(), collector, lambda: now[0]) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: "our clock differs" in delivery.last_error)
        assert delivery.last_error.endswith("by 1769846400 s")
        now[0] = NOW
        await until(lambda: outbox.contents().delivered == 5)
    assert collector.taken[0].sent_at == NOW


async def test_a_new_key_is_introduced_by_the_one_before(
    make_settings: Make, release: Make
) -> None:
    settings = make_settings()
    first = device_keys.read(settings.key_file).newest
    known = {first.key_id}

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if content["key_id"] not in known:
            return Reply(401, {"error": "unknown_key"})
        if endpoint == "keys":
            assert parse(raw).verify(VerifyKey.load("Ed25519", first.public))
            known.add(content["body"]["rotate"]["key_id"])
        return None

    collector = Collector(answer)
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
        second = device_keys.rotate(settings.key_file).newest
        assert outbox.accept(2, release(2))
        delivery.wake()
        await until(lambda: outbox.contents().delivered == 2)
    assert [envelope.key_id for envelope in collector.taken] == [first.key_id, second.key_id]


async def test_an_unknown_device_enrols_with_its_token(
    make_settings: Make, release: Make, tmp_path: Any
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("once-only\n")
    token_file.chmod(0o600)
    enrolled: list[dict[str, Any]] = []

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if endpoint == "devices":
            enrolled.append(content)
            return Reply(201, {"next_sequence": 1})
        return None if enrolled else Reply(401, {"error": "unknown_device"})

    settings = make_settings(enrolment_token_file=token_file)
    async with delivering(settings, Collector(answer)) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
    device = device_keys.read(settings.key_file)
    assert enrolled == [
        {
            "alg": "Ed25519",
            "device": device.device,
            "key": device.newest.public,
            "key_id": device.newest.key_id,
            "token": "once-only",
        }
    ]


async def test_a_token_that_others_can_read_is_not_used(
    make_settings: Make, release: Make, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("once-only\n")
    token_file.chmod(0o644)
    collector = Collector(lambda *_: Reply(401, {"error": "unknown_device"}))
    settings = make_settings(enrolment_token_file=token_file)
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: delivery.state == "blocked")
        assert delivery.last_error == "the enrolment token cannot be used, see the log"
        assert f"chmod 600 {token_file}" in caplog.text
        assert "devices" not in [endpoint for endpoint, _ in collector.requests]
        token_file.chmod(0o600)
        await until(lambda: "devices" in [endpoint for endpoint, _ in collector.requests])


async def test_a_key_that_others_can_read_stops_delivery_until_mended(
    make_settings: Make, release: Make
) -> None:
    settings = make_settings()
    settings.key_file.chmod(0o644)
    collector = Collector()
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release)
        await until(lambda: delivery.state == "blocked")
        assert not collector.requests
        settings.key_file.chmod(0o600)
        await until(lambda: outbox.contents().delivered == 5)


async def test_a_key_is_missed_only_where_something_waits(
    make_settings: Make, release: Make
) -> None:
    settings = make_settings()
    async with delivering(settings, Collector()) as (delivery, outbox):
        await until(lambda: delivery.state == "idle")
        settings.key_file.chmod(0o644)
        assert outbox.accept(7, release(7))  # those before it may still come
        delivery.wake()
        await asyncio.sleep(0.1)
        assert (delivery.state, delivery.last_error) == ("idle", "")
        outbox._gap_after_s = 0.0
        delivery.wake()
        await until(lambda: delivery.state == "blocked")
        assert outbox.contents().accepted_through == 7
        settings.key_file.chmod(0o600)
        await until(lambda: outbox.contents().delivered == 1)


async def test_a_full_disk_delays_but_sends_nothing_twice(
    make_settings: Make, release: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox cannot be written between the answer and its recording."""
    collector = Collector()
    async with delivering(make_settings(), collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
        outbox._file.execute("PRAGMA query_only = 1")
        assert not outbox.accept(2, release(2))
        delivery.wake()
        await until(lambda: delivery.state == "retrying")
        outbox._file.execute("PRAGMA query_only = 0")
        assert outbox.accept(2, release(2))
        await until(lambda: outbox.contents().delivered == 2)
    assert collector.releases == [1, 2]


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
        (Reply(401, {"error": "revoked"}), "blocked"),
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
            assert outbox.accept(sequence, release(sequence))
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
