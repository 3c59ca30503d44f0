# SPDX-License-Identifier: Apache-2.0
"""What copies of a bag share: its connections anew, and by what a message is told."""

import hashlib
from typing import Any

from privcv_images.bags.bag_reader import BagReader


def add_connections(writer: Any, bag: BagReader) -> dict[int, Any]:
    """The connections of ``bag`` in a rosbags ``writer``: type, hash, QoS as they were; by id."""
    made = {}
    for one in bag.connections:
        definition, digest = bag.definition_of(one)
        made[one.id] = writer.add_connection(
            one.topic,
            one.msgtype,
            msgdef=definition,
            rihs01=digest,
            serialization_format=one.ext.serialization_format,
            offered_qos_profiles=one.ext.offered_qos_profiles,
        )
    return made


def message_place(topic: str, content: bytes) -> bytes:
    """By what the secret part of an image message, as it was published, is told."""
    return topic.encode() + b"\0" + hashlib.sha256(content).digest()


BAG = b"bag"
"""What the last record of a bag's secret parts is bound to."""
