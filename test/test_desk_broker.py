# SPDX-License-Identifier: Apache-2.0
"""A signed message at a real broker pauses the counting; any other, and an old one, does not."""

import queue
import threading
from datetime import datetime, timezone
from pathlib import Path

import mosquitto_broker
import pytest
from mosquitto_broker import MOSQUITTO, Broker, Reader

from privcv_compliance.objection.broker import listen_at_broker
from privcv_compliance.objection.desk import Desk
from privcv_compliance.objection.signed_request import sign_request
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.pause import PauseWatch
from privcv_core.protocol.demo_certificates import Authority
from privcv_core.protocol.signing import SigningKey
from privcv_site.desk import BrokerSettings

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
KEY, STRANGER = SigningKey.generate(), SigningKey.generate()
MAY_ALL = "user device\ntopic readwrite privcv/#\nuser reader\ntopic readwrite #\n"


@pytest.fixture
def site(tmp_path: Path) -> SiteFile:
    path = tmp_path / "site" / "site.yaml"
    path.parent.mkdir()
    path.write_text(
        "site: library\nstate: state\ncameras:\n  lobby:\n"
        "    source: {kind: v4l2, uri: /dev/video0}\n"
        "    zones: {door: {polygon_m: [0, 0, 1, 0, 1, 1]}}\n"
        "    authorization: {required: false}\n"
    )
    return SiteFile.read(path)


def now_asked(key: SigningKey) -> bytes:
    return sign_request("library", [], 9, key, datetime.now(timezone.utc))


def test_a_signed_message_pauses_and_no_other(
    site: SiteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mosquitto_broker, "ACCESS", MAY_ALL)
    broker = Broker(tmp_path)
    try:
        settings = broker.settings(tmp_path)
        mqtt = settings.pop("mqtt")
        described = {**settings, **mqtt, "trusted_keys": [KEY.public]}
        desk_settings = BrokerSettings.model_validate(described)
        content = site.path.read_text()
        site.path.write_text(f"{content}desk: {{mqtt: {desk_settings.model_dump_json()}}}\n")
        told: list[str] = []
        listens, refused, paused = threading.Event(), threading.Event(), threading.Event()

        def tell(words: str) -> None:
            told.append(words)
            (paused if "nobody is counted" in words else
             refused if "nobody trusted" in words else listens).set()  # fmt: skip

        publisher = Reader(broker)
        publisher._client.publish("privcv/pause", now_asked(KEY), qos=1, retain=True)
        desk = Desk(SiteFile.read(site.path), tell)
        end = listen_at_broker(desk_settings, desk.heard, tell)
        try:
            assert listens.wait(60), told
            publisher._client.publish("privcv/pause", now_asked(STRANGER), qos=1)
            assert refused.wait(60), told
            assert not paused.is_set()  # and what the broker had kept was old
            publisher._client.publish("privcv/pause", now_asked(KEY), qos=1)
            assert paused.wait(60), told
        finally:
            end()
            publisher.close()
    finally:
        broker.kill()
    assert PauseWatch(site.state, "lobby").decide(datetime.now(timezone.utc)) is not None
    (entry,) = read_chain(site.audit.folder, "desk", "counting.paused")
    assert (entry.facts["by"], entry.facts["minutes"]) == ("mqtt", 9)


def test_a_broker_with_another_key_is_not_spoken_to(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    try:
        settings = broker.settings(tmp_path)
        mqtt = settings.pop("mqtt")
        wrong = {"pins": [f"sha256/{'A' * 43}="], "trusted_keys": [KEY.public]}
        described = {**settings, **mqtt, **wrong}
        told: list[str] = []
        failed = threading.Event()

        def tell(words: str) -> None:
            told.append(words)
            failed.set()

        end = listen_at_broker(BrokerSettings.model_validate(described), print, tell)
        try:
            assert failed.wait(60)
        finally:
            end()
        assert told[0] == "cannot reach the broker; tries again"
    finally:
        broker.kill()


def test_a_replaced_password_and_authority_are_read_again(tmp_path: Path) -> None:
    """The desk runs for months: what was right at its start is not for ever."""
    broker = Broker(tmp_path)
    try:
        settings = broker.settings(tmp_path)
        mqtt = settings.pop("mqtt")
        desk = BrokerSettings.model_validate({**settings, **mqtt, "trusted_keys": [KEY.public]})
        told: queue.Queue[str] = queue.Queue()
        end = listen_at_broker(desk, print, told.put)
        try:
            until(told, "listens at")
            broker.kill()
            until(told, "lost the broker")
            (tmp_path / "password").write_text("another\n")
            broker.give("device", "another")
            renewed = Authority(tmp_path / "renewed")
            server = renewed.issue("server", ["localhost"], key_file=broker.tls.key)
            broker.tls.ca_file.write_bytes(renewed.certificate.read_bytes())
            broker.tls.certificate.write_bytes(server.certificate.read_bytes())
            broker.start()
            until(told, "listens at")
        finally:
            end()
    finally:
        broker.kill()


def until(told: "queue.Queue[str]", words: str) -> None:
    """Wait until that is told; what is told before does not matter."""
    while words not in told.get(timeout=60.0):
        pass
