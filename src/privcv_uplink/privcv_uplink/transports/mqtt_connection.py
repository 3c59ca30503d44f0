# SPDX-License-Identifier: Apache-2.0
"""A connection to an MQTT 5 broker: paho's thread behind asyncio futures."""

import asyncio
import logging
import ssl
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from privcv_core.errors import KeyFileError
from privcv_core.files.secret_file import read_secret_text
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.errors_in_words import in_words
from privcv_uplink.transports.transport import TransportError

logger = logging.getLogger(__name__)

REFUSED = 0x80
"""Reason codes from here on say that the broker refused (MQTT 5, section 2.4)."""


@dataclass
class MqttConnection:
    """One TLS connection to the broker, with paho's thread behind it.

    ``lost`` is done, with the reason, once the connection is over. ``status_topic`` has the
    retained ``online`` or ``offline``, the latter also as last will.
    """

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

    async def open(self) -> None:
        """Connect and say ``online``; raises ``TransportError``."""
        settings = self.settings
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
        if code >= REFUSED:
            raise TransportError(f"the broker refuses us: reason 0x{code:02x}", blocked=True)
        self._client.publish(self.status_topic, "online", qos=1, retain=True)

    async def publish(self, topic: str, payload: bytes, retain: bool, timeout_s: float) -> int:
        """Publish with QoS 1; returns the reason code of the acknowledgement.

        From ``REFUSED`` on it is a refusal. Raises ``TransportError``.
        """
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
