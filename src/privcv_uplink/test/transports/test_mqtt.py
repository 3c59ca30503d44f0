# SPDX-License-Identifier: Apache-2.0
"""The MQTT transport against a real Mosquitto: acknowledged means that a subscriber gets it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mosquitto_broker import MOSQUITTO, Broker, Reader

from privcv_core.protocol.envelope import parse
from privcv_core.protocol.release import Release
from privcv_core.protocol.signing import VerifyKey
from privcv_uplink.delivery import device_keys
from privcv_uplink.transports.open import open_transport
from privcv_uplink.transports.transport import TransportError
from privcv_uplink.uplink import Uplink

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None, reason="mosquitto is not installed (apt install mosquitto)"
)
Make = Callable[..., Any]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.kill()


@pytest.fixture
def uplink(broker: Broker, make_settings: Make, tmp_path: Path) -> Iterator[Uplink]:
    uplink = Uplink(make_settings(**broker.settings(tmp_path)))
    uplink.start()
    yield uplink
    uplink.stop()


@pytest.fixture
def reader(broker: Broker) -> Iterator[Reader]:
    reader = Reader(broker)
    yield reader
    reader.close()


def releases(reader: Reader) -> list[int]:
    """Release numbers in the order of arrival, each batch once."""
    batches = {parse(raw).sequence: parse(raw) for raw in reader.payloads("/batches")}
    return [item["sequence"] for batch in batches.values() for item in batch.body["releases"]]


def test_signed_envelopes_arrive_in_order(
    uplink: Uplink, reader: Reader, release: Make, wait_until: Make, make_settings: Make
) -> None:
    for sequence in range(1, 21):
        assert uplink.accept(Release.model_validate(release(sequence)))
    wait_until(lambda: uplink.status().delivered == 20)
    wait_until(lambda: releases(reader) == list(range(1, 21)))
    device = device_keys.read(make_settings().key_file)
    for raw in reader.payloads(f"privcv/{device.device}/batches"):
        assert parse(raw).verify(VerifyKey.load("Ed25519", device.newest.public))


def test_what_nobody_subscribes_to_is_not_counted_as_delivered(
    uplink: Uplink, broker: Broker, release: Make, wait_until: Make
) -> None:
    uplink.accept(Release.model_validate(release(1)))
    wait_until(lambda: "nobody subscribes" in uplink.status().last_error)
    assert (uplink.status().state, uplink.status().pending) == ("retrying", 1)
    reader = Reader(broker)
    wait_until(lambda: uplink.status().delivered == 1)
    wait_until(lambda: releases(reader) == [1])
    reader.close()


def test_what_the_access_list_forbids_is_not_counted_as_delivered(
    broker: Broker,
    reader: Reader,
    make_settings: Make,
    tmp_path: Path,
    release: Make,
    wait_until: Make,
) -> None:
    uplink = Uplink(make_settings(**broker.settings(tmp_path, topic="other")))
    uplink.start()
    uplink.accept(Release.model_validate(release(1)))
    wait_until(lambda: uplink.status().state == "blocked")
    assert uplink.status().last_error == "the broker refuses reports: not authorized (0x87)"
    assert uplink.status().pending == 1
    uplink.stop()


async def test_a_password_that_others_can_read_is_not_used(
    make_settings: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o644)
    settings = make_settings(
        url="mqtts://localhost:1", mqtt={"username": "device", "password_file": password}
    )
    transport = open_transport(settings)
    with pytest.raises(TransportError, match="password file") as refused:
        await transport.post("batches", b'{"body":{}}', "0" * 32, 1)
    assert refused.value.blocked
    assert f"chmod 600 {password}" in caplog.text
    await transport.close()


def test_a_wrong_password_blocks_in_words(
    broker: Broker, make_settings: Make, tmp_path: Path, release: Make, wait_until: Make
) -> None:
    settings = make_settings(**broker.settings(tmp_path))
    (tmp_path / "password").write_text("wrong")
    uplink = Uplink(settings)
    uplink.start()
    uplink.accept(Release.model_validate(release(1)))
    wait_until(lambda: uplink.status().state == "blocked")
    assert uplink.status().last_error.startswith("the broker refuses us: not auth")
    uplink.stop()


def test_home_assistant_finds_each_zone_also_later(
    uplink: Uplink, broker: Broker, reader: Reader, release: Make, wait_until: Make
) -> None:
    uplink.accept(Release.model_validate(release(1)))
    uplink.accept(Release.model_validate(release(2, zone="door")))
    wait_until(lambda: uplink.status().delivered == 2)
    late = Reader(broker)
    wait_until(lambda: late.payloads("/config") and late.payloads("/status"))
    assert late.payloads("/status") == [b"online"]
    config = json.loads(late.payloads("/config")[-1])
    assert set(config["components"]) == {"lobby_desk", "lobby_door"}
    assert reader.payloads("/batches")
    uplink.stop()
    wait_until(lambda: late.payloads("/status")[-1] == b"offline")
    late.close()


def test_a_broker_that_dies_costs_nothing(
    uplink: Uplink, broker: Broker, release: Make, wait_until: Make
) -> None:
    first = Reader(broker)
    uplink.accept(Release.model_validate(release(1)))
    wait_until(lambda: releases(first) == [1])
    wait_until(lambda: uplink.status().delivered == 1)
    first.close()
    broker.kill()
    for sequence in range(2, 10):
        assert uplink.accept(Release.model_validate(release(sequence)))
    wait_until(lambda: uplink.status().state == "retrying")
    broker.start()
    second = Reader(broker)
    wait_until(lambda: uplink.status().delivered == 9)
    wait_until(lambda: releases(second) == list(range(2, 10)))
    second.close()
