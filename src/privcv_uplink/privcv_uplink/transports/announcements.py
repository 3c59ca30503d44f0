# SPDX-License-Identifier: Apache-2.0
"""What a broker is to know of this device: that it is online, and Home Assistant's discovery.

A broker may have lost it (it restarted without a memory), or never taken it (its access list was
wrong). So it is published again on each connection, and again later where it was refused.
"""

import logging
import time

from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.broker_limits import REFUSED, in_words
from privcv_uplink.transports.home_assistant import Place, discovery_payload
from privcv_uplink.transports.mqtt_connection import MqttConnection
from privcv_uplink.transports.transport import TooLarge, TransportError

logger = logging.getLogger(__name__)


class Announcements:
    """Retained messages of one device, and which of them its broker has."""

    def __init__(self, settings: UplinkSettings) -> None:
        self._mqtt = settings.mqtt
        self._again_s = settings.retry.blocked_s
        self._timeout_s = settings.retry.request_timeout_s
        self._zones: dict[Place, int] = {}
        self._taken: dict[str, bytes] = {}
        self._not_before_s: dict[str, float] = {}
        self._cut_off: set[str] = set()  # after which the broker closed the connection last time

    def learn(self, zones: dict[Place, int]) -> None:
        """These zones are reported, with windows of so many seconds."""
        self._zones |= zones

    def forget(self) -> None:
        """The broker is another one, or has no memory: all of it is due again."""
        self._taken.clear()
        self._not_before_s = {
            topic: at_s for topic, at_s in self._not_before_s.items() if topic in self._cut_off
        }

    async def publish(self, connection: MqttConnection, device: str) -> None:
        """Publish what the broker does not have. Raises ``TransportError`` for a lost connection.

        A refusal is told in the log and holds up nothing; it is tried again.
        """
        for topic, payload in self._wanted(device).items():
            due = time.monotonic() >= self._not_before_s.get(topic, 0.0)
            if self._taken.get(topic) == payload or not due:
                continue
            try:
                code = await connection.publish(topic, payload, self._timeout_s, retain=True)
            except TooLarge as error:
                self._put_off(topic, str(error))
            except TransportError:
                # Some brokers answer what their access list forbids by closing the connection.
                if topic in self._cut_off:
                    self._put_off(topic, "the broker closes the connection over it")
                self._cut_off.add(topic)
                raise
            else:
                self._cut_off.discard(topic)
                if code.value >= REFUSED:
                    self._put_off(topic, in_words(code))
                else:
                    self._taken[topic] = payload

    def _wanted(self, device: str) -> dict[str, bytes]:
        wanted = {f"{self._mqtt.topic}/{device}/status": b"online"}
        if self._mqtt.discovery and self._zones:
            topic = f"{self._mqtt.discovery}/device/privcv_{device}/config"
            wanted[topic] = discovery_payload(device, self._zones, self._mqtt.topic)
        return wanted

    def _put_off(self, topic: str, why: str) -> None:
        logger.warning("%s: not taken by the broker: %s", topic, why)
        self._not_before_s[topic] = time.monotonic() + self._again_s
