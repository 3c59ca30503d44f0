# SPDX-License-Identifier: Apache-2.0
"""Access tokens of displays, which may be for some places of their site only."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Say of each token for which places it is: those that exist are for all."""
    column = sa.Column("places", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("access_tokens", column)
