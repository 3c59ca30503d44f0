# SPDX-License-Identifier: Apache-2.0
"""Attesters: devices with an enrolled TPM, and what their last evidence came to."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "attesters",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("asked_name", sa.LargeBinary()),
        sa.Column("asked_secret", sa.LargeBinary()),
        sa.Column("asked_at", UtcTime()),
        sa.Column("name", sa.LargeBinary()),
        sa.Column("enrolled_at", UtcTime()),
        sa.Column("clock_ms", sa.BigInteger(), nullable=False),
        sa.Column("resets", sa.BigInteger(), nullable=False),
        sa.Column("restarts", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary()),
        sa.Column("nonce_at", UtcTime()),
        sa.Column("sent_at", UtcTime()),
        sa.Column("sha256", sa.LargeBinary()),
        sa.Column("at", UtcTime()),
        sa.Column("until", UtcTime()),
        sa.Column("status", sa.String(length=16)),
        sa.Column("claims", sa.JSON()),
        sa.Column("counts_until", UtcTime()),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["device_pk"], ["devices.pk"]),
        sa.PrimaryKeyConstraint("device_pk"),
    )
