# SPDX-License-Identifier: Apache-2.0
"""MQTT 5 over the same pinned TLS: the same signed envelopes, for brokers of building platforms.

Topics, below ``mqtt.topic`` and the device id: ``batches`` (envelopes, QoS 1), ``keys`` and
``checkpoints``, ``status`` (retained ``online`` or ``offline``). Home Assistant finds a sensor for
each zone through one retained discovery message; its template reads the envelopes themselves.

The broker's acknowledgement counts as delivered only if it says that somebody subscribes: a broker
throws away what has no subscriber, and refuses what its access list forbids, with an
acknowledgement too.
"""

import json
import logging

from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.home_assistant import discovery_payload, zones_in
from privcv_uplink.transports.mqtt_connection import REFUSED, MqttConnection
from privcv_uplink.transports.pinning import pinned_context
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

logger = logging.getLogger(__name__)

NO_SUBSCRIBER = 0x10
"""Reason code of an acknowledgement (MQTT 5, section 3.4.2.1)."""


class MqttTransport:
    """Publishes to one broker; a connection that fails is thrown away, never resumed.

    So nothing is sent but by ``post``, and what was not acknowledged comes from the outbox again.
    """

    def __init__(self, settings: UplinkSettings) -> None:
        self._settings = settings
        self._context = pinned_context(
            settings.pins, settings.ca_file, settings.client_certificate, settings.client_key
        )
        self._connection: MqttConnection | None = None
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
        if code == NO_SUBSCRIBER:
            raise TransportError("nobody subscribes at the broker: reports wait")
        if code >= REFUSED:
            raise TransportError(
                f"the broker refuses to publish: reason 0x{code:02x}", blocked=True
            )
        return Reply(200, {"next_sequence": sequence + 1})

    async def close(self) -> None:
        """Disconnect from the broker, with a last status ``offline``."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self, status_topic: str) -> MqttConnection:
        if self._connection is not None and not self._connection.lost.done():
            return self._connection
        await self.close()
        self._connection = MqttConnection(self._settings, self._context, status_topic)
        await self._connection.open()
        return self._connection

    async def _discover(
        self, connection: MqttConnection, envelope: bytes, device: str, timeout_s: float
    ) -> None:
        """Publish to Home Assistant which zones are new."""
        mqtt = self._settings.mqtt
        zones = zones_in(envelope) - self._zones if mqtt.discovery else set()
        if not zones:
            return
        known = self._zones | zones
        payload = discovery_payload(device, known, mqtt.topic)
        topic = f"{mqtt.discovery}/device/privcv_{device}/config"
        code = await connection.publish(topic, json.dumps(payload).encode(), True, timeout_s)
        if code >= REFUSED:
            logger.warning("the broker refuses the discovery topic: reason 0x%02x", code)
        self._zones = known
