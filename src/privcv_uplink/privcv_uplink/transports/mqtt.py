# SPDX-License-Identifier: Apache-2.0
"""MQTT 5 over the same pinned TLS: the same signed envelopes, for brokers of building platforms.

Topics, below ``mqtt.topic`` and the device id: ``batches`` (envelopes, QoS 1), ``keys`` and
``checkpoints``, ``status`` (retained ``online`` or ``offline``), and ``zones/CAMERA/ZONE``, what a
sensor of Home Assistant shows now. It finds them through one retained discovery message.

The broker's acknowledgement counts as delivered only if it says that somebody subscribes: a broker
throws away what has no subscriber, and refuses what its access list forbids, with an
acknowledgement too.
"""

import asyncio
import logging
from datetime import datetime, timezone

from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.announcements import Announcements
from privcv_uplink.transports.broker_limits import NO_SUBSCRIBER, REFUSED, in_words
from privcv_uplink.transports.home_assistant import ZoneState, zone_states, zones_in
from privcv_uplink.transports.mqtt_connection import MqttConnection, RetainRefused
from privcv_uplink.transports.pinning import reloaded_context
from privcv_uplink.transports.transport import Endpoint, Reply, TransportError

logger = logging.getLogger(__name__)

SHOWN_AT_ONCE = 16
"""Zones whose values are on their way together; fewer where the broker takes fewer."""


class MqttTransport:
    """Publishes to one broker; a connection that fails is thrown away, never resumed.

    So nothing is sent but by ``post``, and what was not acknowledged comes from the outbox again.
    """

    def __init__(self, settings: UplinkSettings) -> None:
        self._settings = settings
        self._tls = reloaded_context(settings)
        self._connection: MqttConnection | None = None
        self._announcements = Announcements(settings)
        self._retain = True

    async def connect(self, device: str) -> None:
        """Be connected, and announced as far as is due. Raises ``TransportError``."""
        try:
            await self._announcements.publish(await self._connected(device), device)
        except BaseException:
            await self.close()
            raise

    async def disconnected(self) -> str:
        """Return why, once the connection is lost; at once where there is none."""
        if self._connection is None:
            return "not connected to the broker"
        return await asyncio.shield(self._connection.lost)

    async def post(self, endpoint: Endpoint, content: bytes, device: str, sequence: int) -> Reply:
        """Publish once and wait for the acknowledgement; raises ``TransportError``."""
        timeout_s = self._settings.retry.request_timeout_s
        topic = f"{self._settings.mqtt.topic}/{device}/{endpoint}"
        if endpoint == "batches" and self._settings.mqtt.discovery:
            self._announcements.learn(zones_in(content))
        await self.connect(device)
        assert self._connection is not None
        try:
            code = await self._connection.publish(topic, content, timeout_s)
        except BaseException:
            await self.close()
            raise
        if code.value == NO_SUBSCRIBER:
            raise TransportError("nobody subscribes at the broker: reports wait")
        if code.value >= REFUSED:
            raise TransportError(f"the broker refuses reports: {in_words(code)}", blocked=True)
        if endpoint == "batches" and self._settings.mqtt.discovery:
            await self._show(self._connection, content, device)
        # What the collector answers, as far as a broker can say it.
        return Reply(200, {"next_sequence": sequence + 1, "verdict": "published"})

    async def close(self) -> None:
        """Disconnect from the broker, with a last status ``offline``."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connected(self, device: str) -> MqttConnection:
        renewed = self._tls.refresh()
        if self._connection is not None and not self._connection.lost.done() and not renewed:
            return self._connection
        await self.close()
        self._announcements.forget()
        try:
            await self._open(device)
        except RetainRefused:
            logger.warning("the broker keeps no retained messages: who comes later sees none")
            self._retain = False
            await self.close()
            await self._open(device)
        assert self._connection is not None
        return self._connection

    async def _open(self, device: str) -> None:
        mqtt = self._settings.mqtt
        # Letters and digits, and at most 23 of them, are what every broker has to take.
        client_id = mqtt.client_id or f"privcv{device[:16]}"
        status = f"{mqtt.topic}/{device}/status"
        self._connection = MqttConnection(
            self._settings, self._tls.context, client_id, status, self._retain
        )
        await self._connection.open()

    async def _show(self, connection: MqttConnection, envelope: bytes, device: str) -> None:
        """Publish what the sensors show. The batch has arrived, whatever comes of this."""
        at_once = min(SHOWN_AT_ONCE, connection.limits.unacknowledged)
        states = zone_states(envelope, datetime.now(timezone.utc))
        for first in range(0, len(states), at_once):
            shown = [
                self._show_zone(connection, state, device)
                for state in states[first : first + at_once]
            ]
            if not all(await asyncio.gather(*shown)):
                return

    async def _show_zone(self, connection: MqttConnection, state: ZoneState, device: str) -> bool:
        topic = f"{self._settings.mqtt.topic}/{device}/{state.topic}"
        timeout_s = self._settings.retry.request_timeout_s
        try:
            code = await connection.publish(
                topic, state.payload, timeout_s, retain=True, expires_s=state.expires_s
            )
        except TransportError as error:
            logger.warning("%s: not shown: %s", topic, error)
            return False
        if code.value >= REFUSED:
            logger.warning("%s: not shown: %s", topic, in_words(code))
        return code.value < REFUSED
