# SPDX-License-Identifier: Apache-2.0
"""The three qualities of service that privcv's topics use, and that of a topic as it is offered."""

from collections.abc import Sequence

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


def as_offered(offers: Sequence[QoSProfile], depth: int) -> QoSProfile:
    """What takes what all of ``offers`` give, and gives the same on; ``depth``: of its history."""
    reliable = all(one.reliability == ReliabilityPolicy.RELIABLE for one in offers)
    latched = all(one.durability == DurabilityPolicy.TRANSIENT_LOCAL for one in offers)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )
