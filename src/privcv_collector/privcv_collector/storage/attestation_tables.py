# SPDX-License-Identifier: Apache-2.0
"""Table of attesters: devices with an enrolled TPM, or one that is asked to prove itself."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
)

from privcv_collector.storage.metadata import metadata
from privcv_collector.storage.utc_time import UtcTime

attesters = Table(
    "attesters",
    metadata,
    Column("device_pk", ForeignKey("devices.pk"), primary_key=True),
    # What the device was asked last, until it has answered.
    Column("asked_name", LargeBinary),
    Column("asked_secret", LargeBinary),
    Column("asked_at", UtcTime),
    # The TPM that proved to be its, and what its clock and counters showed last.
    Column("name", LargeBinary),
    Column("enrolled_at", UtcTime),
    Column("clock_ms", BigInteger, nullable=False, default=0),
    Column("resets", BigInteger, nullable=False, default=0),
    Column("restarts", BigInteger, nullable=False, default=0),
    # What the next quote must hold.
    Column("nonce", LargeBinary),
    Column("nonce_at", UtcTime),
    # What the last evidence came to, and where the device stands since.
    Column("sent_at", UtcTime),
    Column("sha256", LargeBinary),  # of the envelope of that, as signed
    Column("at", UtcTime),
    Column("until", UtcTime),
    Column("status", String(16)),
    Column("claims", JSON),
    Column("counts_until", UtcTime),
    Column("finding", Text, nullable=False, default=""),
    Column("refused", Boolean, nullable=False, default=False),
)
