# SPDX-License-Identifier: Apache-2.0
"""Requests for a pause from an MQTT 5 broker, over TLS with a pinned key."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from privcv_core.errors import KeyFileError
from privcv_core.files.secret_file import read_secret_text
from privcv_site.desk import BrokerSettings
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.pinning import reloaded_context

_PORT, _QOS, _KEEPALIVE_S = 8883, 1, 30


def listen_at_broker(
    settings: BrokerSettings,
    heard: Callable[[bytes], None],
    tell: Callable[[str], None],
) -> Callable[[], None]:
    """Have ``heard`` called with each message of the topic, and ``tell`` with what befalls.

    On a thread of its own, which connects again by itself; what is called ends it. What the broker
    kept from before (retained) is old, and not handed on. Password and authorities are read again
    before each connection: they may have been replaced. Raises ``KeyFileError`` for a password file
    that others can read, ``TlsFileError``.
    """
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    class Client(paho.Client):
        def reconnect(self) -> Any:
            if reloaded.refresh():
                self._ssl_context = reloaded.context  # which it is given once only
            try:
                name_us(self)
            except KeyFileError as error:
                tell(f"{error}; the password from before is used")
            return super().reconnect()

    parts = urlsplit(settings.url)
    tls = UplinkSettings(url=settings.url, pins=settings.pins, ca_file=settings.ca_file)
    reloaded = reloaded_context(tls)
    client = Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.tls_set_context(reloaded.context)

    def name_us(client: paho.Client) -> None:
        if settings.username:
            file = settings.password_file
            client.username_pw_set(
                settings.username, read_secret_text(file).strip() if file else None
            )

    name_us(client)

    def connected(_client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            tell(f"the broker refuses us: {code}")
            return
        client.subscribe(settings.topic, qos=_QOS)

    def subscribed(_client: Any, _data: Any, _mid: int, codes: Any, _properties: Any) -> None:
        failed = [code for code in codes if code.is_failure]
        tell(f"the broker refuses the topic {settings.topic}: {failed[0]}" if failed
             else f"listens at {parts.hostname}, topic {settings.topic}")  # fmt: skip

    def received(_client: Any, _data: Any, message: Any) -> None:
        if not message.retain:
            heard(bytes(message.payload))

    client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, received
    client.on_disconnect = lambda *_: tell("lost the broker; connects again")
    client.on_connect_fail = lambda *_: tell("cannot reach the broker; tries again")
    client.reconnect_delay_set(1, 60)
    client.connect_async(parts.hostname or "", parts.port or _PORT, keepalive=_KEEPALIVE_S)
    client.loop_start()

    def end() -> None:
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()

    return end
