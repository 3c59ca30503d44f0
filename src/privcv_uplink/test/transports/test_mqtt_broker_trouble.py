# SPDX-License-Identifier: Apache-2.0
"""What a real Mosquitto does to an uplink: limits, lost memory, access lists, taken sessions."""

import gc
import json
import os
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from mosquitto_broker import ACCESS, MOSQUITTO, Broker, Reader
from paho.mqtt.enums import CallbackAPIVersion

from privcv_core.protocol.envelope import parse
from privcv_core.protocol.release import Release
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
def running(broker: Broker, make_settings: Make, tmp_path: Path) -> Make:
    """``with running(client_id="x") as uplink``: an uplink that delivers to the broker."""

    @contextmanager
    def run(**mqtt: Any) -> Iterator[Uplink]:
        uplink = Uplink(make_settings(**broker.settings(tmp_path, **mqtt)))
        uplink.start()
        try:
            yield uplink
        finally:
            uplink.stop()

    return run


def accept(uplink: Uplink, release: Make, numbers: range) -> None:
    for sequence in numbers:
        assert uplink.accept(Release.model_validate(release(sequence)))


def numbers_of(reader: Reader) -> list[int]:
    """Release numbers in the order of arrival, each once."""
    batches = [parse(raw) for raw in reader.payloads("/batches")]
    found = [item["sequence"] for batch in batches for item in batch.body["releases"]]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("limit", ["max_packet_size 1400", "message_size_limit 1300"])
def test_batches_over_a_limit_of_the_broker_are_made_smaller(
    broker: Broker, running: Make, release: Make, wait_until: Make, limit: str
) -> None:
    broker.kill()
    broker.start(limit)
    reader = Reader(broker)
    with running(discovery="") as uplink:
        accept(uplink, release, range(1, 11))
        wait_until(lambda: uplink.status().delivered == 10)
        assert uplink.status().dropped == 0
    wait_until(lambda: numbers_of(reader) == list(range(1, 11)))
    assert broker.log.count("as privcv") <= 3  # connections of ours
    reader.close()


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("max_packet_size 500", "the broker takes 500 bytes a packet, this has "),
        ("message_size_limit 500", " bytes: packet too large (0x95)"),
    ],
)
def test_one_release_over_a_limit_waits_and_the_limit_is_named(
    broker: Broker, running: Make, release: Make, wait_until: Make, limit: str, words: str
) -> None:
    broker.kill()
    broker.start(limit)
    reader = Reader(broker)
    with running(discovery="") as uplink:
        accept(uplink, release, range(1, 4))
        wait_until(lambda: uplink.status().state == "blocked")
        assert words in uplink.status().last_error
        assert (uplink.status().pending, uplink.status().dropped) == (3, 0)
        reader.close()
        broker.kill()
        broker.start()
        reader = Reader(broker)
        wait_until(lambda: uplink.status().delivered == 3)
    wait_until(lambda: numbers_of(reader) == [1, 2, 3])
    reader.close()


def test_what_a_restarted_broker_forgot_is_published_again_before_any_release(
    broker: Broker, running: Make, release: Make, wait_until: Make
) -> None:
    first = Reader(broker)
    with running() as uplink:
        wait_until(lambda: first.payloads("/status") == [b"online"])  # nothing was released yet
        accept(uplink, release, range(1, 2))
        wait_until(lambda: uplink.status().delivered == 1)
        first.close()
        broker.kill()
        broker.start()  # Mosquitto keeps retained messages in memory only
        late = Reader(broker)
        wait_until(lambda: late.payloads("/status") == [b"online"])
        wait_until(lambda: late.payloads("/config"))
        config = json.loads(late.payloads("/config")[-1])
        assert set(config["components"]) == {"lobby_desk"}
        assert uplink.status().delivered == 1
        late.close()


def test_what_an_access_list_refused_once_is_published_when_it_is_mended(
    broker: Broker, running: Make, release: Make, wait_until: Make
) -> None:
    broker.allow("user device\ntopic write privcv/+/batches\nuser reader\ntopic read #\n")
    reader = Reader(broker)
    with running() as uplink:
        accept(uplink, release, range(1, 2))
        wait_until(lambda: uplink.status().delivered == 1)
        assert not reader.payloads("/config")
        broker.allow(ACCESS)
        accept(uplink, release, range(2, 3))
        wait_until(lambda: uplink.status().delivered == 2)
        wait_until(lambda: (wake(uplink, release), reader.payloads("/config"))[1])
        assert reader.payloads("/status") == [b"online"]
    reader.close()


def wake(uplink: Uplink, release: Make) -> None:
    """A release as they come, one a window."""
    accept(uplink, release, range(uplink.status().accepted_through + 1, 10_000)[:1])
    time.sleep(0.05)


def test_the_client_has_the_identifier_of_the_settings(
    broker: Broker, running: Make, wait_until: Make
) -> None:
    with running(client_id="building-7") as uplink:
        wait_until(lambda: " as building-7 " in broker.log)
        assert uplink.status().state == "idle"
    with running():
        wait_until(lambda: " as privcv" in broker.log)


def test_who_takes_the_session_over_is_told_in_words_and_not_fought(
    broker: Broker, running: Make, wait_until: Make
) -> None:
    """Two with one client identifier would throw each other out without end."""
    with running(client_id="twin") as uplink:
        wait_until(lambda: " as twin " in broker.log)
        other = paho.Client(CallbackAPIVersion.VERSION2, client_id="twin", protocol=paho.MQTTv5)
        other.tls_set_context(ssl.create_default_context(cafile=broker.tls.ca_file))
        other.username_pw_set("reader", "secret")
        other.reconnect_delay_set(0.01, 0.01)
        other.connect("localhost", broker.port)
        other.loop_start()
        wait_until(lambda: "lost the broker" in uplink.status().last_error)
        before = broker.log.count(" as twin ")
        time.sleep(1.0)
        assert broker.log.count(" as twin ") - before < 100
        other.disconnect()
        other.loop_stop()
        wait_until(lambda: uplink.status().state == "idle")


def test_a_zone_is_shown_as_it_is_now_and_kept_no_longer(
    broker: Broker, running: Make, release: Make, wait_until: Make
) -> None:
    """Newest window only; what was suppressed has no number; what is old is not shown at all."""
    now = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(time.time() - 60))
    suppressed = {
        "status": "suppressed",
        "reason": "below_k",
        "occupancy": 0,
        "occupancy_low": 0,
        "occupancy_high": 0,
        "flow": [0] * 5,
    }
    reader = Reader(broker)
    with running() as uplink:
        for item in (
            release(1),  # of last winter
            release(2, window_start=now),
            release(3, zone="door", window_start=now),
            release(4, zone="door", window_start=now, **suppressed),
        ):
            assert uplink.accept(Release.model_validate(item))
        wait_until(lambda: uplink.status().delivered == 4)
        wait_until(lambda: reader.payloads("/zones/lobby/door"))
        late = Reader(broker)  # Home Assistant starts again: it has the last values, if fresh
        wait_until(lambda: late.payloads("/zones/lobby/door"))
        shown = {
            zone: json.loads(late.payloads(f"/zones/lobby/{zone}")[-1]) for zone in ("desk", "door")
        }
        late.close()
    assert {zone: (was["people"], was["high"], was["reason"]) for zone, was in shown.items()} == {
        "desk": (2, 5, "none"),
        "door": (None, None, "below_k"),
    }
    assert all(json.loads(raw)["people"] != 1 for raw in reader.payloads("/zones/lobby/desk"))
    reader.close()


def test_no_descriptor_stays_behind_with_a_lost_connection(
    broker: Broker, running: Make, wait_until: Make
) -> None:
    """Not until Python next looks for circles, either: that may be hours."""

    def connected(times: int) -> None:
        wait_until(lambda: broker.log.count("as privcv") == times)

    with running() as uplink:
        connected(1)
        gc.collect()
        gc.disable()
        try:
            broker.kill()
            broker.start()
            connected(2)
            before = len(os.listdir("/proc/self/fd"))
            for times in range(3, 8):
                broker.kill()
                broker.start()
                connected(times)
            # what was lost last may still be closing; what stays behind is one each time
            wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 1)
        finally:
            gc.enable()
        assert uplink.status().dropped == 0
