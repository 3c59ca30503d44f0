# SPDX-License-Identifier: Apache-2.0
"""MQTT 5 over the same pinned TLS: the same signed envelopes, for brokers of building platforms.

Topics, below ``mqtt.topic`` and the device id: ``batches`` (envelopes, QoS 1), ``keys`` and
``checkpoints``, ``status`` (retained ``online`` or ``offline``). Home Assistant finds a sensor for
each zone through one retained discovery message; its template reads the envelopes themselves.

The broker's acknowledgement counts as delivered only if it says that somebody subscribes: a broker
throws away what has no subscriber, and refuses what its access list forbids, with an
acknowledgement too.
"""

import asyncio
import json
import logging
import ssl
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from privcv_uplink.errors import KeyFileError
from privcv_uplink.secret_files import read_secret_text
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.errors_in_words import in_words
from privcv_uplink.transports.pinning import pinned_context
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

logger = logging.getLogger(__name__)

_NO_SUBSCRIBER = 0x10
_REFUSED = 0x80


class MqttTransport:
    """Publishes to one broker; a connection that fails is thrown away, never resumed.

    So nothing is sent but by ``post``, and what was not acknowledged comes from the outbox again.
    """

    def __init__(self, settings: UplinkSettings) -> None:
        self._settings = settings
        self._context = pinned_context(
            settings.pins, settings.ca_file, settings.client_certificate, settings.client_key
        )
        self._connection: _Connection | None = None
        self._zones: set[tuple[str, str]] = set()

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Publish once and wait for the acknowledgement; raises ``TransportError``."""
        timeout_s = self._settings.retry.request_timeout_s
        topic = f"{self._settings.mqtt.topic}/{device}"
        try:
            connection = await self._connect(f"{topic}/status")
            if endpoint == "batches":
                await self._discover(connection, content, device, timeout_s)
            code = await connection.publish(f"{topic}/{endpoint}", content, False, timeout_s)
        except TransportError:
            await self.close()
            raise
        if code == _NO_SUBSCRIBER:
            raise TransportError("nobody subscribes at the broker: reports wait")
        if code >= _REFUSED:
            raise TransportError(
                f"the broker refuses to publish: reason 0x{code:02x}", blocked=True
            )
        return Reply(200, {"next_sequence": sequence + 1})

    async def close(self) -> None:
        """Say good-bye to the broker."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self, status_topic: str) -> "_Connection":
        if self._connection is not None and not self._connection.lost.done():
            return self._connection
        await self.close()
        self._connection = _Connection(self._settings, self._context, status_topic)
        await self._connection.open(self._settings)
        return self._connection

    async def _discover(
        self, connection: "_Connection", envelope: bytes, device: str, timeout_s: float
    ) -> None:
        """Tell Home Assistant about zones that it has not heard of."""
        mqtt = self._settings.mqtt
        zones = _zones_in(envelope) - self._zones if mqtt.discovery else set()
        if not zones:
            return
        known = self._zones | zones
        payload = discovery_payload(device, known, mqtt.topic)
        topic = f"{mqtt.discovery}/device/privcv_{device}/config"
        code = await connection.publish(topic, json.dumps(payload).encode(), True, timeout_s)
        if code >= _REFUSED:
            logger.warning("the broker refuses the discovery topic: reason 0x%02x", code)
        self._zones = known


def discovery_payload(device: str, zones: set[tuple[str, str]], topic: str) -> dict[str, Any]:
    """Home Assistant's discovery message: a sensor of people for each ``(camera, zone)``."""
    sensors = {}
    for camera, zone in sorted(zones):
        reports = (
            "{% set reports = value_json.body.releases | map(attribute='zones') | sum(start=[])"
            f" | selectattr('camera', 'eq', '{camera}') | selectattr('zone', 'eq', '{zone}')"
            " | selectattr('status', 'eq', 'published') | list %}"
        )
        sensors[f"{camera}_{zone}"] = {
            "platform": "sensor",
            "unique_id": f"privcv_{device}_{camera}_{zone}",
            "name": f"{camera} {zone}",
            "icon": "mdi:account-group",
            "unit_of_measurement": "people",
            "state_class": "measurement",
            "value_template": reports + "{{ reports[-1].occupancy if reports else this.state }}",
        }
    return {
        "device": {"identifiers": [f"privcv_{device}"], "name": f"privcv {device[:8]}"},
        "origin": {"name": "privcv"},
        "components": sensors,
        "state_topic": f"{topic}/{device}/batches",
        "availability_topic": f"{topic}/{device}/status",
        "qos": 1,
    }


@dataclass
class _Connection:
    """One TLS connection to the broker, with paho's thread behind it."""

    settings: UplinkSettings
    context: ssl.SSLContext
    status_topic: str
    lost: "asyncio.Future[str]" = field(init=False)
    _waiting: "dict[int, asyncio.Future[int]]" = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost = self._loop.create_future()
        self._connected: asyncio.Future[int] = self._loop.create_future()
        client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.tls_set_context(self.context)
        client.connect_timeout = self.settings.retry.connect_timeout_s
        client.will_set(self.status_topic, "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client

    async def open(self, settings: UplinkSettings) -> None:
        mqtt = settings.mqtt
        if mqtt.username:
            self._client.username_pw_set(mqtt.username, _password(settings))
        try:
            await asyncio.to_thread(
                self._client.connect, settings.host, settings.port, keepalive=30
            )
        except (OSError, ValueError) as error:
            raise in_words(error) from error
        self._client.loop_start()
        code = await self._answer(self._connected, settings.retry.connect_timeout_s)
        if code >= _REFUSED:
            raise TransportError(f"the broker refuses us: reason 0x{code:02x}", blocked=True)
        self._client.publish(self.status_topic, "online", qos=1, retain=True)

    async def publish(self, topic: str, payload: bytes, retain: bool, timeout_s: float) -> int:
        """Publish with QoS 1; returns the reason code of the acknowledgement."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        acknowledged: asyncio.Future[int] = self._loop.create_future()
        # paho's thread may acknowledge before publish() returns; its callback runs on our loop
        # and so only after this entry is made.
        message = self._client.publish(topic, payload, 1, retain, properties)
        if message.rc != paho.MQTT_ERR_SUCCESS:
            raise TransportError("the connection to the broker was lost")
        self._waiting[message.mid] = acknowledged
        try:
            return await self._answer(acknowledged, timeout_s)
        finally:
            self._waiting.pop(message.mid, None)

    async def close(self) -> None:
        """Disconnect and stop paho's thread."""
        if not self.lost.done() and self._connected.done():
            self._client.publish(self.status_topic, "offline", qos=0, retain=True)
            self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        if not self.lost.done():
            self.lost.set_result("closed")

    async def _answer(self, answer: "asyncio.Future[int]", timeout_s: float) -> int:
        either: set[asyncio.Future[Any]] = {answer, self.lost}
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self.lost.done():
            raise TransportError("the connection to the broker was lost")
        raise TransportError("no answer from the broker in time")

    # paho calls these on its own thread.

    def _on_connect(
        self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        self._loop.call_soon_threadsafe(_set, self._connected, int(code.value))

    def _on_disconnect(
        self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        self._loop.call_soon_threadsafe(_set, self.lost, str(code))

    def _on_publish(
        self, _client: Any, _data: Any, mid: int, code: ReasonCode, _properties: Any
    ) -> None:
        self._loop.call_soon_threadsafe(self._acknowledge, mid, int(code.value))

    def _acknowledge(self, mid: int, code: int) -> None:
        waiting = self._waiting.get(mid)
        if waiting is not None:
            _set(waiting, code)


def _set(future: "asyncio.Future[Any]", value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _password(settings: UplinkSettings) -> str | None:
    path = settings.mqtt.password_file
    if path is None:
        return None
    try:
        return read_secret_text(path).rstrip("\n")
    except KeyFileError as error:
        logger.error("%s", error)
        words = "the broker's password file cannot be used, see the log"
        raise TransportError(words, blocked=True) from error


def _zones_in(envelope: bytes) -> set[tuple[str, str]]:
    releases = json.loads(envelope)["body"].get("releases", [])
    return {
        (str(report["camera"]), str(report["zone"]))
        for release in releases
        for report in release.get("zones", [])
    }
