# SPDX-License-Identifier: Apache-2.0
"""Health of devices: the newest report of each, and changes of their state."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of health, and an index of contradicted checkpoints."""
    op.create_table(
        "device_health",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_pk"], ["devices.pk"]),
        sa.PrimaryKeyConstraint("device_pk"),
    )
    op.create_table(
        "health_changes",
        sa.Column("pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("what", sa.String(length=128), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=False),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["device_pk"], ["devices.pk"]),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index("ix_health_changes_device_pk", "health_changes", ["device_pk"])
    contradicted = sa.text("verdict NOT IN ('ok', 'not_contradicted')")
    op.create_index(
        "checkpoints_contradicted",
        "checkpoints",
        ["device_pk"],
        postgresql_where=contradicted,
        sqlite_where=contradicted,
    )
