# SPDX-License-Identifier: Apache-2.0
"""Alerts: channels, rules, what changed, and deliveries."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables of alerts."""
    op.create_table(
        "alert_channels",
        sa.Column("pk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_table(
        "alert_rules",
        sa.Column("pk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site_pk", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.String(length=length), nullable=False)
            for name, length in (
                ("title", 64), ("camera", 64), ("place", 64), ("statistic", 16), ("kind", 16),
                ("certainty", 16),
            )
        ),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("clear", sa.Float(), nullable=False),
        sa.Column("wait_s", sa.Integer(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("since", UtcTime(), nullable=True),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_pk"], ["sites.pk"]),
        sa.PrimaryKeyConstraint("pk"),
    )  # fmt: skip
    op.create_index("ix_alert_rules_site_pk", "alert_rules", ["site_pk"])
    op.create_table(
        "alert_events",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_pk", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("start", UtcTime(), nullable=True),
        sa.Column("length_s", sa.BigInteger(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["rule_pk"], ["alert_rules.pk"]),
        sa.PrimaryKeyConstraint("pk"),
        sa.UniqueConstraint("rule_pk", "number"),
    )
    op.create_table(
        "alert_deliveries",
        sa.Column("event_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_pk", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=True),
        sa.Column("delivered_at", UtcTime(), nullable=True),
        sa.Column("error", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["event_pk"], ["alert_events.pk"]),
        sa.ForeignKeyConstraint(["channel_pk"], ["alert_channels.pk"]),
        sa.PrimaryKeyConstraint("event_pk", "channel_pk"),
    )
    op.create_index("ix_alert_deliveries_next_at", "alert_deliveries", ["next_at"])
