# SPDX-License-Identifier: Apache-2.0
"""Tables of devices' health: the newest report of each, and its changes of state."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from privcv_collector.storage.metadata import BigKey, metadata
from privcv_collector.storage.utc_time import UtcTime

device_health = Table(
    "device_health",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    Column("sent_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("envelope", Text, nullable=False),  # as signed
)

health_changes = Table(
    "health_changes",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("device_pk", ForeignKey("devices.pk"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("what", String(128), nullable=False),
    Column("before", String(32), nullable=False),
    Column("after", String(32), nullable=False),
)
