# SPDX-License-Identifier: Apache-2.0
"""How a collector learns of a device and of its next key."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_collector import NOW, Collector, delivering, fill, refusal, until

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.enrolment import device_id
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
            return refusal(401, "unknown_key")
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


TOKEN = "enrol-" + "A-z_9" * 8 + "End"


async def test_an_unknown_device_enrols_with_its_token(
    make_settings: Make, release: Make, tmp_path: Any
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    token_file.chmod(0o600)
    enrolled: list[bytes] = []

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if endpoint == "devices":
            enrolled.append(raw)
            return Reply(201, {"next_sequence": 1})
        return None if enrolled else refusal(401, "unknown_device")

    settings = make_settings(enrolment_token_file=token_file)
    async with delivering(settings, Collector(answer)) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
    device = device_keys.read(settings.key_file)
    (raw,) = enrolled
    assert parse(raw).verify(VerifyKey.load("Ed25519", device.newest.public))
    assert (parse(raw).device, parse(raw).sequence, parse(raw).sent_at) == (device.device, 0, NOW)
    assert parse(raw).body == {
        "enrol": {
            "alg": "Ed25519",
            "key": device.newest.public,
            "key_id": device.newest.key_id,
            "token": TOKEN,
        }
    }


@pytest.mark.parametrize("rotations", [1, 6])
async def test_a_device_that_rotated_enrols_with_the_key_that_its_id_belongs_to(
    make_settings: Make, release: Make, tmp_path: Any, rotations: int
) -> None:
    """A collector that never saw it can verify nothing else; the newest key is introduced then."""
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    token_file.chmod(0o600)
    settings = make_settings(enrolment_token_file=token_file)
    first = device_keys.read(settings.key_file).newest
    for _ in range(rotations):
        device_keys.rotate(settings.key_file)
    device = device_keys.read(settings.key_file)
    assert device.device == device_id(first.alg, first.public)
    known: set[str] = set()

    def answer(endpoint: Endpoint, content: dict[str, Any], raw: bytes) -> Reply | None:
        if endpoint == "devices":
            known.add(content["key_id"])
            return Reply(201, {"next_sequence": 1})
        if content["key_id"] not in known:
            return refusal(401, "unknown_key" if known else "unknown_device")
        if endpoint == "keys":
            known.add(content["body"]["rotate"]["key_id"])
        return None

    collector = Collector(answer)
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: outbox.contents().delivered == 1)
    assert known == {first.key_id, device.newest.key_id}


async def test_a_device_that_cannot_prove_its_id_says_what_it_needs(
    make_settings: Make, release: Make, tmp_path: Any
) -> None:
    """Its id is a random number that 0.1.0 made."""
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    token_file.chmod(0o600)
    settings = make_settings(enrolment_token_file=token_file)
    content = json.loads(settings.key_file.read_text())
    content["device"] = "0123456789abcdef" * 2
    settings.key_file.write_text(json.dumps(content))
    assert device_keys.read(settings.key_file).first is None
    error = {"devices": "unproven", "batches": "unknown_device"}
    collector = Collector(lambda endpoint, *_: refusal(401, error[endpoint]))
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: delivery.state == "blocked")
        assert delivery.last_error == f"needs a token for device {content['device']}"


async def test_a_token_that_others_can_read_is_not_used(
    make_settings: Make, release: Make, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    token_file.chmod(0o644)
    collector = Collector(lambda *_: refusal(401, "unknown_device"))
    settings = make_settings(enrolment_token_file=token_file)
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: delivery.state == "blocked")
        assert delivery.last_error == "the enrolment token cannot be used, see the log"
        assert f"chmod 600 {token_file}" in caplog.text
        assert "devices" not in [endpoint for endpoint, _ in collector.requests]
        token_file.chmod(0o600)
        await until(lambda: "devices" in [endpoint for endpoint, _ in collector.requests])


async def test_what_is_no_token_is_never_sent(
    make_settings: Make, release: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The device's own signing key, of all secrets: whoever names it shall not get it."""
    key_file = make_settings().key_file
    collector = Collector(lambda *_: refusal(401, "unknown_device"))
    settings = make_settings(enrolment_token_file=key_file)
    async with delivering(settings, collector) as (delivery, outbox):
        fill(outbox, delivery, release, 1)
        await until(lambda: delivery.state == "blocked")
    assert f"{key_file}: holds no enrolment token" in caplog.text
    assert "devices" not in [endpoint for endpoint, _ in collector.requests]


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
