# SPDX-License-Identifier: Apache-2.0
"""The network from which each device sent last, so that a restart knows whose bodies go first."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; of the devices that exist it is known with their next batch."""
    op.create_table(
        "device_networks",
        sa.Column("device_pk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_pk"], ["devices.pk"]),
        sa.PrimaryKeyConstraint("device_pk"),
    )
