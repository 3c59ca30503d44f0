# SPDX-License-Identifier: Apache-2.0
"""The network from which each device sent last, so that a restart knows whose bodies go first."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the network; of the devices that exist it is known with their next batch."""
    op.add_column("devices", sa.Column("network", sa.String(length=64), nullable=True))
