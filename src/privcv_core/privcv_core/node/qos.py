# SPDX-License-Identifier: Apache-2.0
"""The three qualities of service that privcv's topics use."""

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
    qos_profile_sensor_data,
)

FRAMES = qos_profile_sensor_data
"""Images from a camera driver: best effort, the newest few."""

RELIABLE = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.RELIABLE
)
"""Everything between privcv's nodes."""

LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""What changes slowly: a late subscriber gets the last value at once."""
