# SPDX-License-Identifier: Apache-2.0
"""What an MQTT 5 broker announces when it accepts a connection (section 3.2.2.3)."""

from dataclasses import dataclass
from typing import Any

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from privcv_uplink.transports.transport import TooLarge, TransportError

REFUSED = 0x80
"""Reason codes from here on say that the broker refused (MQTT 5, section 2.4)."""

NO_SUBSCRIBER = 0x10
"""Reason code of an acknowledgement (MQTT 5, section 3.4.2.1)."""

PACKET_TOO_LARGE = 0x95
RETAIN_NOT_SUPPORTED = 0x9A

# Mosquitto's ``message_size_limit`` answers a PUBLISH with this code, which the standard has only
# for two other packets; paho ends its thread over a code that it does not know.
ReasonCode.names = {
    **ReasonCode.names,
    PACKET_TOO_LARGE: {
        "Packet too large": [
            PacketTypes.CONNACK,
            PacketTypes.DISCONNECT,
            PacketTypes.PUBACK,
            PacketTypes.PUBREC,
        ]
    },
}


@dataclass(frozen=True)
class BrokerLimits:
    """Bounds of one connection, as the broker announced them; the defaults are the standard's.

    ``packet_bytes`` is None where packets have no bound.
    """

    packet_bytes: int | None = None
    unacknowledged: int = 65535
    qos: int = 2
    retain: bool = True

    @classmethod
    def announced(cls, properties: Properties | None) -> "BrokerLimits":
        """The limits in the properties of a CONNACK."""

        def value(name: str, default: Any) -> Any:
            return getattr(properties, name, default)

        return cls(
            packet_bytes=value("MaximumPacketSize", None),
            unacknowledged=value("ReceiveMaximum", 65535),
            qos=value("MaximumQoS", 2),
            retain=bool(value("RetainAvailable", 1)),
        )

    def check_usable(self) -> None:
        """Raise ``TransportError`` where the broker acknowledges nothing."""
        if self.qos < 1:
            raise TransportError("the broker takes QoS 0 only: nothing is confirmed", blocked=True)

    def check_size(self, topic: str, payload: bytes, properties: Properties) -> None:
        """Raise ``TooLarge`` for a message that the broker would not take."""
        size = packet_bytes(topic, payload, properties)
        if self.packet_bytes is not None and size > self.packet_bytes:
            raise TooLarge(f"the broker takes {self.packet_bytes} bytes a packet, this has {size}")


def packet_bytes(topic: str, payload: bytes, properties: Properties) -> int:
    """Size of the PUBLISH packet of a message with QoS 1 (MQTT 5, section 3.3), bytes."""
    packed = properties.pack()  # type: ignore[no-untyped-call]
    rest = 2 + len(topic.encode()) + 2 + len(packed) + len(payload)
    length_bytes = 1 + (rest > 0x7F) + (rest > 0x3FFF) + (rest > 0x1FFFFF)
    return 1 + length_bytes + rest


def in_words(code: ReasonCode) -> str:
    """A reason code by its name in the standard, with its number."""
    return f"{code.getName().lower()} (0x{code.value:02x})"
