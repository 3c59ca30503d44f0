# SPDX-License-Identifier: Apache-2.0
"""A connection to an MQTT 5 broker: paho's thread behind asyncio futures."""

import asyncio
import logging
import ssl
from collections.abc import Callable
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
from privcv_uplink.transports.broker_limits import (
    PACKET_TOO_LARGE,
    REFUSED,
    RETAIN_NOT_SUPPORTED,
    BrokerLimits,
    in_words,
)
from privcv_uplink.transports.errors_in_words import in_words as error_in_words
from privcv_uplink.transports.transport import TooLarge, TransportError

logger = logging.getLogger(__name__)

KEEPALIVE_S = 30
"""After this time of silence the broker is asked whether it is there, s; it may ask for less."""


class RetainRefused(TransportError):
    """The broker keeps no messages: connect again without a will that it would have to keep."""


@dataclass
class MqttConnection:
    """One TLS connection to the broker, with paho's thread behind it.

    ``lost`` is done, with the reason, once the connection is over. ``status_topic`` gets the last
    will ``offline``. ``limits`` are what the broker announced, once it is open.
    """

    settings: UplinkSettings
    context: ssl.SSLContext
    client_id: str
    status_topic: str
    retain: bool = True
    lost: "asyncio.Future[str]" = field(init=False)
    limits: BrokerLimits = field(init=False, default_factory=BrokerLimits)
    _lost_by: int = field(init=False, default=0)
    _waiting: "dict[int, asyncio.Future[ReasonCode]]" = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost = self._loop.create_future()
        self._connected: asyncio.Future[ReasonCode] = self._loop.create_future()
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        client.failed = lambda words: self._on_loop(self._lose, words, 0)
        client.tls_set_context(self.context)
        client.connect_timeout = self.settings.retry.connect_timeout_s
        client.will_set(self.status_topic, "offline", qos=1, retain=self.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client

    async def open(self) -> None:
        """Connect; raises ``TransportError``, and ``RetainRefused`` where ``retain`` was true."""
        settings = self.settings
        mqtt = settings.mqtt
        if mqtt.username:
            self._client.username_pw_set(mqtt.username, _password(settings))
        try:
            await asyncio.to_thread(
                self._client.connect, settings.host, settings.port, keepalive=KEEPALIVE_S
            )
        except (OSError, ValueError) as error:
            raise error_in_words(error) from error
        self._client.loop_start()
        code = await self._answer(self._connected, settings.retry.connect_timeout_s)
        if code.value == RETAIN_NOT_SUPPORTED and self.retain:
            raise RetainRefused("the broker keeps no retained messages")
        if code.value >= REFUSED:
            raise TransportError(f"the broker refuses us: {in_words(code)}", blocked=True)
        self.limits.check_usable()

    async def publish(
        self,
        topic: str,
        payload: bytes,
        timeout_s: float,
        retain: bool = False,
        expires_s: int | None = None,
    ) -> ReasonCode:
        """Publish with QoS 1; returns the reason code of the acknowledgement.

        From ``REFUSED`` on it is a refusal. ``retain`` is kept by brokers that can, for
        ``expires_s``. Raises ``TransportError``, and ``TooLarge`` for what is over a limit.
        """
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        if expires_s is not None:
            properties.MessageExpiryInterval = expires_s
        self.limits.check_size(topic, payload, properties)
        acknowledged: asyncio.Future[ReasonCode] = self._loop.create_future()
        # paho's thread may acknowledge before publish() returns; its callback runs on our loop
        # and so only after this entry is made.
        retain = retain and self.limits.retain
        message = self._client.publish(topic, payload, 1, retain, properties)
        if message.rc != paho.MQTT_ERR_SUCCESS:
            raise TransportError("the connection to the broker was lost")
        self._waiting[message.mid] = acknowledged
        try:
            code = await self._answer(acknowledged, timeout_s)
        finally:
            self._waiting.pop(message.mid, None)
        if code.value == PACKET_TOO_LARGE:
            raise TooLarge(f"the broker refuses {len(payload)} bytes: {in_words(code)}")
        return code

    async def close(self) -> None:
        """Disconnect, with a last status ``offline``, and stop paho's thread."""
        if not self.lost.done() and self._connected.done():
            retain = self.retain and self.limits.retain
            self._client.publish(self.status_topic, "offline", qos=0, retain=retain)
            self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        # They lead back here: until that is undone paho keeps two descriptors, which it lets go of
        # when it is forgotten.
        self._client.on_connect = self._client.on_disconnect = self._client.on_publish = None
        self._client.failed = lambda _: None
        if not self.lost.done():
            self.lost.set_result("closed")

    async def _answer(self, answer: "asyncio.Future[ReasonCode]", timeout_s: float) -> ReasonCode:
        either: set[asyncio.Future[Any]] = {answer, self.lost}
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self.lost.done():
            error = TooLarge if self._lost_by == PACKET_TOO_LARGE else TransportError
            raise error(self.lost.result())
        raise TransportError("no answer from the broker in time")

    def _lose(self, words: str, code: int) -> None:
        if not self.lost.done():
            self._lost_by = code
            self.lost.set_result(f"lost the broker: {words}")

    def _acknowledge(self, mid: int, code: ReasonCode) -> None:
        waiting = self._waiting.get(mid)
        if waiting is not None and not waiting.done():
            waiting.set_result(code)

    def _accept(self, code: ReasonCode, limits: BrokerLimits) -> None:
        self.limits = limits
        if not self._connected.done():
            self._connected.set_result(code)

    # paho calls these on its own thread.

    def _on_connect(
        self, _client: Any, _data: Any, _flags: Any, code: ReasonCode, properties: Any
    ) -> None:
        self._on_loop(self._accept, code, BrokerLimits.announced(properties))

    def _on_disconnect(
        self, _client: Any, _data: Any, flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        said = in_words(code) if flags.is_disconnect_packet_from_server else "it closed"
        self._on_loop(self._lose, said, int(code.value))

    def _on_publish(
        self, _client: Any, _data: Any, mid: int, code: ReasonCode, _properties: Any
    ) -> None:
        self._on_loop(self._acknowledge, mid, code)

    def _on_loop(self, method: Callable[..., None], *arguments: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(method, *arguments)


class _Client(paho.Client):
    """paho's client, whose thread tells where it ends over an answer that it cannot read."""

    failed: Callable[[str], None]

    def loop_forever(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().loop_forever(*arguments, **options)
        except Exception as error:
            logger.exception("the broker's answer cannot be read")
            self.failed(f"its answer cannot be read: {type(error).__name__}")
            return paho.MQTT_ERR_PROTOCOL


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
