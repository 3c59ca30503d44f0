# SPDX-License-Identifier: Apache-2.0
"""Sessions of people who look at the pages."""

import sqlalchemy as sa
from alembic import op

from privcv_collector.storage.utc_time import UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of sessions."""
    op.create_table(
        "page_sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
