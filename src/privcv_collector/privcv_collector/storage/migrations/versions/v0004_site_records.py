# SPDX-License-Identifier: Apache-2.0
"""Site records: what devices say of their zones, lines, hours and promise."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of site records."""
    op.create_table(
        "site_records",
        sa.Column("device_pk", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_pk"], ["devices.pk"]),
        sa.PrimaryKeyConstraint("device_pk", "version"),
    )
