# SPDX-License-Identifier: Apache-2.0
"""How a collector learns of a device and of its next key."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fake_collector import Collector, delivering, fill, until

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import parse
from privcv_core.protocol.signing import VerifyKey
from privcv_uplink.delivery import device_keys
from privcv_uplink.transports.transport import Endpoint, Reply

Make = Callable[..., Any]


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
        assert outbox.accept(2, canonical(release(2)))
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
        assert outbox.accept(7, canonical(release(7)))  # those before it may still come
        delivery.wake()
        await asyncio.sleep(0.1)
        assert (delivery.state, delivery.last_error) == ("idle", "")
        outbox._gap_after_s = 0.0
        delivery.wake()
        await until(lambda: delivery.state == "blocked")
        assert outbox.contents().accepted_through == 7
        settings.key_file.chmod(0o600)
        await until(lambda: outbox.contents().delivered == 1)
