# SPDX-License-Identifier: Apache-2.0
"""Tables of alerts: who is told, by which rules, where these stand, and what was told to whom."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from privcv_collector.storage.metadata import BigKey, metadata
from privcv_collector.storage.utc_time import UtcTime

alert_channels = Table(
    "alert_channels",
    metadata,
    Column("pk", Integer, primary_key=True, autoincrement=False),  # drawn: it counts nothing
    Column("name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("target", JSON, nullable=False),  # an address, which may be a secret: never listed whole
    Column("secret", String(64), nullable=False),  # signs what a webhook gets; '' for others
    Column("sites", JSON, nullable=False),  # names; an empty list is every site
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
)

alert_rules = Table(
    "alert_rules",
    metadata,
    Column("pk", Integer, primary_key=True, autoincrement=False),  # likewise
    Column("site_pk", ForeignKey("sites.pk"), nullable=False, index=True),
    Column("title", String(64), nullable=False),  # free text
    Column("camera", String(64), nullable=False),
    Column("place", String(64), nullable=False),
    Column("statistic", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("certainty", String(16), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("clear", Float, nullable=False),
    Column("wait_s", Integer, nullable=False),
    Column("channels", JSON, nullable=False),  # keys of ``alert_channels``
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    # Where it stands; whoever evaluates it locks its row.
    Column("phase", String(16), nullable=False),
    Column("since", UtcTime),
    Column("until", UtcTime),
    Column("events", Integer, nullable=False),  # how often it changed
)

alert_events = Table(
    "alert_events",
    metadata,
    Column("pk", BigKey, primary_key=True),
    Column("rule_pk", ForeignKey("alert_rules.pk"), nullable=False),
    Column("number", Integer, nullable=False),  # of the rule's changes: each is there once
    Column("at", UtcTime, nullable=False),
    Column("change", String(16), nullable=False),
    Column("start", UtcTime),
    Column("length_s", BigInteger),
    Column("low", Float),
    Column("high", Float),
    UniqueConstraint("rule_pk", "number"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("event_pk", ForeignKey("alert_events.pk"), primary_key=True),
    Column("channel_pk", ForeignKey("alert_channels.pk"), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcTime, index=True),  # null: delivered, or given up
    Column("delivered_at", UtcTime),
    Column("error", String(128), nullable=False),
)
